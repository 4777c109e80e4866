import { z } from 'zod';

/** What can go wrong with a notice at the receiver's; `src/notifier/errors.ts` has what each means and what to do. */
export const noticeProblemWords = [
  'Redirected',
  'SignatureRefused',
  'NotFound',
  'Gone',
  'TooLarge',
  'Refused',
  'Busy',
  'ServerError',
  'Unreachable',
  'InsecureConnection',
  'TimedOut',
  'ConnectionLost',
  'MalformedAnswer',
  'Cancelled',
] as const;
export type NoticeProblem = (typeof noticeProblemWords)[number];

/** Failure types of the activity `notify`. Each carries a {@link NoticeTrouble}. */
export const noticeFailureTypes = [
  /** The receiver is down or busy: the same notice is sent again, and later ones wait for it. Retried by Temporal. */
  'NoticeNotTaken',
  /** A configuration error that retries cannot fix: a person has to act, and later notices do not wait. Not retried. */
  'NoticeRefused',
] as const;
export type NoticeFailureType = (typeof noticeFailureTypes)[number];

/** `no answer`: the worker was killed or timed out. `Unexpected`: a fault of the worker itself, or an unknown word. */
const reasons = [...noticeProblemWords, 'no answer', 'Unexpected'] as const;

/** The details of a failure of `notify`, for the workflow's decision and for people. */
export interface NoticeTrouble {
  reason: (typeof reasons)[number];
  /** HTTP status of the answer, or null. */
  status: number | null;
  /** What a person should do. */
  action: string;
}

export interface NoticeFailure extends NoticeTrouble {
  type: NoticeFailureType;
}

/**
 * The failure of the activity `notify`, from the `type` and the first of the `details` of its ApplicationFailure.
 * Anything else (a killed worker, the last time-out) leaves open whether the receiver took the notice.
 */
export function parseNoticeFailure(type: unknown, details: unknown): NoticeFailure {
  const known = z.enum(noticeFailureTypes).safeParse(type);
  const parsed = trouble.safeParse(details);
  if (known.success && parsed.success) return { ...parsed.data, type: known.data };
  return {
    type: known.success ? known.data : 'NoticeNotTaken',
    reason: 'no answer',
    status: null,
    action: '',
  };
}

const trouble = z.object({
  reason: z.enum(reasons).catch('Unexpected'),
  status: z.number().int().nullable().catch(null),
  action: z.string().catch(''),
});
