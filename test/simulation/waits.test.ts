import { describe, expect, test } from 'vitest';
import type { FunnelByHand } from './by-hand.ts';
import { asking, attempting, stoppedAt, verified } from './carried/bases.ts';
import { open } from './carried/open.ts';
import { at, call, day, decided, event, hour, idOf, minute, paused, second, timers } from './carried/row.ts';

const stage = 'document_verification';
const current = idOf(stage, 2);

/** What the funnel waits for, step after step. */
function waits(funnel: FunnelByHand, timer: string, step: (funnel: FunnelByHand) => void, times: number) {
  return Array.from({ length: times }, () => {
    step(funnel);
    const left = funnel.timer(timer);
    if (left !== undefined) funnel.fire(timer);
    return left;
  });
}

const posting = {
  ...asking,
  position: { stage, attempt: { kind: 'posting', evaluationId: current, number: 2 } },
  attempts: { [stage]: 2 },
};

describe('the wait before the next POST', () => {
  test.each([
    ['1 s after one that RiskOS did not process', { failure: 'not_processed' }, second],
    ['as long as RiskOS asks', { failure: 'not_processed', retryAfter: 7000 }, 7000],
    ['as long as RiskOS asks, for hours', { failure: 'not_processed', retryAfter: 5 * hour }, 5 * hour],
  ] as const)('is %s', (_, answer, wait) => {
    const funnel = open(posting);
    funnel.settle('createEvaluation', answer);
    expect(funnel.timer(timers.post)).toBe(wait);
    funnel.fire(timers.post);
    expect(funnel.asked('createEvaluation')).toBe(2);
  });

  test('doubles after each one that RiskOS perhaps processed, and after the fifth a person decides', () => {
    const funnel = open(posting);
    const unclear = waits(
      funnel,
      timers.post,
      (one) => one.settle('createEvaluation', { failure: 'ambiguous' }),
      5,
    );
    expect(unclear).toEqual([30 * second, minute, 2 * minute, 4 * minute, 8 * minute]);
    expect(funnel.status().stage).toBe('needs_attention');
    expect(funnel.asked('createEvaluation')).toBe(5);
  });

  test('is at most an hour, and begins with the policy', () => {
    const funnel = open(posting, { ambiguousWait: '20 minutes' });
    const unclear = waits(
      funnel,
      timers.post,
      (one) => one.settle('createEvaluation', { failure: 'ambiguous' }),
      5,
    );
    expect(unclear).toEqual([20 * minute, 40 * minute, hour, hour, hour]);
  });

  test('is none once an event names the evaluation', () => {
    const funnel = open(attempting('posting'));
    funnel.signal('riskosEvent', event(current, { evalId: 'eval-2' }));
    expect(funnel.timer(timers.post)).toBeUndefined();
    expect(call(funnel, 'readEvaluation')).toEqual({ evaluationId: current, evalId: 'eval-2' });
  });
});

