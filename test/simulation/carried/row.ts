import type { Evaluation, RiskosEvent, Stage } from '../../../src/contract/index.ts';
import type { FunnelByHand } from '../by-hand.ts';

/** A value of one field of the state, and what is seen of it in the run that comes next. */
export interface Row {
  /** The state in which it matters, where it is not the table's. The same without the value must look different. */
  base?: object;
  value: unknown;
  see: (funnel: FunnelByHand) => unknown;
  expected: unknown;
  /** A run with this value has nothing to wait for, so that no run passes it on: it is seen in the run that is given it. */
  neverWaits?: true;
}

/** No run's behaviour depends on the field. */
interface NoRow {
  why: string;
}

/** One entry for each field: a new field does not compile until it has one. */
export type Rows<Value> = Record<keyof Value, Row | Row[] | NoRow>;

export interface Table {
  /** Where the fields are in the state, as a path with dots; empty for the state itself. */
  at: string;
  base: object;
  rows: Record<string, Row | Row[] | NoRow>;
}

export const at = Date.UTC(2030, 0, 2);
export const second = 1000;
export const minute = 60 * second;
export const hour = 60 * minute;
export const day = 24 * hour;
export const applicationId = 'app-1042';

export function idOf(stage: Stage, attempt: number): string {
  return `${applicationId}~0a1b2c3d~${stage}~${attempt}`;
}

/** The summaries of the funnel's timers. */
export const timers = {
  post: 'back-off before the next POST',
  read: 'reconciliation poll',
  deadline: 'deadline, or the reminder before it',
  patience: 'RiskOS still unreadable after the deadline',
  images: 'images lag',
  reverify: 'periodic reverification',
  contradiction: 'back-off before the next look at a settled decision',
} as const;

export function event(evaluationId: string, more: Partial<RiskosEvent> = {}): RiskosEvent {
  return { eventId: 'event-9', eventType: 'evaluation_paused', evaluationId, ...more };
}

/** An evaluation that waits for the candidate's documents. */
export function paused(evaluationId: string, more: Partial<Evaluation> = {}): Evaluation {
  return {
    evaluationId,
    evalId: 'eval-2',
    state: 'paused',
    failed: false,
    pausedFor: 'capture',
    url: 'https://capture.example/1',
    reasonCodes: [],
    advice: [],
    risk: false,
    failedSteps: [],
    technical: false,
    tags: [],
    reviewQueues: [],
    ...more,
  };
}

export function decided(evaluationId: string, decision: string, more: Partial<Evaluation> = {}): Evaluation {
  const { pausedFor: _pausedFor, url: _url, ...rest } = paused(evaluationId);
  return { ...rest, state: 'completed', decision, decidedAt: '2030-01-02T00:00:00.000Z', ...more };
}

/** The one open call of an activity. */
export function call(funnel: FunnelByHand, type: string): Record<string, unknown> {
  const [input] = funnel.calls(type);
  return typeof input === 'object' && input !== null ? { ...input } : {};
}
