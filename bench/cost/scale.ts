export interface Scale {
  /** What stands for `reconciliation.first`'s 30 s, in milliseconds. */
  first: number;
  /** Days to measure, the first one included. */
  days: number;
  /**
   * Takes a count although two readings came so close that no timer lay between them: five events too few. For a test
   * on a busy machine, where the other variant would be true but late.
   */
  mayMerge?: boolean;
}
