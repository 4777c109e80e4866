export type MetricProcess = 'worker' | 'relay' | 'codec-server' | 'monitor';

/** What one metric means; the source of `docs/metrics.md`. Labels hold words of closed sets, never an id or a value of a person. */
export interface Metric {
  name: string;
  kind: 'counter' | 'gauge' | 'histogram';
  unit: string;
  help: string;
  labels: readonly string[];
  /** Which processes have it. */
  processes: readonly MetricProcess[];
  /** What an operator sees when all is well. */
  normal: string;
}
