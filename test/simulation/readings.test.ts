import { describe, expect, test } from 'vitest';
import type { FunnelByHand } from './by-hand.ts';
import { asking, attempting, inReview, stoppedAt } from './carried/bases.ts';
import { accepted, open } from './carried/open.ts';
import {
  applicationId,
  at,
  call,
  day,
  decided,
  event,
  hour,
  idOf,
  paused,
  second,
  timers,
} from './carried/row.ts';

const stage = 'document_verification';
const [current, next] = [idOf(stage, 2), idOf(stage, 3)] as const;

/** The funnel after its deadline, which one reading has confirmed. */
function expired(policy: object): FunnelByHand {
  const overdue = { read: { times: [at + hour] }, deadline: { times: [at - second], fired: 1 } };
  const funnel = open({ ...attempting('reading'), timers: overdue }, policy);
  funnel.settle('readEvaluation', { evaluation: paused(current) });
  return funnel;
}

/** The funnel while its POST is under way. */
function posting(): FunnelByHand {
  const attempt = { kind: 'posting', evaluationId: current, number: 2 };
  return open({ ...asking, position: { stage, attempt } });
}

describe('an attempt that was given up', () => {
  test('can still end well while the next one waits, and while the one after that does', () => {
    for (const attempts of [1, 2]) {
      const funnel = expired({ documents: { onDeadline: 'next_attempt', maxAttempts: 9 } });
      for (let number = 3; number < 2 + attempts; number += 1) {
        const evaluationId = idOf(stage, number);
        funnel.settle('createEvaluation', {
          evaluation: decided(evaluationId, 'RESUBMIT', { evalId: `eval-${number}` }),
        });
      }
      funnel.settle('createEvaluation', {
        evaluation: paused(idOf(stage, 2 + attempts), { evalId: 'eval-9' }),
      });
      funnel.signal('riskosEvent', event(current, { evalId: 'eval-2', eventType: 'evaluation_completed' }));
      expect(funnel.calls('readEvaluation')).toEqual([{ evaluationId: current, evalId: 'eval-2' }]);
      funnel.settle('readEvaluation', { evaluation: accepted(current) });
      expect(funnel.status()).toMatchObject({ stage: 'verified', baseline: true });
      expect(funnel.status().verdicts.at(-1)).toMatchObject({ evaluationId: current, verdict: 'accept' });
    }
  });

  test('is one of the last five', () => {
    const overdue = { read: { times: [at + hour] }, deadline: { times: [at - second], fired: 1 } };
    const givenUp = [11, 12, 13, 14, 15].map((number) => ({
      evaluationId: idOf(stage, number),
      number,
      evalIds: [`eval-${number}`],
    }));
    const state = attempting('reading');
    const position = { ...Object(state).position, givenUp };
    const funnel = open(
      { ...state, position, timers: overdue },
      { documents: { onDeadline: 'next_attempt' } },
    );
    for (const evaluationId of [current, ...givenUp.map((one) => one.evaluationId)]) {
      if (funnel.calls('readEvaluation').length > 0)
        funnel.settle('readEvaluation', { evaluation: paused(evaluationId) });
    }
    funnel.settle('createEvaluation', { evaluation: paused(next, { evalId: 'eval-3' }) });
    const completed = { eventType: 'evaluation_completed' };
    funnel.signal(
      'riskosEvent',
      event(idOf(stage, 11), { ...completed, evalId: 'eval-11', eventId: 'event-11' }),
    );
    expect(funnel.calls('readEvaluation')).toEqual([]);
    funnel.signal('riskosEvent', event(current, { ...completed, evalId: 'eval-2', eventId: 'event-2' }));
    expect(funnel.calls('readEvaluation')).toEqual([{ evaluationId: current, evalId: 'eval-2' }]);
  });

  test('changes nothing where it did not end well, and its POST is not repeated', () => {
    const funnel = expired({ documents: { onDeadline: 'next_attempt' } });
    funnel.settle('createEvaluation', { evaluation: paused(next, { evalId: 'eval-3' }) });
    funnel.signal('riskosEvent', event(current, { evalId: 'eval-2', eventType: 'evaluation_completed' }));
    funnel.settle('readEvaluation', { evaluation: decided(current, 'REJECT') });
    expect(funnel.status()).toMatchObject({ stage, attempt: 3, outcome: null });
    expect(funnel.asked('createEvaluation')).toBe(1);
  });
});

