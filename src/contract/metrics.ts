/** What one metric means; the source of `docs/metrics.md`. Labels hold words of closed sets, never an id or a value of a person. */
export interface Metric {
  name: string;
  kind: 'counter' | 'gauge' | 'histogram';
  help: string;
  labels: readonly string[];
  /** Which process has it. */
  process: 'worker' | 'relay' | 'monitor';
  /** What an operator sees when all is well. */
  normal: string;
}

/** What happened to funnels: counted by workflow code, once, and not again when a history is replayed. */
export const workflowMetrics = {
  verdicts: {
    name: 'candidate_funnel_verdicts_total',
    kind: 'counter',
    help: 'Verdicts on evaluations, by stage and verdict',
    labels: ['stage', 'verdict'],
    process: 'worker',
    normal: 'rises with the number of applications; the share of each verdict is stable',
  },
  decisionSeconds: {
    name: 'candidate_funnel_decision_seconds',
    kind: 'histogram',
    help: 'Seconds from the answered POST to the verdict, by stage; the candidate’s own time counts',
    labels: ['stage'],
    process: 'worker',
    normal: 'passive checks: seconds; document verification: minutes to days',
  },
  decisionsFound: {
    name: 'candidate_funnel_decisions_found_total',
    kind: 'counter',
    help: 'Completed evaluations by what made the funnel read them: "event" (a webhook), "poll" (no webhook had come), "post" (the answer of the POST), "request" (an operator)',
    labels: ['stage', 'by'],
    process: 'worker',
    normal: 'few "poll": their share of "poll" and "event" is the rate of lost webhooks',
  },
  attention: {
    name: 'candidate_funnel_attention_total',
    kind: 'counter',
    help: 'Funnels that stopped for an operator, by cause',
    labels: ['cause'],
    process: 'worker',
    normal: 'rare',
  },
  closed: {
    name: 'candidate_funnel_closed_total',
    kind: 'counter',
    help: 'Funnels that closed, by outcome',
    labels: ['outcome'],
    process: 'worker',
    normal: 'rises with the number of applications',
  },
  images: {
    name: 'candidate_funnel_images_total',
    kind: 'counter',
    help: 'Results of images, by result and reason',
    labels: ['result', 'reason'],
    process: 'worker',
    normal: 'mostly "archived"; "failed" and "refused" are rare',
  },
} as const satisfies Record<string, Metric>;

/** Upper bounds of the buckets, in seconds: from a second to a week. */
export const decisionBuckets = [1, 5, 30, 120, 600, 3600, 21_600, 86_400, 604_800];
