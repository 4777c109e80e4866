import { describe, expect, test } from 'vitest';
import type {
  Change,
  Evaluation,
  ImagesResult,
  NextAction,
  Outcome,
  Policy,
  TroubleReason,
  WaitingFor,
} from '../../src/contract/index.ts';
import type { FunnelByHand } from './by-hand.ts';
import { asking, attempting, inReview, stoppedAt, verified } from './carried/bases.ts';
import { open } from './carried/open.ts';
import { at, call, day, decided, event, hour, idOf, paused, second, timers } from './carried/row.ts';

/** Each word of each closed set, one by one: a new one does not compile until it has a row. */

const documents = idOf('document_verification', 2);
const late = { kind: 'riskos_late' };

/** RiskOS has decided the attempt. */
function settled(evaluation: Evaluation, policy: object = {}, more: object = {}): FunnelByHand {
  const [, , stage] = evaluation.evaluationId.split('~');
  const carried = attempting('reading', stageOf(stage), { latest: evaluation });
  return open({ ...carried, ...more }, policy);
}

function stageOf(word: string | undefined) {
  const stages = [
    'passive_check',
    'document_verification',
    'selfie_reverification',
    'payroll_setup',
  ] as const;
  const stage = stages.find((known) => known === word);
  if (!stage) throw new Error(`no evaluated stage: ${word ?? ''}`);
  return stage;
}

const accepted = decided(documents, 'ACCEPT', { documentResult: 'accepted', referenceId: 'reference-1' });

/** The attempt has expired: its deadline has passed, and a reading after it says that the candidate did nothing. */
function expired(
  stage: 'passive_check' | 'document_verification' | 'selfie_reverification' | 'payroll_setup',
  policy: object,
): FunnelByHand {
  const overdue = { read: { times: [at + hour] }, deadline: { times: [at - second], fired: 1 } };
  const baseline = { referenceId: 'reference-1' };
  const funnel = open({ ...attempting('reading', stage), timers: overdue, baseline }, policy);
  funnel.settle('readEvaluation', { evaluation: paused(idOf(stage, 2)) });
  return funnel;
}

const where = (funnel: FunnelByHand): string =>
  [funnel.status().stage, funnel.status().outcome].filter(Boolean).join(' ');

describe('each change is in a notice when it happens', () => {
  const rows: Record<Change, () => FunnelByHand> = {
    next_action: () => open(asking),
    verdict: () => settled(accepted),
    conflict: () => {
      const evaluationId = idOf('document_verification', 1);
      const record = {
        stage: 'document_verification',
        attempt: 1,
        verdict: 'accept',
        flags: [],
        reasonCodes: [],
        evaluationId,
        evalId: 'eval-1',
        at: '',
        audit: { failedSteps: [], tags: [], reviewQueues: [] },
      };
      const remembered = { evaluationId, evalIds: ['eval-1'], decisions: ['ACCEPT'] };
      const funnel = open({ ...verified, verdicts: [record], settled: [remembered] });
      funnel.signal('riskosEvent', event(evaluationId, { eventType: 'decision_update' }));
      funnel.settle('readEvaluation', { evaluation: decided(evaluationId, 'REJECT', { evalId: 'eval-1' }) });
      return funnel;
    },
    escalation: () => {
      const timed = { deadline: { times: [at + second, at + day] }, read: { times: [at + day] } };
      const funnel = open({ ...inReview(decided(documents, 'REVIEW'), 'review'), timers: timed });
      funnel.settleNotice('taken');
      funnel.fire(timers.deadline);
      return funnel;
    },
    attention: () => open(stoppedAt(late)),
    images: () => open({ ...verified, notices: { changes: ['images'] } }),
    closed: () => settled(decided(documents, 'REJECT')),
  };

  test.each(Object.entries(rows))('%s', (change, bring) => {
    const funnel = bring();
    const told = funnel.everAsked('notify').flatMap((notice) => Object(Object(notice).data).changes);
    expect(told).toContain(change);
    expect(told.filter((one) => one === change)).toHaveLength(1);
  });
});

describe('each result of images stands in the status and the timeline', () => {
  const rows: Record<ImagesResult, [report: object, line: string[]]> = {
    pending: [{ count: 0 }, []],
    archived: [{ count: 3 }, ['images: archived (3)']],
    none: [{ count: 0 }, ['images: none']],
    military: [{ count: 0 }, ['images: military']],
    minor: [{ count: 0 }, ['images: minor']],
    refused: [{ count: 0, reason: 'not_a_zip' }, ['images: refused: not a zip']],
    failed: [{ count: 0, reason: 'not_started' }, ['images: failed: not started']],
    deleted: [{ count: 3 }, ['images: deleted (3)']],
  };

  test.each(Object.entries(rows))('%s', (result, [report, line]) => {
    const evaluationId = documents;
    const funnel = open({ ...verified, images: [{ evaluationId, result: 'pending', count: 0 }] });
    funnel.signal('imagesSettled', { evaluationId, result, ...report });
    expect(funnel.status().images).toEqual([{ evaluationId, result, ...report }]);
    expect(funnel.timeline().map(({ what }) => what)).toEqual(line);
  });
});

