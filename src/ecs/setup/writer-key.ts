import { INDEX_PATTERN } from './flow-templates.ts';

/** Body of `POST /_security/role/podflow_writer`: all that the writer needs, and what it needs to count ignored fields. */
export function toWriterRole(): Record<string, unknown> {
  return { indices: [{ names: [INDEX_PATTERN], privileges: ['auto_configure', 'create_doc', 'read'] }] };
}

/** Body of `POST /_security/api_key`, whose answer has the key as `encoded`. */
export function toWriterKey(): Record<string, unknown> {
  return { name: 'podflow', role_descriptors: { podflow_writer: toWriterRole() } };
}
