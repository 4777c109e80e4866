import type { Refusal } from './refusals.ts';

/** Where a delivery that was answered 200 went. */
export const deliveryResults = ['signalled', 'no_open_funnel', 'not_ours', 'test_ping'] as const;
export type DeliveryResult = (typeof deliveryResults)[number];

/** The log fields of a delivery: no PII, and no id of an evaluation that is not ours. */
interface Trace {
  /** Absent if it cannot be logged safely. */
  eventId?: string;
  eventType: string;
  evaluationId?: string;
}

export type Outcome = { result: DeliveryResult; trace: Trace } | { refused: Refusal };