describe('readings, counted', () => {
  test('one for many events of the same evaluation, and one for an event that comes twice', () => {
    const funnel = open(attempting('reading'));
    const told = event(current, { evalId: 'eval-2' });
    funnel.signal('riskosEvent', told);
    for (const eventId of ['event-2', 'event-3', 'event-4'])
      funnel.signal('riskosEvent', { ...told, eventId });
    expect(funnel.asked('readEvaluation')).toBe(1);
    funnel.settle('readEvaluation', { evaluation: paused(current) });
    // One more for those that came while it was read.
    expect(funnel.asked('readEvaluation')).toBe(2);
    funnel.settle('readEvaluation', { evaluation: paused(current) });
    for (let times = 0; times < 3; times += 1) funnel.signal('riskosEvent', told);
    expect(funnel.asked('readEvaluation')).toBe(2);
  });

  test.each(['progress', 'evaluation_started', 'session_expired'])('none for the event %s', (eventType) => {
    const funnel = open(attempting('reading'));
    funnel.signal('riskosEvent', event(current, { evalId: 'eval-2', eventType }));
    expect(funnel.asked('readEvaluation')).toBe(0);
    expect(funnel.timeline().map(({ kind }) => kind)).toEqual(['riskos_event']);
  });

  test.each([
    ['another application', `app-7~0a1b2c3d~${stage}~2`],
    ['another funnel of the application', `${applicationId}~0a1b2c3e~${stage}~2`],
    ['an attempt that never was', next],
    ['nothing', 'not-an-id'],
  ])('none for an event of %s', (_, evaluationId) => {
    const funnel = open(attempting('reading'));
    funnel.signal(
      'riskosEvent',
      event(evaluationId, { evalId: 'eval-2', eventType: 'evaluation_completed' }),
    );
    expect(funnel.asked('readEvaluation')).toBe(0);
  });

  describe('of an evaluation whose events came during the POST', () => {
    const answered = (answer: Parameters<typeof paused>[1], ...eventTypes: string[]) => {
      const funnel = posting();
      for (const [number, eventType] of eventTypes.entries())
        funnel.signal(
          'riskosEvent',
          event(current, { evalId: 'eval-2', eventType, eventId: `event-${number}` }),
        );
      funnel.settle('createEvaluation', { evaluation: paused(current, answer) });
      return funnel;
    };
    const [pause, completion, note] = [
      'evaluation_paused',
      'evaluation_completed',
      'case_notes_added',
    ] as const;

    test('none for its first pause, which is what the answer says', () => {
      const funnel = answered({}, pause);
      expect(funnel.asked('readEvaluation')).toBe(0);
      expect(funnel.status()).toMatchObject({ stage, waitingFor: 'candidate' });
    });

    test.each([
      ['its completion', {}, [completion]],
      ['a second pause', {}, [pause, pause]],
      ['a pause after another event', {}, [note, pause]],
      ['a pause, where the answer says that it is in progress', { state: 'in_progress' }, [pause]],
    ] as const)('one for %s', (_, answer, eventTypes) => {
      const funnel = answered(answer, ...eventTypes);
      expect(funnel.calls('readEvaluation')).toEqual([{ evaluationId: current, evalId: 'eval-2' }]);
    });

    test('one for the pause of another evaluation of the same request', () => {
      const funnel = answered({ evalId: 'eval-3' }, pause);
      expect(funnel.calls('readEvaluation')).toEqual([{ evaluationId: current, evalId: 'eval-2' }]);
    });

    test('one for its first pause, where the POST was not answered', () => {
      const funnel = posting();
      funnel.signal('riskosEvent', event(current, { evalId: 'eval-2' }));
      funnel.settle('createEvaluation', { failure: 'ambiguous' });
      expect(funnel.calls('readEvaluation')).toEqual([{ evaluationId: current, evalId: 'eval-2' }]);
    });
  });

  test('no more of one that has completed', () => {
    const funnel = posting();
    funnel.signal('riskosEvent', event(current, { evalId: 'eval-2' }));
    funnel.settle('createEvaluation', { evaluation: accepted(current) });
    expect(funnel.status().stage).toBe('verified');
    expect(funnel.asked('readEvaluation')).toBe(0);
  });

  test('one after an update that gave RiskOS something, even where that failed', () => {
    for (const result of [
      { failure: 'refused' },
      { failure: 'ambiguous' },
      { evaluation: paused(current) },
    ] as const) {
      const funnel = open(
        attempting('reading', stage, { latest: paused(current, { pausedFor: 'one_time_code' }) }),
      );
      funnel.update('submitOneTimeCode', { code: '482913' });
      funnel.settle('patchEvaluation', result);
      expect(funnel.calls('readEvaluation')).toEqual([{ evaluationId: current, evalId: 'eval-2' }]);
    }
  });

  test('one for a new evaluation of a settled request, and none for those that were known when it was settled', () => {
    const known = [{ evalId: 'eval-2', answered: true }, { evalId: 'eval-3' }];
    const funnel = open(attempting('reading', stage, { known, latest: accepted(current) }));
    expect(funnel.status().stage).toBe('verified');
    const completed = event(current, { eventType: 'evaluation_completed' });
    for (const evalId of ['eval-2', 'eval-3', 'eval-8'])
      funnel.signal('riskosEvent', { ...completed, evalId, eventId: `event-of-${evalId}` });
    expect(funnel.calls('readEvaluation')).toEqual([{ evaluationId: current, evalId: 'eval-8' }]);
  });

  test('at most four evaluations of one request: a new one replaces the oldest that no POST was answered with', () => {
    const ids = ['eval-2', 'eval-3', 'eval-4', 'eval-5'];
    const known = ids.map((evalId) => ({ evalId, answered: evalId === 'eval-2' }));
    const funnel = open(attempting('reading', stage, { known }));
    funnel.signal('riskosEvent', event(current, { evalId: 'eval-9' }));
    funnel.settle('readEvaluation', { evaluation: paused(current, { evalId: 'eval-9' }) });
    funnel.fire(timers.read);
    const read = ids.map(() => {
      const { evalId } = call(funnel, 'readEvaluation');
      funnel.settle('readEvaluation', { evaluation: paused(current, { evalId: String(evalId) }) });
      return evalId;
    });
    expect(read).toEqual(['eval-2', 'eval-4', 'eval-5', 'eval-9']);
    expect(funnel.calls('readEvaluation')).toEqual([]);
  });

  test('misses count in a row: a reading between them begins anew', () => {
    const funnel = open(attempting('reading', stage, { reads: 4 }));
    funnel.fire(timers.read);
    for (const answer of ['unknown', 'unknown', null, 'unknown', 'unknown'] as const) {
      funnel.settle('readEvaluation', answer ? { failure: answer } : { evaluation: paused(current) });
      funnel.fire(timers.read);
    }
    expect(funnel.status().stage).toBe(stage);
  });

  test('a reading that began before the deadline does not count as one after it', () => {
    const timed = { read: { times: [at + second] }, deadline: { times: [at + 2 * second] } };
    const funnel = open({ ...attempting('reading'), timers: timed });
    funnel.fire(timers.read);
    funnel.fire(timers.deadline);
    funnel.settle('readEvaluation', { evaluation: paused(current) });
    expect(funnel.status().outcome).toBeNull();
    funnel.settle('readEvaluation', { evaluation: paused(current) });
    expect(funnel.status().outcome).toBe('expired');
    expect(funnel.asked('readEvaluation')).toBe(2);
  });
});