describe('each outcome is how a funnel closes', () => {
  const rows: Record<Outcome, () => FunnelByHand> = {
    rejected: () => settled(decided(documents, 'REJECT')),
    withdrawn: () => updated(verified, 'withdraw'),
    expired: () => expired('document_verification', {}),
    attempts_exhausted: () => settled(decided(documents, 'RESUBMIT'), { documents: { maxAttempts: 1 } }),
    cancelled: () => settled(decided(documents, 'CANCEL')),
    completed: () => updated(verified, 'complete'),
  };

  test.each(Object.entries(rows))('%s', (outcome, bring) => {
    const funnel = bring();
    expect(funnel.status()).toMatchObject({
      stage: 'closed',
      outcome,
      waitingFor: 'nothing',
      deadline: null,
      escalation: null,
      nextAction: { kind: 'none' },
    });
    expect(funnel.attributes()).toMatchObject({
      FunnelStage: 'closed',
      FunnelOutcome: outcome,
      FunnelDeadline: null,
      FunnelEscalation: null,
    });
    expect(funnel.timeline().at(-1)).toMatchObject({ kind: 'close' });
  });
});

function updated(carried: object, name: string): FunnelByHand {
  const funnel = open(carried);
  funnel.update(name, {});
  return funnel;
}

describe('each whom the funnel can wait for is shown', () => {
  const rows: Record<WaitingFor, () => FunnelByHand> = {
    riskos: () => open(attempting('posting')),
    candidate: () => open(attempting('reading')),
    reviewer: () => open(inReview(decided(documents, 'REVIEW'), 'review')),
    hr: () => open(asking),
    operator: () => open(stoppedAt(late)),
    nothing: () => open(verified),
  };

  test.each(Object.entries(rows))('%s', (waitingFor, bring) => {
    const funnel = bring();
    expect(funnel.status().waitingFor).toBe(waitingFor);
    expect(funnel.attributes()).toMatchObject({ FunnelWaitingFor: waitingFor });
  });
});

describe('each next action is what HR is shown', () => {
  const pausedFor = (word: Evaluation['pausedFor'], more: Partial<Evaluation> = {}) =>
    open(
      attempting('reading', 'document_verification', {
        latest: paused(documents, { ...(word ? { pausedFor: word } : {}), ...more }),
      }),
    );
  const rows: Record<NextAction['kind'], () => FunnelByHand> = {
    show_capture_link: () => pausedFor('capture'),
    enter_one_time_code: () => pausedFor('one_time_code'),
    provide_information: () => pausedFor('more_information'),
    open_hosted_flow: () => pausedFor('hosted_flow'),
    review: () => open(inReview(decided(documents, 'REVIEW'), 'review')),
    request_documents: () => open(asking),
    needs_attention: () => open(stoppedAt(late)),
    wait: () => pausedFor('unknown'),
    none: () => open(verified),
  };

  test.each(Object.entries(rows))('%s', (kind, bring) => {
    expect(bring().status().nextAction.kind).toBe(kind);
  });
});

describe('each trouble is shown, and is gone when RiskOS answers', () => {
  const posting = {
    ...asking,
    position: {
      stage: 'document_verification',
      attempt: { kind: 'posting', evaluationId: documents, number: 2 },
    },
  };
  const rows: Record<TroubleReason, () => FunnelByHand> = {
    request_not_taken: () => failing(posting, 'createEvaluation', 'not_processed'),
    request_unclear: () => failing(posting, 'createEvaluation', 'ambiguous'),
    unreadable: () => {
      const funnel = open(attempting('reading', 'document_verification', { reads: 3 }));
      funnel.fire(timers.read);
      funnel.settle('readEvaluation', { failure: 'unavailable' });
      return funnel;
    },
  };
  const failing = (carried: object, type: string, failure: 'not_processed' | 'ambiguous'): FunnelByHand => {
    const funnel = open(carried);
    funnel.settle(type, { failure });
    return funnel;
  };

  test.each(Object.entries(rows))('%s', (reason, bring) => {
    const funnel = bring();
    expect(funnel.status().trouble).toMatchObject({ reason });
    expect(JSON.stringify(funnel.details())).toMatch(/RiskOS (did not take|did not say|cannot be read)/);
    funnel.fire(reason === 'unreadable' ? timers.read : timers.post);
    const type = reason === 'unreadable' ? 'readEvaluation' : 'createEvaluation';
    funnel.settle(type, { evaluation: paused(documents) });
    expect(funnel.status().trouble).toBeNull();
  });
});

