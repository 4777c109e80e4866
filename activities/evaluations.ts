import type { Baseline, Candidate, Evaluation, Policy, UseCase } from '../src/contract/index.ts';
import { activityInfo, Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
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
  documents: Policy['documents'];
  baseline?: Baseline;
  /** 1 for the first POST of this attempt: how far the waits between them have grown. */
  tries: number;
}

/** Which evaluation to read, and the request it must belong to. */
interface EvaluationRead {
  evaluationId: string;
  evalId: string;
}

/** What a paused evaluation is given. */
interface PatchAsk {
  evalId: string;
  patch: EvaluationPatch;
}

/** The details of a failure of these activities, for the funnel's decision and for people. */
export interface RiskosTrouble {
  /** RiskosError's type. */
  reason: string;
  action: string;
  fields: string[];
  /** Milliseconds to wait before the next try, jitter and what RiskOS asked for included; null where none pays. */
  retryAfter: number | null;
  /** The evaluation that exists although the call failed, or null. */
  evalId: string | null;
}

/** RiskOS's answer, and in passing what the funnel would have to ask this worker for otherwise. */
export interface Answered {
  evaluation: Evaluation;
  /** Whether this worker has a `NOTIFY_URL`. */
  hrIsTold: boolean;
}

export interface EvaluationActivities {
  /**
   * One POST. Fails with the type `RiskosNotProcessed`, `RiskosAmbiguous` or `RiskosRefused` and a
   * {@link RiskosTrouble}; it is never retried by Temporal, because a second POST is a second SMS [doc].
   */
  createEvaluation(ask: EvaluationAsk): Promise<Answered>;
  /** One PATCH of a paused evaluation. Fails as {@link createEvaluation} does, and is not retried by Temporal either. */
  patchEvaluation(patch: PatchAsk): Promise<Answered>;
  /** One GET; retried by Temporal but for `RiskosRefused`, `RiskosUnknownEvaluation` and `RiskosForeignEvaluation`. */
  readEvaluation(read: EvaluationRead): Promise<Answered>;
}

/** A RiskOS that is down is asked at least this often, in milliseconds. */
const longestBackoff = 5 * 60_000;

export function createEvaluationActivities(riskos: RiskosClient, hrIsTold: boolean): EvaluationActivities {
  return {
    createEvaluation: (ask) =>
      alive(async (signal) => {
        try {
          const evaluation = await riskos.create(requestOf(ask), {
            signal,
            correlationId: ask.evaluationId,
          });
          return { evaluation, hrIsTold };
        } catch (error) {
          throw failureOfCreate(error, ask.tries);
        }
      }),
    patchEvaluation: ({ evalId, patch }) =>
      alive(async (signal) => {
        try {
          const evaluation = await riskos.patch(evalId, patch, {
            signal,
            correlationId: patch.evaluationId,
          });
          return { evaluation, hrIsTold };
        } catch (error) {
          throw failureOfCreate(error);
        }
      }),
    readEvaluation: ({ evaluationId, evalId }) =>
      alive(async (signal) => {
        const evaluation = await read(riskos, evalId, signal, evaluationId);
        if (evaluation.evaluationId !== evaluationId) {
          throw ApplicationFailure.nonRetryable(
            'this RiskOS evaluation belongs to another request; the event that named it is ignored',
            'RiskosForeignEvaluation',
          );
        }
        return { evaluation, hrIsTold };
      }),
  };
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
    if (!(error instanceof RiskosError)) throw error;
    // To a reading, 400 means that the id is none.
    if (error.status === 404 || error.status === 400) {
      throw failureOf(error, 'RiskosUnknownEvaluation', true);
    }
    if (needsPerson(error)) throw failureOf(error, 'RiskosRefused', true);
    throw failureOf(error, 'RiskosUnavailable', false);
  }
}

function failureOfCreate(error: unknown, tries = 1): unknown {
  if (!(error instanceof RiskosError)) return error;
  if (needsPerson(error)) return failureOf(error, 'RiskosRefused', true);
  const type = error.processed === 'perhaps' ? 'RiskosAmbiguous' : 'RiskosNotProcessed';
  return failureOf(error, type, true, tries);
}

/** What only a person can mend. A cancelled call is a worker that stops, and nobody's fault. */
function needsPerson(error: RiskosError): boolean {
  return error.type !== 'Cancelled' && (error.fault !== 'riskos' || !error.retryable);
}

function failureOf(
  error: RiskosError,
  type: string,
  nonRetryable: boolean,
  tries = activityInfo().attempt,
): ApplicationFailure {
  const retryAfter = retryDelay(error, tries, { first: 1000, longest: longestBackoff });
  const trouble: RiskosTrouble = {
    reason: error.type,
    action: error.action,
    fields: error.fields,
    retryAfter: retryAfter ?? null,
    evalId: error.evalId ?? null,
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
  const { evaluationId, applicationId, useCase, candidate, custom, baseline } = ask;
  const common = { evaluationId, individualId: applicationId, useCase, candidate, custom };
  const { sendMessage, language, documentType, useCaseKey, redirect } = ask.documents;
  const documents = { sendMessage, language, documentType, useCaseKey, redirect };
  switch (useCase) {
    case 'passive':
    case 'payroll_setup':
    case 'contractor_onboarding':
      return parseEvaluationRequest(common);
    case 'document_verification':
      return parseEvaluationRequest({ ...common, documents });
    case 'selfie_reverification':
      return parseEvaluationRequest({
        ...common,
        documents: { sendMessage, language, redirect },
        previousReferenceId: baseline?.referenceId,
        transactionToken: baseline?.transactionToken,
      });
  }
}