describe('the wait before the next reading', () => {
  const read = (funnel: FunnelByHand) => {
    if (funnel.calls('createEvaluation').length > 0) {
      funnel.settle('createEvaluation', { evaluation: paused(current) });
      return;
    }
    funnel.settle('readEvaluation', { evaluation: paused(current) });
  };
  const fail = (failure: 'unavailable' | 'unknown') => (funnel: FunnelByHand) =>
    funnel.settle('readEvaluation', { failure });

  test('grows by plan: 30 s, 2, 10, 30 min, 1, 2, 4, 8 h, then 12 h', () => {
    const funnel = open(posting, { documents: { deadline: '300 days' } });
    expect(waits(funnel, timers.read, read, 10)).toEqual([
      30 * second,
      2 * minute,
      10 * minute,
      30 * minute,
      hour,
      2 * hour,
      4 * hour,
      8 * hour,
      12 * hour,
      12 * hour,
    ]);
  });

  test('doubles after each one that failed, and is never longer than the plan', () => {
    const late = attempting('reading', stage, { reads: 20, deadline: { at: at + 90 * day } });
    const funnel = open(late, { documents: { deadline: '90 days' } });
    funnel.fire(timers.read);
    const failed = waits(funnel, timers.read, fail('unavailable'), 11);
    expect(failed).toEqual([30 * second, ...[1, 2, 4, 8, 16, 32, 64, 128, 256, 512].map((n) => n * minute)]);
    // Then the plan is earlier, by the moment that the call took.
    fail('unavailable')(funnel);
    expect(funnel.timer(timers.read)).toBe(12 * hour - 1);
    const early = open(attempting('reading', stage, { reads: 1, failedReads: 6 }));
    early.fire(timers.read);
    fail('unavailable')(early);
    expect(early.timer(timers.read)).toBe(2 * minute - 1);
  });

  test('is the first one again after one that did not fail', () => {
    const funnel = open(attempting('reading', stage, { reads: 20, failedReads: 5 }));
    funnel.fire(timers.read);
    read(funnel);
    expect(funnel.timer(timers.read)).toBe(12 * hour);
    funnel.fire(timers.read);
    fail('unavailable')(funnel);
    expect(funnel.timer(timers.read)).toBe(30 * second);
  });

  test('is short for an evaluation that RiskOS does not know yet, three times', () => {
    const funnel = open(attempting('reading', stage, { reads: 4 }));
    funnel.fire(timers.read);
    expect(waits(funnel, timers.read, fail('unknown'), 2)).toEqual([30 * second, 30 * second]);
    fail('unknown')(funnel);
    expect(funnel.status().stage).toBe('needs_attention');
  });

  test('is 12 hours where RiskOS was late', () => {
    const funnel = open({
      ...stoppedAt({ kind: 'riskos_late' }),
      position: {
        stage: 'needs_attention',
        cause: { kind: 'riskos_late' },
        back: {
          stage,
          attempt: {
            kind: 'reading',
            evaluationId: current,
            number: 2,
            known: [{ evalId: 'eval-2' }],
            deadline: { at },
            latest: paused(current, { state: 'in_progress' }),
          },
        },
      },
    });
    const late = (one: FunnelByHand) => {
      if (one.calls('readEvaluation').length === 0) return;
      one.settle('readEvaluation', { evaluation: paused(current, { state: 'in_progress' }) });
    };
    expect(waits(funnel, timers.read, late, 3)).toEqual([12 * hour, 12 * hour, 12 * hour]);
  });
});

describe('a call of RiskOS', () => {
  test('that changes something is tried once, as late as it must be, and known to be dead after 5 s', () => {
    expect(open(posting).limits('createEvaluation')).toEqual({
      scheduleToClose: undefined,
      startToClose: 65 * second,
      heartbeat: 5 * second,
      attempts: 1,
      firstRetry: second,
      longestRetry: undefined,
      backoff: undefined,
    });
  });

  test('for an update is tried once, within 90 s', () => {
    const funnel = open(
      attempting('reading', stage, { latest: paused(current, { pausedFor: 'one_time_code' }) }),
    );
    funnel.update('submitOneTimeCode', { code: '482913' });
    expect(funnel.limits('patchEvaluation')).toMatchObject({
      scheduleToClose: 90 * second,
      startToClose: 65 * second,
      heartbeat: 5 * second,
      attempts: 1,
    });
  });

  test('that reads is tried four times within 90 s, so that a longer Retry-After is left to the next reading', () => {
    const funnel = open(attempting('reading'));
    funnel.fire(timers.read);
    expect(funnel.limits('readEvaluation')).toMatchObject({
      scheduleToClose: 90 * second,
      startToClose: 65 * second,
      heartbeat: 5 * second,
      attempts: 4,
      firstRetry: second,
      longestRetry: 15 * second,
    });
  });
});

describe('after the deadline', () => {
  const overdue = (more: object = {}) => ({
    ...attempting('reading', stage, { overdue: true, reads: 20, ...more }),
    timers: { read: { times: [at + hour] }, deadline: { times: [at - second], fired: 1 } },
  });

  test('RiskOS may stay unreadable for 12 hours, or as long as the policy says; then a person looks', () => {
    for (const [policy, patience] of [
      [{}, 12 * hour],
      [{ reconciliation: { longest: '3 hours' } }, 3 * hour],
    ] as const) {
      const funnel = open(overdue(), policy);
      funnel.fire(timers.read);
      funnel.settle('readEvaluation', { failure: 'unavailable' });
      expect(funnel.timer(timers.patience)).toBe(patience);
      funnel.fire(timers.patience);
      expect(funnel.status().stage).toBe(stage);
      funnel.fire(timers.read);
      funnel.settle('readEvaluation', { failure: 'unavailable' });
      expect(funnel.status().stage).toBe('needs_attention');
    }
  });

  test('a further failure does not begin the patience anew, and a reading ends it', () => {
    const funnel = open(overdue({ known: [{ evalId: 'eval-2' }, { evalId: 'eval-3' }] }));
    funnel.fire(timers.read);
    funnel.settle('readEvaluation', { failure: 'unavailable' });
    const begun = funnel.timer(timers.patience) ?? 0;
    funnel.settle('readEvaluation', { failure: 'unavailable' });
    expect(funnel.timer(timers.patience)).toBe(begun);
    funnel.fire(timers.read);
    funnel.settle('readEvaluation', { evaluation: paused(current) });
    expect(funnel.timer(timers.patience)).toBeUndefined();
  });
});

