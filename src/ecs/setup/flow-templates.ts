import { VERSION } from '../../lib/version.ts';
import { DATASET } from '../document/document-encoder.ts';
import { DOCUMENT_FIELDS } from '../document/document-fields.ts';
import type { ServerFeatures } from './server-features.ts';
import { toMappings } from './to-mappings.ts';

/** Raised with every change of the templates below: a server with a higher one was set up by a newer podflow. */
export const TEMPLATE_VERSION = 2;

/** Who made a template, in its `_meta`. */
export const MANAGER = 'podflow';

export const INDEX_PATTERN = `logs-${DATASET}-*`;

/** Above the stack's own `logs` (100), with room for an operator's above it. */
const PRIORITY = 250;

export interface FlowTemplateOptions {
  /** How long documents are kept, as Elasticsearch writes times (`30d`); undefined: what the cluster says. */
  readonly dataRetention?: string | undefined;
  /** Lifecycle policy (ILM) in place of a retention; undefined: that of the stack, without a deletion. */
  readonly lifecyclePolicy?: string | undefined;
  readonly shards?: number | undefined;
  readonly replicas?: number | undefined;
}

export type TemplateKind = 'component_template' | 'index_template';

/** A template as it should be. */
export interface FlowTemplate {
  readonly kind: TemplateKind;
  readonly name: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * The templates of the data stream, in the order in which they must be made. The stack's own come first, where they are
 * there, and the operator's `@custom` ones last, so that these have the last word.
 */
export function createFlowTemplates(options: FlowTemplateOptions, features: ServerFeatures): FlowTemplate[] {
  const common = { version: TEMPLATE_VERSION, _meta: { managed_by: MANAGER, podflow_version: VERSION } };
  const mappings = { date_detection: false, properties: toMappings(DOCUMENT_FIELDS) };
  const template = { settings: toSettings(options, features), ...toLifecycle(options) };
  return [
    { kind: 'component_template', name: MAPPINGS, body: { template: { mappings }, ...common } },
    { kind: 'component_template', name: SETTINGS, body: { template, ...common } },
    { kind: 'index_template', name: `logs-${DATASET}`, body: { ...toIndexTemplate(features), ...common } },
  ];
}

const MAPPINGS = 'podflow-flow@mappings';
const SETTINGS = 'podflow-flow@settings';
const STACK = ['logs@mappings', 'logs@settings', 'ecs@mappings'];
const CUSTOM = ['logs@custom', `logs-${DATASET}@custom`];

function toIndexTemplate({ hasFailureStore }: ServerFeatures): Record<string, unknown> {
  return {
    index_patterns: [INDEX_PATTERN],
    priority: PRIORITY,
    data_stream: {},
    allow_auto_create: true,
    composed_of: [...STACK, MAPPINGS, SETTINGS, ...CUSTOM],
    ignore_missing_component_templates: [...STACK, ...CUSTOM],
    template: hasFailureStore ? { data_stream_options: { failure_store: { enabled: true } } } : {},
  };
}

function toSettings(options: FlowTemplateOptions, { hasLogsdb }: ServerFeatures): Record<string, unknown> {
  const { shards, replicas, dataRetention, lifecyclePolicy } = options;
  const lifecycle = {
    ...(lifecyclePolicy === undefined ? {} : { name: lifecyclePolicy }),
    // Where both are there, Elasticsearch otherwise goes by the policy that `logs@settings` names.
    ...(dataRetention === undefined ? {} : { prefer_ilm: false }),
  };
  return {
    index: {
      ...(hasLogsdb ? { mode: 'logsdb' } : {}),
      // What does not fit is to be told, not silently left out of the index: then the failure store takes it.
      mapping: { ignore_malformed: false },
      ...(shards === undefined ? {} : { number_of_shards: shards }),
      ...(replicas === undefined ? {} : { number_of_replicas: replicas }),
      ...(Object.keys(lifecycle).length === 0 ? {} : { lifecycle }),
    },
  };
}

function toLifecycle({ dataRetention }: FlowTemplateOptions): Record<string, unknown> {
  return dataRetention === undefined ? {} : { lifecycle: { enabled: true, data_retention: dataRetention } };
}
