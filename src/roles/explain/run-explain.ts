import type { ExplainSettings } from '../../config/settings.ts';
import { PodflowError } from '../../lib/podflow-error.ts';
import type { RoleContext } from '../../model/role-context.ts';
import { toDeniedText } from './denied-text.ts';
import { explainBatch } from './explain-batch.ts';
import { explainConnection } from './explain-connection.ts';
import type { Explanation } from './explanation.ts';
import { toExplanationText } from './explanation-text.ts';
import { toLikelyCause } from './likely-cause.ts';
import { listDenied } from './list-denied.ts';
import { observePair } from './observe-pair.ts';
import { openCluster } from './open-cluster.ts';
import { parseQuestion, type Question } from './question.ts';

/**
 * Answers one question, a batch of them, or what failed lately.
 * @throws PodflowError QUESTION_INVALID, OBJECTS_FILE_INVALID, OBJECTS_NOT_LISTED, KUBERNETES_CONFIG_INVALID,
 * ENRICHMENT_UNREACHABLE
 */
export async function runExplain(settings: ExplainSettings, context: RoleContext): Promise<void> {
  if (settings.batch) return explainBatch(process.stdin, context.stdout, context.signal);
  const text = settings.denied ? await tellDenied(settings, context) : await tellAnswer(settings, context);
  context.stdout.write(text);
}

async function tellDenied({ apiUrl, pairLimit, json }: ExplainSettings, { signal }: RoleContext): Promise<string> {
  if (apiUrl === undefined)
    throw new PodflowError('SETTINGS_INVALID', { count: 1, problems: '- --denied needs --api-url' });
  const list = await listDenied(apiUrl, pairLimit, signal);
  return json ? `${JSON.stringify(list)}\n` : toDeniedText(list);
}

async function tellAnswer(settings: ExplainSettings, context: RoleContext): Promise<string> {
  const explanation = await answer(toQuestion(settings), settings, context);
  return settings.json ? `${JSON.stringify(explanation)}\n` : toExplanationText(explanation, Date.now());
}

function toQuestion(settings: ExplainSettings): Question {
  const parsed = parseQuestion({ ...settings });
  return 'question' in parsed ? parsed.question : fail(parsed.problem);
}

async function answer(question: Question, settings: ExplainSettings, context: RoleContext): Promise<Explanation> {
  const { cluster, notes, close } = await openCluster(settings, context);
  const answered = explainConnection(question, cluster);
  await close();
  if ('problem' in answered) return fail(answered.problem);
  const { explanation } = answered;
  const { apiUrl } = settings;
  const observed = apiUrl === undefined ? null : await observePair(apiUrl, explanation, context.signal);
  const whole = { ...explanation, observed, notes: [...explanation.notes, ...notes] };
  return { ...whole, likelyCause: toLikelyCause(whole) };
}

function fail(problem: string): never {
  throw new PodflowError('QUESTION_INVALID', { problem });
}
