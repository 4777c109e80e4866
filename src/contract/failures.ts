import { z } from 'zod';

/**
 * Whether RiskOS processed a request that changes something: `no` is certain, `yes` means that RiskOS named the
 * evaluation it made of it, everything else is `perhaps`. The type of a failure does not change it.
 */
export const processedWords = ['no', 'perhaps', 'yes'] as const;
export type Processed = (typeof processedWords)[number];

/** The words for what can go wrong with RiskOS; `src/riskos/errors.ts` has what each means and what to do. */
export const riskosProblemWords = [
  'InvalidSettings',
  'InvalidRequest',
  'DataRefused',
  'AuthenticationFailed',
  'PermissionDenied',
  'WorkflowNotFound',
  'WorkflowNotPublished',
  'NotFound',
  'RequestRefused',
  'RateLimited',
  'ServerError',
  'Unreachable',
  'InsecureConnection',
  'TimedOut',
  'ConnectionLost',
  'Cancelled',
  'Redirected',
  'MalformedAnswer',
  'IncompleteAnswer',
  'ErrorInAnswer',
  'OversizedAnswer',
  'EncodedAnswer',
  'WrongEnvironment',
  'WrongEvaluation',
  'InvalidWebhook',
] as const;
export type RiskosProblem = (typeof riskosProblemWords)[number];

/** Failure types of the activities that call RiskOS. Each carries a {@link RiskosTrouble}. */
export const riskosFailureTypes = [
  /** POST, PATCH: certainly not processed; the same request can succeed after `retryAfter`. */
  'RiskosNotProcessed',
  /** POST, PATCH: perhaps processed, or processed and `evalId` is known; nobody has to correct anything. */
  'RiskosAmbiguous',
  /** POST, PATCH, GET: only a person can fix it. Says nothing about whether RiskOS processed it: read `processed`. */
  'RiskosRefused',
  /** GET: RiskOS does not know the id. */
  'RiskosUnknownEvaluation',
  /** GET: the evaluation belongs to another request. */
  'RiskosForeignEvaluation',
  /** GET: RiskOS cannot be read now. */
  'RiskosUnavailable',
  /** POST: the workflow was reset, and the run that may hold an earlier POST is gone. Nothing was sent. */
  'ResetRunGone',
] as const;
export type RiskosFailureType = (typeof riskosFailureTypes)[number];

/**
 * `no answer`: the worker was killed, timed out, or sent nothing because an earlier POST may have reached RiskOS. `Unexpected`: a
 * fault of the worker itself, or an unknown word.
 */
const reasons = [...riskosProblemWords, 'no answer', 'Unexpected'] as const;

/** The details of a failure of the activities that call RiskOS, for the workflow's decision and for people. */
export interface RiskosTrouble {
  reason: (typeof reasons)[number];
  /** What a person should do. */
  action: string;
  /** The fields it is about, as we name them; never a value. */
  fields: string[];
  /** Milliseconds to wait before the next attempt, including jitter and what RiskOS asked for; null where a retry cannot help. */
  retryAfter: number | null;
  /** The evaluation that RiskOS named although the call failed; reading it shows whether it belongs to this request. */
  evalId: string | null;
  processed: Processed;
}

export interface RiskosFailure extends RiskosTrouble {
  type: RiskosFailureType;
}

/**
 * The failure of an activity that calls RiskOS, from the `type` and the first of the `details` of its ApplicationFailure.
 * Any other failure (a killed worker, a time-out, a bug) leaves open whether RiskOS processed the request: `perhaps`.
 */
export function parseRiskosFailure(type: unknown, details: unknown): RiskosFailure {
  const known = z.enum(riskosFailureTypes).safeParse(type);
  if (!known.success) return { type: 'RiskosAmbiguous', ...noAnswer };
  const parsed = trouble.safeParse(details);
  const told = parsed.success ? parsed.data : { ...noAnswer, processed: undefined };
  return { ...told, type: known.data, processed: told.processed ?? processedBefore[known.data] };
}

/** The worker could not decode the arguments, so the activity never ran: certainly not processed. */
export const neverRan: RiskosFailure = {
  type: 'RiskosNotProcessed',
  reason: 'Unexpected',
  action: 'look at the log of the worker, which could not decode the arguments of the activity',
  fields: [],
  retryAfter: null,
  evalId: null,
  processed: 'no',
};

const noAnswer: RiskosTrouble = {
  reason: 'no answer',
  action: '',
  fields: [],
  retryAfter: null,
  evalId: null,
  processed: 'perhaps',
};

const trouble = z.object({
  reason: z.enum(reasons).catch('Unexpected'),
  action: z.string().catch(''),
  fields: z.array(z.string()).catch([]),
  retryAfter: z.number().nonnegative().nullable().catch(null),
  evalId: z.string().nullable().catch(null),
  processed: z.enum(processedWords).optional().catch('perhaps'),
});

/** For histories of releases that did not record `processed`: there the type decided. */
const processedBefore: Record<RiskosFailureType, Processed> = {
  RiskosNotProcessed: 'no',
  RiskosAmbiguous: 'perhaps',
  RiskosRefused: 'no',
  RiskosUnknownEvaluation: 'no',
  RiskosForeignEvaluation: 'no',
  RiskosUnavailable: 'no',
  ResetRunGone: 'perhaps',
};
