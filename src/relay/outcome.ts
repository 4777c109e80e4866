import type { Refusal } from './refusals.ts';

/** Where a delivery that was answered 200 went. */
export const deliveryResults = ['signalled', 'no_open_funnel', 'not_ours', 'test_ping'] as const;
export type DeliveryResult = (typeof deliveryResults)[number];

/** What the log says of a delivery: no PII, no id of somebody else. */
interface Trace {
  /** Absent where it is none that can be shown. */
  eventId?: string;
  eventType: string;
  evaluationId?: string;
}

export type Outcome = { result: DeliveryResult; trace: Trace } | { refused: Refusal };