describe('an evaluation that RiskOS does not know, three times in a row,', () => {
  const unknownThreeTimes = (funnel: FunnelByHand): void => {
    for (let misses = 0; misses < 3; misses += 1) {
      funnel.fire(timers.read);
      funnel.settle('readEvaluation', { failure: 'unknown' });
    }
  };

  test('stops the funnel where RiskOS has shown it before, although only an event named it', () => {
    const funnel = open(attempting('posting'));
    funnel.signal('riskosEvent', event(current, { evalId: 'eval-2' }));
    funnel.settle('readEvaluation', { evaluation: paused(current) });
    unknownThreeTimes(funnel);
    expect(funnel.status()).toMatchObject({ attention: { kind: 'evaluation_unknown' } });
    expect(funnel.timers()).toEqual([]);
    expect(funnel.asked('createEvaluation')).toBe(0);
  });

  test('is one that never was, where only an event named it: the attempt begins as before its first POST', () => {
    const known = [{ evalId: 'eval-2' }];
    const state = attempting('reading', stage, { known, latest: null });
    const funnel = open({
      ...state,
      timers: { read: { times: [at + hour] }, deadline: { times: [at + 2 * day] } },
    });
    unknownThreeTimes(funnel);
    expect(funnel.timers().map(({ summary }) => summary)).toEqual([timers.post]);
    funnel.fire(timers.post);
    funnel.settle('createEvaluation', { evaluation: paused(current, { evalId: 'eval-3' }) });
    expect(funnel.status().deadline).toBe(new Date(funnel.now() + 7 * day).toISOString());
    expect(funnel.timers().map(({ summary }) => summary)).toEqual([timers.read]);
  });

  test('is still read where a person decides, or where RiskOS was late', () => {
    const latest = decided(current, 'REVIEW');
    const late = stoppedAt({ kind: 'riskos_late' });
    const back = Object(attempting('reading', stage, { latest: paused(current, { state: 'in_progress' }) }));
    const stopped = { ...late, position: { ...Object(late).position, back: back.position } };
    for (const state of [inReview(latest, 'review'), stopped]) {
      const funnel = open(state);
      unknownThreeTimes(funnel);
      funnel.fire(timers.read);
      const decidedAt = '2030-01-03T00:00:00.000Z';
      funnel.settle('readEvaluation', { evaluation: accepted(current, { decidedAt }) });
      expect(funnel.status().stage).toBe('verified');
    }
  });
});

