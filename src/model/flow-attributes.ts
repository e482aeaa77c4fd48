import type { FlowAttribute } from './flow-attribute.ts';
import { NODE_ATTRIBUTES } from './node-attributes.ts';
import { OBSERVED_ATTRIBUTES } from './observed-attributes.ts';

export type { FlowAttribute };

/** `event_name` of every flow log record. */
export const FLOW_EVENT_NAME = 'network.flow';

/**
 * The attributes that probe and node emit, in the order in which they are written. OTLP in both encodings and both
 * ways, NDJSON and the documentation come from this list. Names follow the OpenTelemetry semantic conventions where
 * they have one.
 */
export const FLOW_ATTRIBUTES: readonly FlowAttribute[] = [...OBSERVED_ATTRIBUTES, ...NODE_ATTRIBUTES];