describe('a funnel that stops for attention', () => {
  const overdue = { read: { times: [at + hour] }, deadline: { times: [at - second], fired: 1 } };

  test('because RiskOS was late ends the waits of the attempt, and reads 12 hours later', () => {
    const latest = paused(current, { state: 'in_progress' });
    const funnel = open({ ...attempting('reading', stage, { latest }), timers: overdue });
    funnel.settle('readEvaluation', { evaluation: latest });
    expect(funnel.status().stage).toBe('needs_attention');
    expect(funnel.timers()).toEqual([{ summary: timers.read, length: 12 * hour }]);
  });

  test('because RiskOS cannot be read has lost its patience, and begins with it anew', () => {
    const patience = { patience: { times: [at - 1], fired: 1 } };
    const funnel = open({
      ...attempting('reading', stage, { overdue: true }),
      timers: { ...overdue, ...patience },
    });
    funnel.fire(timers.read);
    funnel.settle('readEvaluation', { failure: 'unavailable' });
    expect(funnel.status().stage).toBe('needs_attention');
    expect(funnel.timers()).toEqual([{ summary: timers.read, length: 12 * hour }]);
    funnel.update('retry', {});
    funnel.settle('readEvaluation', { failure: 'unavailable' });
    expect(funnel.status().stage).toBe(stage);
    expect(funnel.timer(timers.patience)).toBe(12 * hour);
  });

  test('because RiskOS refused the request waits for nothing by the clock', () => {
    const funnel = open(posting);
    funnel.settle('createEvaluation', { failure: 'refused' });
    expect(funnel.status().stage).toBe('needs_attention');
    expect(funnel.timers()).toEqual([]);
  });
});

describe('a deadline', () => {
  const timesOf = (funnel: FunnelByHand): number[] => {
    const reminder = funnel.timer(timers.deadline) ?? 0;
    funnel.fire(timers.deadline);
    return [reminder, funnel.timer(timers.deadline) ?? 0];
  };

  test('of a review has a reminder when a quarter of it is left, and one by policy', () => {
    const review = { ...attempting('reading', stage, { latest: decided(current, 'REVIEW') }) };
    expect(timesOf(open(review, { review: { deadline: '8 days' } }))).toEqual([6 * day, 2 * day]);
    const policy = { review: { deadline: '8 days', reminder: '12 hours' } };
    expect(timesOf(open(review, policy))).toEqual([7.5 * day, 12 * hour]);
    const none = open(review, { review: { deadline: '8 days', reminder: null } });
    expect(none.timer(timers.deadline)).toBe(8 * day);
  });

  test('of an attempt begins with the answer of the POST, and its timer when the next readings reach it', () => {
    const funnel = open(posting, { documents: { deadline: '1 hour' } });
    funnel.settle('createEvaluation', { evaluation: paused(current) });
    const begun = funnel.now();
    expect(funnel.status().deadline).toBe(new Date(begun + hour).toISOString());
    const steps = [30 * second, 2 * minute, 10 * minute, 30 * minute].map((wait) => {
      const near = funnel.timer(timers.deadline) !== undefined;
      expect(funnel.timer(timers.read)).toBe(wait);
      funnel.fire(timers.read);
      funnel.settle('readEvaluation', { evaluation: paused(current) });
      return near;
    });
    expect(steps).toEqual([false, false, false, true]);
  });
});

