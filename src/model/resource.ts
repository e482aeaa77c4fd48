/** Who observes: the OTLP resource of every record (`service.name`, `k8s.pod.name`, …), attribute name → value. */
export type Resource = ReadonlyMap<string, string>;

/** Instrumentation scope of the records. */
export const SCOPE_NAME = 'podflow';
