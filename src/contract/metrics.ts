import type { Metric } from './metric.ts';
import { processMetrics } from './process-metrics.ts';

/** What happened to funnels: counted by workflow code, once, and not again when a history is replayed. */
export const workflowMetrics = {
  verdicts: {
    name: 'candidate_funnel_verdicts_total',
    kind: 'counter',
    unit: 'verdicts',
    help: 'Verdicts on evaluations, by stage and verdict',
    labels: ['stage', 'verdict'],
    processes: ['worker'],
    normal: 'rises with the number of applications; the share of each verdict is stable',
  },
  decisionSeconds: {
    name: 'candidate_funnel_decision_seconds',
    kind: 'histogram',
    unit: 'seconds',
    help: 'Time from the answered POST to the verdict, by stage; the candidate’s own time counts',
    labels: ['stage'],
    processes: ['worker'],
    normal: 'passive checks: seconds; document verification: minutes to days',
  },
  decisionsFound: {
    name: 'candidate_funnel_decisions_found_total',
    kind: 'counter',
    unit: 'evaluations',
    help: 'Completed evaluations by what made the funnel read them: "event" (a webhook), "poll" (no webhook had come), "post" (the answer of the POST), "request" (an operator)',
    labels: ['stage', 'by'],
    processes: ['worker'],
    normal: 'few "poll": their share of "poll" and "event" is the rate of lost webhooks',
  },
  attention: {
    name: 'candidate_funnel_attention_total',
    kind: 'counter',
    unit: 'funnels',
    help: 'Funnels that stopped for an operator, by cause',
    labels: ['cause'],
    processes: ['worker'],
    normal: 'rare',
  },
  closed: {
    name: 'candidate_funnel_closed_total',
    kind: 'counter',
    unit: 'funnels',
    help: 'Funnels that closed, by outcome',
    labels: ['outcome'],
    processes: ['worker'],
    normal: 'rises with the number of applications',
  },
  images: {
    name: 'candidate_funnel_images_total',
    kind: 'counter',
    unit: 'evaluations',
    help: 'Results of images, by result and reason; the reason is "none" if the result needs none',
    labels: ['result', 'reason'],
    processes: ['worker'],
    normal: 'mostly "archived"; "failed" and "refused" are rare',
  },
} as const satisfies Record<string, Metric>;

/** Upper bounds of the buckets, in seconds: from a second to a week. */
export const decisionBuckets = [1, 5, 30, 120, 600, 3600, 21_600, 86_400, 604_800];

/** Every metric of every process; of Node.js and the Temporal SDK only the metrics that alerts and panels use. */
export const metrics: readonly Metric[] = [
  ...Object.values(workflowMetrics),
  ...Object.values(processMetrics),
];