describe('each value of the policy has its effect', () => {
  type Passive = Policy['passive'];
  const passive = idOf('passive_check', 2);
  const toPassive: Record<Passive[keyof Passive], string> = {
    document_verification: 'document_verification',
    review: 'review',
    close: 'closed rejected',
  };
  const decisions: Record<keyof Passive, string> = {
    onReview: 'REVIEW',
    onReject: 'REJECT',
    onResubmit: 'RESUBMIT',
  };

  test.each(
    Object.entries(decisions).flatMap(([name, word]) =>
      Object.entries(toPassive).map(([value, expected]) => ({ name, word, value, expected })),
    ),
  )('passive.$name: $value', ({ name, word, value, expected }) => {
    expect(where(settled(decided(passive, word), { passive: { [name]: value } }))).toBe(expected);
  });

  const starts: Record<Policy['documents']['start'], string> = {
    on_request: 'awaiting_document_request',
    immediately: 'document_verification',
  };
  test.each(Object.entries(starts))('documents.start: %s', (start, expected) => {
    expect(where(settled(decided(passive, 'ACCEPT'), { documents: { start } }))).toBe(expected);
  });

  const deadlines: Record<Policy['documents']['onDeadline'], string> = {
    close: 'closed expired',
    next_attempt: 'document_verification',
  };
  test.each(Object.entries(deadlines))('documents.onDeadline: %s', (onDeadline, expected) => {
    expect(where(expired('document_verification', { documents: { onDeadline } }))).toBe(expected);
  });

  const risks: Record<Policy['documents']['onRisk'], string> = {
    review: 'review',
    close: 'closed rejected',
    next_attempt: 'document_verification',
  };
  test.each(Object.entries(risks))('documents.onRisk: %s', (onRisk, expected) => {
    const risky = decided(documents, 'RESUBMIT', { risk: true });
    expect(where(settled(risky, { documents: { onRisk } }))).toBe(expected);
  });

  const selfie = idOf('selfie_reverification', 2);
  const rejects: Record<Policy['reverification']['onReject'], string> = {
    close: 'closed rejected',
    review: 'review',
    verified: 'verified',
  };
  test.each(Object.entries(rejects))('reverification.onReject: %s', (onReject, expected) => {
    expect(where(settled(decided(selfie, 'REJECT'), { reverification: { onReject } }))).toBe(expected);
  });

  const selfieDeadlines: Record<Policy['reverification']['onDeadline'], string> = {
    verified: 'verified',
    close: 'closed expired',
  };
  test.each(Object.entries(selfieDeadlines))('reverification.onDeadline: %s', (onDeadline, expected) => {
    expect(where(expired('selfie_reverification', { reverification: { onDeadline } }))).toBe(expected);
  });

  test('passive checks and payroll have no such choice', () => {
    expect(where(expired('passive_check', {}))).toBe('closed expired');
    expect(where(expired('payroll_setup', {}))).toBe('verified');
  });

  const archived: Record<Policy['images']['archiveOn'][number], [string, object]> = {
    accept: ['ACCEPT', { documentResult: 'accepted', referenceId: 'reference-1' }],
    review: ['REVIEW', {}],
    reject: ['REJECT', {}],
  };
  test.each(Object.entries(archived))('images.archiveOn: %s', (verdict, [word, more]) => {
    const evaluation = decided(documents, word, more);
    for (const other of Object.keys(archived)) {
      const funnel = settled(evaluation, {
        images: { archiveOn: [other], keepFor: { accept: '1 day', review: '2 days', reject: '3 days' } },
      });
      const expected = other === verdict ? [{ evaluationId: documents, result: 'pending', count: 0 }] : [];
      expect(funnel.status().images).toEqual(expected);
    }
  });

  test('reverification: a selfie is accepted only if it was compared with the reference that was sent', () => {
    const compared = (previousReferenceId?: string): string => {
      const more = previousReferenceId === undefined ? {} : { previousReferenceId };
      return where(
        settled(decided(selfie, 'ACCEPT', more), {}, { baseline: { referenceId: 'reference-1' } }),
      );
    };
    expect(compared('reference-1')).toBe('verified');
    expect(compared('reference-2')).toBe('review');
    expect(compared()).toBe('review');
  });
});

describe('what is over is not shown any more', () => {
  test('the deadline, the escalation and the attention', () => {
    const timed = { deadline: { times: [at - day, at - second], fired: 2 }, read: { times: [at + day] } };
    const funnel = open({ ...inReview(decided(documents, 'REVIEW'), 'review'), timers: timed });
    expect(funnel.attributes()).toMatchObject({
      FunnelStage: 'review',
      FunnelEscalation: 'overdue',
      FunnelDeadline: expect.any(String),
    });
    funnel.update('review', { verdict: 'accept', by: 'hr', reason: 'seen' });
    expect(funnel.attributes()).toMatchObject({
      FunnelStage: 'verified',
      FunnelWaitingFor: 'nothing',
      FunnelEscalation: null,
      FunnelDeadline: null,
      FunnelOutcome: null,
    });
    const stopped = open(stoppedAt({ kind: 'technical_errors', count: 3 }));
    expect(stopped.status().attention).not.toBeNull();
    stopped.update('retry', {});
    expect(stopped.status().attention).toBeNull();
    expect(call(stopped, 'createEvaluation')).not.toEqual({});
  });
});