describe('an accept through the link of an attempt that was given up', () => {
  const before = idOf(stage, 1);
  const onLastAttempt = (): FunnelByHand => {
    const { position, ...rest } = Object(attempting('reading'));
    const givenUp = [{ evaluationId: before, number: 1, evalIds: ['eval-1'] }];
    const tries = { ...position, tries: 2, givenUp };
    return open({ ...rest, position: tries }, { documents: { maxAttempts: 2 } });
  };
  const rejected = decided(current, 'RESUBMIT');
  const acceptedLate = accepted(before, { evalId: 'eval-1' });

  test('counts, although the event of the last attempt came first and asks for another one', () => {
    const funnel = onLastAttempt();
    funnel.signal('riskosEvent', event(current, { evalId: 'eval-2' }));
    funnel.signal('riskosEvent', event(before, { evalId: 'eval-1', eventId: 'event-8' }));
    funnel.settle('readEvaluation', { evaluation: rejected });
    funnel.settle('readEvaluation', { evaluation: acceptedLate });
    expect(funnel.status()).toMatchObject({
      stage: 'verified',
      verdicts: [{ attempt: 1, verdict: 'accept' }],
    });
  });

  test('is not waited for: without an accept there, the verdict of the last attempt stands', () => {
    const funnel = onLastAttempt();
    funnel.signal('riskosEvent', event(current, { evalId: 'eval-2' }));
    funnel.signal('riskosEvent', event(before, { evalId: 'eval-1', eventId: 'event-8' }));
    funnel.settle('readEvaluation', { evaluation: rejected });
    funnel.settle('readEvaluation', { failure: 'unavailable' });
    expect(funnel.status()).toMatchObject({ stage: 'closed', outcome: 'attempts_exhausted' });
  });
});