describe('a notice', () => {
  const notice = (timestamp: number) => ({
    id: 'app-1042~notice~1',
    timestamp: new Date(timestamp).toISOString(),
    type: 'images.changed',
    data: {},
  });
  const limitsOf = (age: number) =>
    open({ ...verified, notices: { unsent: [notice(at + 1 - age)] } }).limits('notify');

  test('is tried for three days from its making, every 5 s at first, every hour at last', () => {
    expect(limitsOf(0)).toEqual({
      scheduleToClose: 3 * day,
      startToClose: 20 * second,
      heartbeat: undefined,
      attempts: undefined,
      firstRetry: 5 * second,
      longestRetry: hour,
      backoff: 2,
    });
    expect(limitsOf(2 * day).scheduleToClose).toBe(day);
  });

  test('is tried for a minute where the three days are over', () => {
    for (const age of [3 * day - minute, 3 * day, 30 * day])
      expect(limitsOf(age).scheduleToClose).toBe(minute);
  });

  test('that is refused holds up no other one', () => {
    const two = [notice(at), { ...notice(at), id: 'app-1042~notice~2' }];
    const funnel = open({ ...verified, notices: { unsent: two } });
    funnel.settleNotice('refused');
    expect(call(funnel, 'notify')).toMatchObject({ id: 'app-1042~notice~2' });
    expect(funnel.timeline().map(({ what }) => what)).toEqual([
      'a notice was refused (Refused, 410): look at the receiver',
    ]);
  });

  test('that was not sent when the funnel closed is handed over after 5 s', () => {
    const funnel = open({ ...verified, notices: { unsent: [notice(at)] } });
    funnel.update('complete', {});
    const left = funnel.timers().map(({ length }) => length);
    expect(left).toContain(5 * second);
    expect(funnel.children()).toEqual([]);
    funnel.fire('');
    expect(funnel.children().map(({ workflowId }) => workflowId)).toEqual([
      expect.stringMatching(/^notices-app-1042-0a1b2c3d-[0-9a-f]{8}$/),
    ]);
  });
});

describe('beside the story', () => {
  const images = [{ evaluationId: current, result: 'pending', count: 0 }];

  test('images are asked for after their lag', () => {
    const accepted = decided(current, 'ACCEPT', { documentResult: 'accepted', referenceId: 'reference-1' });
    const funnel = open(attempting('reading', stage, { latest: accepted }), { images: { lag: '40s' } });
    expect(funnel.timer(timers.images)).toBe(40 * second);
    expect(funnel.children()).toEqual([]);
    funnel.fire(timers.images);
    expect(funnel.children()).toMatchObject([
      { input: [{ ask: { lag: 40 * second }, keepFor: 90 * day, giveUpAfter: day }] },
    ]);
  });

  test('a closing funnel waits a minute for the result of its images', () => {
    const funnel = open({ ...verified, images });
    funnel.update('complete', {});
    expect(funnel.timers().map(({ length }) => length)).toContain(minute);
    expect(funnel.hasEnded()).toBe(false);
    funnel.signal('imagesSettled', { evaluationId: current, result: 'archived', count: 3 });
    expect(funnel.status().images).toMatchObject([{ result: 'archived', count: 3 }]);
  });

  test('a selfie is asked for each time the period has passed', () => {
    const funnel = open(
      { ...verified, baseline: { referenceId: 'reference-1' } },
      { reverification: { every: '100 days' } },
    );
    expect(funnel.timer(timers.reverify)).toBe(100 * day);
    funnel.fire(timers.reverify);
    expect(call(funnel, 'createEvaluation')).toMatchObject({ useCase: 'selfie_reverification' });
  });

  test('a settled decision is looked at again after longer and longer waits', () => {
    const check = { evaluationId: current, evalId: 'eval-2' };
    const funnel = open({ ...verified, toCheck: [check] }, { reconciliation: { longest: '3 minutes' } });
    const step = (one: FunnelByHand) => one.settle('readEvaluation', { failure: 'unavailable' });
    expect(waits(funnel, timers.contradiction, step, 5)).toEqual([
      30 * second,
      minute,
      2 * minute,
      3 * minute,
      3 * minute,
    ]);
  });

  test('a review is read by plan from its beginning', () => {
    const funnel = open(attempting('reading', stage, { reads: 9, latest: decided(current, 'REVIEW') }));
    expect(funnel.timer(timers.read)).toBe(30 * second);
  });
});
