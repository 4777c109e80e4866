import {
  type Baseline,
  type Candidate,
  type Evaluation,
  listed,
  type Policy,
  type Processed,
  type RiskosFailureType,
  type RiskosTrouble as Trouble,
  type UseCase,
} from '../src/contract/index.ts';
import { loggedError } from '../src/log-error.ts';
import { activityInfo, Context, log } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import {
  type EarlierPosts,
  type FindEarlierPosts,
  findEarlierPosts,
  type Lineage,
  RunGone,
} from './earlier-posts.ts';
import {
  type EvaluationPatch,
  type EvaluationRequest,
  parseEvaluationRequest,
  retryDelay,
  type RiskosClient,
  RiskosError,
} from '../src/riskos/index.ts';

/** What the funnel asks of RiskOS for one attempt. */
export interface EvaluationAsk {
  evaluationId: string;
  applicationId: string;
  useCase: UseCase;
  candidate: Candidate;
  custom: Record<string, string | number | boolean>;
  /** How the candidate captures documents or a selfie; null for checks without a capture. */
  capture: Capture | null;
  baseline?: Baseline;
  /** The number of this POST, from 1; the wait before the next one grows with it. */
  tries: number;
  /** Runs that may contain POSTs which the workflow lost when it was reset. */
  lineage: Lineage;
  /** POSTs of this attempt so far that RiskOS perhaps processed. */
  unclear: number;
}

/** How the candidate is asked for documents or a selfie. */
export type Capture = Pick<
  Policy['documents'],
  'sendMessage' | 'language' | 'documentType' | 'useCaseKey' | 'redirect'
>;

/** Which evaluation to read, and the request it must belong to. */
interface EvaluationRead {
  evaluationId: string;
  evalId: string;
}

/** The input for a paused evaluation. */
export interface PatchAsk {
  evalId: string;
  patch: EvaluationPatch;
}

/** RiskOS's answer, plus facts about this worker that would otherwise need a call of their own. */
export interface Answered {
  evaluation: Evaluation;
  /** Whether this worker has a `NOTIFY_URL`. */
  noticesConfigured: boolean;
  /** Runs that resets took this funnel out of; only from a call that looked for them. */
  resetBases?: string[];
}

/** Every failure of these has a {@link RiskosFailureType} as its type and a {@link Trouble} as its details. */
export interface EvaluationActivities {
  /**
   * One POST. Fails with `RiskosNotProcessed`, `RiskosAmbiguous` or `RiskosRefused`; it is never retried by Temporal,
   * because a second POST is a second SMS [doc].
   */
  createEvaluation(ask: EvaluationAsk): Promise<Answered>;
  /** One PATCH of a paused evaluation. Fails as {@link createEvaluation} does, and is not retried by Temporal either. */
  patchEvaluation(patch: PatchAsk): Promise<Answered>;
  /** One GET; retried by Temporal except after `RiskosRefused`, `RiskosUnknownEvaluation` and `RiskosForeignEvaluation`. */
  readEvaluation(read: EvaluationRead): Promise<Answered>;
}

/** The longest wait between calls while RiskOS is down, in milliseconds. */
const longestBackoff = 5 * 60_000;

export function createEvaluationActivities(
  riskos: RiskosClient,
  noticesConfigured: boolean,
  find: FindEarlierPosts = findEarlierPosts,
): EvaluationActivities {
  return {
    createEvaluation: (ask) =>
      alive(async (signal) => {
        const { bases, evalId, perhaps } = await earlierPosts(find, ask);
        if (evalId !== undefined) {
          const evaluation = await adopt(riskos, ask.evaluationId, evalId, signal);
          return { evaluation, noticesConfigured, resetBases: bases };
        }
        if (perhaps && ask.unclear === 0) throw forgotten();
        try {
          const evaluation = await riskos.create(requestOf(ask), {
            signal,
            correlationId: ask.evaluationId,
          });
          return { evaluation, noticesConfigured, resetBases: bases };
        } catch (error) {
          throw failureOfChange(error, ask.tries);
        }
      }),
    patchEvaluation: ({ evalId, patch }) =>
      alive(async (signal) => {
        try {
          const evaluation = await riskos.patch(evalId, patch, {
            signal,
            correlationId: patch.evaluationId,
          });
          return { evaluation, noticesConfigured };
        } catch (error) {
          throw failureOfChange(error);
        }
      }),
    readEvaluation: ({ evaluationId, evalId }) =>
      alive(async (signal) => {
        const evaluation = await read(riskos, evalId, signal, evaluationId);
        if (evaluation.evaluationId !== evaluationId) {
          throw ApplicationFailure.create({
            message: 'this RiskOS evaluation belongs to another request; the event that named it is ignored',
            type: 'RiskosForeignEvaluation' satisfies RiskosFailureType,
            nonRetryable: true,
            details: [foreign],
          });
        }
        return { evaluation, noticesConfigured };
      }),
  };
}

/** Finds out, before a POST, whether a reset of the workflow made it forget one. Nothing is sent before that is known. */
async function earlierPosts(find: FindEarlierPosts, ask: EvaluationAsk): Promise<EarlierPosts> {
  try {
    return await find(ask.evaluationId, ask.lineage);
  } catch (error) {
    const isGone = error instanceof RunGone;
    if (!isGone)
      log.warn('Temporal could not be asked for earlier POSTs; nothing was sent', listed({ error }));
    throw notSent(isGone ? 'ResetRunGone' : 'RiskosNotProcessed', isGone ? 'perhaps' : 'no');
  }
}