describe('trouble with RiskOS', () => {
  const troubled = (carried: object): FunnelByHand => {
    const funnel = open({ ...carried, baseline: { referenceId: 'reference-1' } });
    funnel.fire(timers.read);
    funnel.settle('readEvaluation', { failure: 'unavailable' });
    expect(funnel.status().trouble).not.toBeNull();
    return funnel;
  };

  test('is over where nothing is read any more', () => {
    const decision = troubled(inReview(decided(current, 'REVIEW'), 'review'));
    decision.update('review', { verdict: 'accept', by: 'hr', reason: 'seen' });
    expect(decision.status()).toMatchObject({ stage: 'verified', trouble: null });
    expect(decision.attributes()).toMatchObject({ FunnelTrouble: null });
    const withdrawal = troubled(attempting('reading'));
    expect(withdrawal.update('withdraw', {})).toMatchObject({
      answer: { outcome: 'withdrawn', trouble: null },
    });
  });

  test('is over where the funnel stops until a person says more, and goes on where it reads by itself', () => {
    const refusal = troubled(attempting('reading', stage, { reads: 4 }));
    refusal.fire(timers.read);
    refusal.settle('readEvaluation', { failure: 'refused' });
    expect(refusal.status()).toMatchObject({ stage: 'needs_attention', trouble: null });
    const patience = {
      patience: { times: [at - 1], fired: 1 },
      deadline: { times: [at - second], fired: 1 },
    };
    const overdue = attempting('reading', stage, { overdue: true });
    const late = open({ ...overdue, timers: { read: { times: [at + hour] }, ...patience } });
    late.fire(timers.read);
    late.settle('readEvaluation', { failure: 'unavailable' });
    expect(late.status()).toMatchObject({ stage: 'needs_attention', trouble: { reason: 'unreadable' } });
  });

  test('is over with a late accept', () => {
    const passive = 'passive_check';
    const [before, now] = [idOf(passive, 1), idOf(passive, 2)];
    const givenUp = [{ evaluationId: before, number: 1, evalIds: ['eval-1'] }];
    const { position, ...rest } = Object(attempting('reading', passive));
    const funnel = open(
      { ...rest, position: { ...position, givenUp } },
      { documents: { start: 'immediately' } },
    );
    funnel.signal('riskosEvent', event(now, { evalId: 'eval-2' }));
    funnel.settle('readEvaluation', { failure: 'unavailable' });
    funnel.signal('riskosEvent', event(before, { evalId: 'eval-1', eventId: 'event-8' }));
    funnel.settle('readEvaluation', { evaluation: decided(before, 'ACCEPT', { evalId: 'eval-1' }) });
    expect(funnel.status()).toMatchObject({ stage, trouble: null });
  });

  test('is noted once when it begins and once when it ends', () => {
    const funnel = open(attempting('reading', stage, { reads: 4 }));
    funnel.fire(timers.read);
    for (let times = 0; times < 3; times += 1) {
      funnel.settle('readEvaluation', { failure: 'unavailable' });
      expect(funnel.status().trouble).toMatchObject({ reason: 'unreadable', problem: 'ServerError' });
      funnel.fire(timers.read);
    }
    funnel.settle('readEvaluation', { evaluation: paused(current) });
    expect(funnel.status().trouble).toBeNull();
    expect(funnel.timeline().map(({ kind }) => kind)).toEqual(['trouble', 'trouble']);
  });
});
