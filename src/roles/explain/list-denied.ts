import { PodflowError } from '../../lib/podflow-error.ts';
import type { DeniedList } from '../../model/denied-pairs.ts';
import { readApi } from './read-api.ts';

/**
 * What failed lately, as an enrichment service tells it.
 * @throws PodflowError ENRICHMENT_UNREACHABLE
 */
export async function listDenied(apiUrl: string, limit: number, signal: AbortSignal): Promise<DeniedList> {
  const answer = await readApi(apiUrl, `/api/denied?limit=${limit}`, signal);
  if ('problem' in answer) throw new PodflowError('ENRICHMENT_UNREACHABLE', { url: apiUrl, reason: answer.problem });
  const { pairs } = answer.body;
  if (!Array.isArray(pairs))
    throw new PodflowError('ENRICHMENT_UNREACHABLE', { url: apiUrl, reason: 'its answer has no pairs' });
  return answer.body as unknown as DeniedList;
}
