import { errors, type Client } from '@elastic/elasticsearch';
import { PodflowError } from '../../lib/podflow-error.ts';
import {
  createFlowTemplates,
  INDEX_PATTERN,
  MANAGER,
  TEMPLATE_VERSION,
  type FlowTemplate,
  type FlowTemplateOptions,
  type TemplateKind,
} from './flow-templates.ts';
import { toServerFeatures } from './server-features.ts';
import { toChanges, type SetupChange } from './to-changes.ts';

/**
 * What is to be done with an object. `newer`: a newer podflow made it; `foreign`: somebody else did. Both are left alone
 * unless forced.
 */
export type SetupAction = 'create' | 'update' | 'unchanged' | 'newer' | 'foreign';

export interface SetupStep {
  readonly kind: TemplateKind | 'rollover';
  readonly name: string;
  readonly action: SetupAction;
  /** Version of the object that is there; undefined where there is none, or it has none. */
  readonly storedVersion: number | undefined;
  readonly version: number;
  readonly changes: readonly SetupChange[];
  /** What is sent; empty for a rollover. */
  readonly body: Readonly<Record<string, unknown>>;
}

export interface SetupPlan {
  readonly serverVersion: string;
  readonly steps: readonly SetupStep[];
}

/** A template as the server gives it. */
type StoredTemplate = Readonly<Record<string, unknown>>;

/**
 * Compares what is there with what should be, and changes nothing. A data stream takes new templates with its next index:
 * those that are there are rolled over when their templates change.
 * Throws ELASTICSEARCH_FAILED when the server cannot be asked.
 */
export async function planElasticsearchSetup(client: Client, options: FlowTemplateOptions = {}): Promise<SetupPlan> {
  const serverVersion = (await ask('GET /', client.info())).version.number;
  const templates = createFlowTemplates(options, toServerFeatures(serverVersion));
  const steps: SetupStep[] = [];
  for (const template of templates) steps.push(toStep(template, await readTemplate(client, template)));
  const isChanged = steps.some(({ action }) => action !== 'unchanged');
  if (isChanged) steps.push(...(await planRollovers(client)));
  return { serverVersion, steps };
}

/** Awaits an answer. Throws ELASTICSEARCH_FAILED. */
export async function ask<Answer>(call: string, answer: Promise<Answer>): Promise<Answer> {
  try {
    return await answer;
  } catch (error) {
    const reason = error instanceof Error ? error.message.replaceAll(/\s+/g, ' ') : String(error);
    throw new PodflowError('ELASTICSEARCH_FAILED', { call, reason }, error);
  }
}

async function readTemplate(client: Client, { kind, name }: FlowTemplate): Promise<StoredTemplate | undefined> {
  const stored: Promise<object | undefined> =
    kind === 'index_template'
      ? client.indices.getIndexTemplate({ name }).then((answer) => answer.index_templates[0]?.index_template)
      : client.cluster.getComponentTemplate({ name }).then((got) => got.component_templates[0]?.component_template);
  return (await ask(`GET /_${kind}/${name}`, stored.catch(undefinedIfMissing))) as StoredTemplate | undefined;
}

function undefinedIfMissing(error: unknown): undefined {
  if (error instanceof errors.ResponseError && error.statusCode === 404) return undefined;
  throw error;
}

function toStep({ kind, name, body }: FlowTemplate, stored: StoredTemplate | undefined): SetupStep {
  const changes = toChanges(stored ?? {}, body);
  const storedVersion = typeof stored?.['version'] === 'number' ? stored['version'] : undefined;
  const action = toAction(stored, storedVersion, changes);
  return { kind, name, action, storedVersion, version: TEMPLATE_VERSION, changes, body };
}

function toAction(
  stored: StoredTemplate | undefined,
  version: number | undefined,
  changes: readonly SetupChange[],
): SetupAction {
  if (stored === undefined) return 'create';
  const { managed_by: manager } = (stored['_meta'] ?? {}) as { managed_by?: unknown };
  if (manager !== MANAGER) return 'foreign';
  if ((version ?? 0) > TEMPLATE_VERSION) return 'newer';
  return changes.length === 0 ? 'unchanged' : 'update';
}

async function planRollovers(client: Client): Promise<SetupStep[]> {
  const call = `GET /_resolve/index/${INDEX_PATTERN}`;
  const { data_streams: streams } = await ask(call, client.indices.resolveIndex({ name: INDEX_PATTERN }));
  const common = { kind: 'rollover', action: 'update', storedVersion: undefined, changes: [], body: {} } as const;
  return streams.map(({ name }) => ({ ...common, name, version: TEMPLATE_VERSION }));
}
