import type { EnrichSettings } from '../../config/settings.ts';
import { DocumentFormat } from '../../ecs/document/document-format.ts';
import { encodeConnectionJson } from '../../lib/connection-json.ts';
import { toFrameCount } from '../../lib/frame-count.ts';
import { FlowMap } from '../../map/flow-map.ts';
import type { ConnectionSink } from '../../model/connection-output.ts';
import type { Connection } from '../../model/connection.ts';
import type { RoleContext } from '../../model/role-context.ts';
import { createTextSink } from '../../output/create-record-writer.ts';
import { RecordWriter } from '../../output/record-writer.ts';
import { ConnectionCounters, PAIR_GROUPS } from '../../prometheus/connection/connection-counters.ts';
import { RecentFlows } from '../../web/api/recent-flows.ts';
import { withoutUnroutedServers } from './without-unrouted-servers.ts';

/** What takes connections when all outputs have them. */
export interface EnrichSinks {
  readonly all: readonly ConnectionSink[];
  readonly pairs: ConnectionCounters | undefined;
  readonly map: FlowMap | undefined;
  readonly recent: RecentFlows | undefined;
  readonly writer: RecordWriter<Connection> | undefined;
}

/** @param isStoredOnce whether an output tells what was stored before, by whomever */
export function createEnrichSinks(
  settings: EnrichSettings,
  context: Pick<RoleContext, 'log' | 'stdout'>,
  isStoredOnce: boolean,
): EnrichSinks {
  const pairs = createPairs(settings);
  const hasApi = settings.api === 'on';
  const { intervalMs, mapWindowMs: windowMs, recentFlows: flowLimit } = settings;
  const map = hasApi ? new FlowMap({ windowMs, intervalMs }) : undefined;
  const recent = hasApi ? new RecentFlows({ flowLimit }) : undefined;
  const writer = settings.documents === 'none' ? undefined : createWriter(settings, settings.documents, context);
  const mustChoose = settings.routing === 'none' && !isStoredOnce;
  const counted = pairs !== undefined && mustChoose ? withoutUnroutedServers(pairs) : pairs;
  const all = [counted, map, recent, writer].filter((sink) => sink !== undefined);
  return { all, pairs, map, recent, writer };
}

function createPairs({ flowSeries, pairSeriesLimit, pairSeriesTtlMs }: EnrichSettings): ConnectionCounters | undefined {
  if (flowSeries === 'none') return undefined;
  const groups = flowSeries === 'both' ? PAIR_GROUPS : [flowSeries];
  return new ConnectionCounters({ groups, podPairLimit: pairSeriesLimit, pairSeriesTtlMs });
}

function createWriter(
  { outputFile, documentNamespace: namespace }: EnrichSettings,
  form: 'ndjson' | 'ecs',
  { log, stdout }: Pick<RoleContext, 'log' | 'stdout'>,
): RecordWriter<Connection> {
  const format =
    form === 'ecs'
      ? new DocumentFormat(namespace)
      : { encode: (batch: readonly Connection[]) => batch.map((each) => `${encodeConnectionJson(each)}\n`).join('') };
  const framesOf = ({ record }: Connection): number => toFrameCount(record);
  return new RecordWriter<Connection>({ format, framesOf, sink: createTextSink(outputFile, stdout), log });
}
