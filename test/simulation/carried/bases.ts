import type { EvaluatedStage, Evaluation, Reading, Verdict } from '../../../src/contract/index.ts';
import { applicationId, at, day, hour, idOf, paused, second } from './row.ts';

const application = { applicationId, candidate: { givenName: 'Robin' }, useCase: 'passive', policy: {} };
const state = { version: 1, application, run: '0a1b2c3d' };

/** States as JSON, with not one field more than they need. */
export const verified = { ...state, position: { stage: 'verified' } };
export const asking = { ...state, position: { stage: 'awaiting_document_request' } };

/** An attempt that waits before its next POST, or one that RiskOS knows and that waits for the candidate. */
export function attempting(
  kind: 'posting' | 'reading',
  stage: EvaluatedStage = 'document_verification',
  more: { [Field in keyof Reading]?: unknown } = {},
): object {
  const attempt = {
    kind,
    evaluationId: idOf(stage, 2),
    number: 2,
    ...(kind === 'reading' ? known(stage) : {}),
    ...more,
  };
  const timers =
    kind === 'posting' ? { post: { times: [at + 30 * second] } } : { read: { times: [at + hour] } };
  return { ...state, position: { stage, attempt }, attempts: { [stage]: 2 }, timers };
}

function known(stage: EvaluatedStage): object {
  return {
    known: [{ evalId: 'eval-2', answered: true }],
    deadline: { at: at + 7 * day },
    latest: paused(idOf(stage, 2)),
  };
}

/** A review of an evaluation of documents, which began with this verdict. */
export function inReview(latest: Evaluation, verdict: Verdict): object {
  const stage = 'document_verification';
  const attempt = { kind: 'reading', evaluationId: idOf(stage, 2), number: 2, ...known(stage), latest };
  const { evalId, decidedAt } = latest;
  return {
    ...state,
    position: {
      stage: 'review',
      of: { stage, attempt },
      settled: { verdict, evalId, decidedAt },
      deadline: { at: at + 5 * day },
    },
    attempts: { [stage]: 2 },
    timers: { read: { times: [at + hour] } },
  };
}

export function stoppedAt(cause: object): object {
  const stage = 'document_verification';
  const back = { stage, attempt: { kind: 'posting', evaluationId: idOf(stage, 2), number: 2 } };
  return { ...state, position: { stage: 'needs_attention', cause, back }, attempts: { [stage]: 2 } };
}
