/** What is counted; `post` to `documents` are calls to RiskOS. */
export const measures = ['events', 'bytes', 'actions', 'post', 'get', 'patch', 'documents'] as const;
export type Measure = (typeof measures)[number];

/** One line of the table: what a scenario, or a part of one, costs. */
export interface Row {
  name: string;
  /** A measure that makes no sense for this row is absent. */
  costs: Partial<Record<Measure, number>>;
  /** How it was measured, where the name does not say it. */
  note?: string;
}