async function adopt(
  riskos: RiskosClient,
  evaluationId: string,
  evalId: string,
  signal: AbortSignal,
): Promise<Evaluation> {
  log.info(
    'the POST was sent before a reset of the workflow; its evaluation is read instead',
    listed({ evaluationId }),
  );
  try {
    return await riskos.get(evalId, { signal, correlationId: evaluationId });
  } catch {
    throw notSent('RiskosAmbiguous', 'yes', evalId);
  }
}

function forgotten(): ApplicationFailure {
  return notSent('RiskosAmbiguous', 'perhaps');
}

function notSent(
  type: RiskosFailureType,
  processed: Processed,
  evalId: string | null = null,
): ApplicationFailure {
  const trouble: Trouble = {
    reason: 'no answer',
    action: '',
    fields: [],
    retryAfter: null,
    evalId,
    processed,
  };
  return ApplicationFailure.nonRetryable('nothing was sent', type, trouble);
}

async function read(
  riskos: RiskosClient,
  evalId: string,
  signal: AbortSignal,
  correlationId: string,
): Promise<Evaluation> {
  try {
    return await riskos.get(evalId, { signal, correlationId });
  } catch (error) {
    if (!(error instanceof RiskosError)) throw unexpected(error, 'RiskosUnavailable', 'no');
    // For a GET, 400 means that the id is not valid.
    if (error.status === 404 || error.status === 400) {
      throw failureOf(error, 'RiskosUnknownEvaluation', true);
    }
    if (needsPerson(error)) throw failureOf(error, 'RiskosRefused', true);
    throw failureOf(error, 'RiskosUnavailable', false);
  }
}

/** The type says whether a person must act; the details say whether RiskOS processed the request. */
function failureOfChange(error: unknown, tries = 1): ApplicationFailure {
  if (!(error instanceof RiskosError)) return unexpected(error, 'RiskosAmbiguous', 'perhaps');
  if (needsPerson(error)) return failureOf(error, 'RiskosRefused', true, tries);
  const type = error.processed === 'no' ? 'RiskosNotProcessed' : 'RiskosAmbiguous';
  return failureOf(error, type, true, tries);
}

const foreign: Trouble = {
  reason: 'WrongEvaluation',
  action: 'nothing',
  fields: ['id'],
  retryAfter: null,
  evalId: null,
  processed: 'no',
};

/** A bug of the worker. Its message could contain a value of the request, so only its name and place are kept. */
function unexpected(error: unknown, type: RiskosFailureType, processed: Processed): ApplicationFailure {
  const shown = loggedError(error);
  log.error('unexpected error in a call to RiskOS', listed({ error: shown }));
  const trouble: Trouble = {
    reason: 'Unexpected',
    action: "report it with the worker's log line",
    fields: [],
    retryAfter: null,
    evalId: null,
    processed,
  };
  return ApplicationFailure.create({
    message: `unexpected error in a call to RiskOS (${shown.type}); the worker's log has its place`,
    type,
    nonRetryable: processed !== 'no',
    details: [trouble],
  });
}

/** True if only a person can fix the cause. A cancelled call only means that the worker stops. */
function needsPerson(error: RiskosError): boolean {
  return error.type !== 'Cancelled' && (error.fault !== 'riskos' || !error.retryable);
}

function failureOf(
  error: RiskosError,
  type: RiskosFailureType,
  nonRetryable: boolean,
  tries = activityInfo().attempt,
): ApplicationFailure {
  const retryAfter = retryDelay(error, tries, { first: 1000, longest: longestBackoff });
  const trouble: Trouble = {
    reason: error.type,
    action: error.action,
    fields: error.fields,
    retryAfter: retryAfter ?? null,
    evalId: error.evalId ?? null,
    processed: error.processed,
  };
  return ApplicationFailure.create({
    message: error.message,
    type,
    nonRetryable,
    details: [trouble],
    ...(retryAfter === undefined || nonRetryable ? {} : { nextRetryDelay: retryAfter }),
  });
}

/** Heartbeats while it works, so that a killed worker is noticed within the heartbeat timeout. */
async function alive<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const context = Context.current();
  const beat = setInterval(() => context.heartbeat(), 1000);
  try {
    return await work(context.cancellationSignal);
  } finally {
    clearInterval(beat);
  }
}

function requestOf(ask: EvaluationAsk): EvaluationRequest {
  const { evaluationId, applicationId, useCase, candidate, custom, baseline, capture } = ask;
  const common = { evaluationId, individualId: applicationId, useCase, candidate, custom };
  switch (useCase) {
    case 'passive':
    case 'payroll_setup':
    case 'contractor_onboarding':
      return parseEvaluationRequest(common);
    case 'document_verification':
      return parseEvaluationRequest({ ...common, documents: capture ?? {} });
    case 'selfie_reverification':
      return parseEvaluationRequest({
        ...common,
        documents: capture ?? {},
        previousReferenceId: baseline?.referenceId,
        transactionToken: baseline?.transactionToken,
      });
  }
}
