import { createHash, randomInt, randomUUID } from 'node:crypto';
import type { Cast } from './cast.ts';
import type { EvaluationRequest } from './request.ts';
import type { Pause, Play, UseCase } from './scenarios.ts';

export type Environment = 'Sandbox' | 'Production';
export type Side = 'front' | 'back' | 'selfie';
/** How good a picture is; the worst of a session decides it. */
export const qualities = ['clear', 'glare', 'doubtful', 'stranger'] as const;
export type Quality = (typeof qualities)[number];

/** How a candidate's part ends. */
export const endings = ['completes', 'declines', 'expires', 'glare', 'doubtful', 'stranger'] as const;
export type Ending = (typeof endings)[number];

/** One session of the Capture App. */
export interface Capture {
  /** The docvTransactionToken, which is also the capture link's last part. */
  token: string;
  /** The Document Request's own; never the baseline [doc]. */
  referenceId: string;
  url: string;
  qrCode: string;
  sides: Side[];
  screen: 'consent' | Side | 'submitted' | 'declined' | 'expired';
  /** A picture was taken on this screen and is shown. */
  preview: Quality | null;
  pictures: Partial<Record<Side, Quality>>;
}

/** What the checks found; the answer's enrichments are written from it. */
export interface Outcome {
  decision: string;
  reasonCodes: string[];
  tags: string[];
  /** An enrichment's error instead of a result. */
  error: string | null;
}

export interface Evaluation {
  id: string;
  evalId: string;
  environment: Environment;
  source: 'API' | 'Rerun';
  request: EvaluationRequest;
  useCase: UseCase;
  scenario: string;
  /** Person, use case and attempt: the same in every run, other than the ids. */
  who: string;
  attempt: number;
  play: Play;
  /** What it still has to pause for; the first is what it waits for now. */
  waitsFor: Pause[];
  state: 'evaluation_in_progress' | 'evaluation_paused' | 'evaluation_completed' | 'evaluation_failed';
  /** Why its execution failed. */
  failure: string | null;
  startedAt: string;
  endedAt: string | null;
  decision: string;
  decisionAt: string;
  status: 'OPEN' | 'ON_HOLD' | 'CLOSED';
  subStatus: string;
  tags: string[];
  notes: string;
  capture: Capture | null;
  /** The Hosted Flow's page, once there is one. */
  hosted: { token: string; url: string } | null;
  wrongCodes: number;
  /** What the candidate did, once it is more than going on. */
  ending: Ending | 'code_failed';
  /** The verification's referenceId: the baseline once the decision is ACCEPT. */
  referenceId: string;
  /** Of a selfie reverification: what the selfie was compared with. */
  previousReferenceId: string | null;
  outcome: Outcome | null;
  /** The references of the play's other results, in their order. */
  otherReferences: string[];
  /** Milliseconds since the epoch; `null`: there are none, or they were deleted. */
  imagesAt: number | null;
  attachments: string[];
  /** How many of the play's later events have happened. */
  followed: number;
}

/** A new evaluation. */
export function newEvaluation(
  request: EvaluationRequest,
  environment: Environment,
  cast: Cast,
  previousReferenceId: string | null,
): Evaluation {
  const now = stamp(Date.now());
  return {
    id: request.id,
    evalId: randomUUID(),
    environment,
    source: 'API',
    request,
    ...cast,
    waitsFor: [...(cast.play.waitsFor ?? (cast.useCase === 'passive' ? [] : ['capture' as const]))],
    state: 'evaluation_in_progress',
    failure: null,
    startedAt: now,
    endedAt: null,
    // A paused evaluation carries a decision that means nothing yet [doc].
    decision: 'REVIEW',
    decisionAt: now,
    status: 'OPEN',
    subStatus: '',
    tags: [],
    notes: '',
    capture: null,
    hosted: null,
    wrongCodes: 0,
    ending: 'completes',
    referenceId: randomUUID(),
    previousReferenceId,
    outcome: null,
    otherReferences: cast.play.otherResults.map(() => randomUUID()),
    imagesAt: null,
    attachments: [...cast.play.attachments],
    followed: 0,
  };
}

/** RFC 3339 with 8 or 9 fractional digits, as RiskOS writes it [doc]. */
export function stamp(at: number): string {
  const iso = new Date(at).toISOString().slice(0, -1);
  const digits = String(randomInt(100_000, 1_000_000));
  return `${iso}${digits.endsWith('0') ? `${digits.slice(0, 4)}1` : digits}Z`;
}

/** The same name always gives the same id. */
export function uuidOf(...words: string[]): string {
  const hex = createHash('sha256').update(JSON.stringify(words)).digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

export function useCaseOf(eventType: string | undefined): UseCase {
  if (eventType === 'passive') return 'passive';
  return eventType === 'reverify' ? 'selfie' : 'documents';
}
