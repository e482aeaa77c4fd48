import { readFileSync } from 'node:fs';

/** A field of the Elastic Common Schema, as the fixture tells it. */
export interface EcsField {
  readonly type: string;
  readonly array?: boolean;
  readonly allowed_values?: readonly { readonly name: string; readonly expected_event_types?: readonly string[] }[];
  readonly expected_values?: readonly string[];
}

const FIXTURE = new URL('../fixtures/ecs/ecs-9.4.0-network-subset.json', import.meta.url);

/** Fields of ECS 9.4.0 that concern network events; the fixture names its source and licence. */
export const ECS_FIELD_LIST = new Map(
  Object.entries((JSON.parse(readFileSync(FIXTURE, 'utf8')) as { fields: Record<string, EcsField> }).fields),
);
