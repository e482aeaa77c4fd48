/** Declaration of one metric family; registration, exposition, documentation and the naming test come from it. */
export interface MetricDeclaration {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** Base unit in which values are told; `count` for things counted, `info` for a constant 1. */
  readonly unit: 'bytes' | 'seconds' | 'count' | 'info';
  readonly labels: readonly string[];
  readonly help: string;
}
