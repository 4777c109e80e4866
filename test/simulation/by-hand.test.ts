import { describe, expect, test } from 'vitest';
import { bundlePath } from '../../src/worker/bundle-path.ts';
import { type FunnelByHand, openByHand } from './by-hand.ts';
import { asking, attempting, inReview, stoppedAt, verified } from './carried/bases.ts';
import {
  applicationId,
  at,
  call,
  day,
  decided,
  event,
  hour,
  idOf,
  minute,
  paused,
  second,
  timers,
} from './carried/row.ts';
import { openSandbox } from './server/sandbox.ts';

const sandbox = openSandbox(bundlePath);
const stage = 'document_verification';
const [earlier, current, next] = [idOf(stage, 1), idOf(stage, 2), idOf(stage, 3)] as const;

function open(carried: object, policy: object = {}): FunnelByHand {
  const application = { applicationId, candidate: { givenName: 'Robin' }, useCase: 'passive', policy };
  return openByHand(sandbox, { applicationId, carried: { ...carried, application } }, { at });
}

const accepted = (evaluationId: string, more: object = {}) =>
  decided(evaluationId, 'ACCEPT', { documentResult: 'accepted', referenceId: 'reference-1', ...more });

/** The funnel after its deadline, which one reading has confirmed. */
function expired(policy: object): FunnelByHand {
  const overdue = { read: { times: [at + hour] }, deadline: { times: [at - second], fired: 1 } };
  const funnel = open({ ...attempting('reading'), timers: overdue }, policy);
  funnel.settle('readEvaluation', { evaluation: paused(current) });
  return funnel;
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

  test('one for an event that came during the POST, although the POST was answered', () => {
    const funnel = open({
      ...asking,
      position: { stage, attempt: { kind: 'posting', evaluationId: current, number: 2 } },
    });
    funnel.signal('riskosEvent', event(current, { evalId: 'eval-2' }));
    funnel.settle('createEvaluation', { evaluation: paused(current) });
    expect(funnel.calls('readEvaluation')).toEqual([{ evaluationId: current, evalId: 'eval-2' }]);
  });

  test('no more of one that has completed', () => {
    const funnel = open({
      ...asking,
      position: { stage, attempt: { kind: 'posting', evaluationId: current, number: 2 } },
    });
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

describe('notices', () => {
  const changesOf = (funnel: FunnelByHand): unknown[] => {
    const told: unknown[] = [];
    while (funnel.calls('notify').length > 0) {
      told.push(Object(call(funnel, 'notify')['data'])['changes']);
      funnel.settleNotice('taken');
    }
    return told;
  };

  test('tell each thing once', () => {
    const funnel = open(attempting('reading'), { images: { archiveOn: [] } });
    changesOf(funnel);
    funnel.signal('riskosEvent', event(current, { evalId: 'eval-2' }));
    funnel.settle('readEvaluation', { evaluation: accepted(current) });
    const verdict = call(funnel, 'notify')['data'];
    expect(verdict).toMatchObject({ changes: ['verdict'], verdicts: [{ evaluationId: current }] });
    expect(changesOf(funnel)).toEqual([['verdict']]);
    funnel.update('complete', {});
    const closed = call(funnel, 'notify')['data'];
    expect(closed).toMatchObject({ changes: ['closed'], verdicts: [], images: [] });
  });

  test('tell of a deadline that comes near, and that has passed', () => {
    const timed = { read: { times: [at + 9 * day] }, deadline: { times: [at + second, at + minute] } };
    const review = { ...inReview(decided(current, 'REVIEW'), 'review'), timers: timed };
    const funnel = open(review);
    changesOf(funnel);
    for (const escalation of ['reminder', 'overdue']) {
      funnel.fire(timers.deadline);
      expect(changesOf(funnel)).toEqual([['escalation']]);
      expect(funnel.status().escalation).toBe(escalation);
      expect(funnel.attributes()).toMatchObject({ FunnelEscalation: escalation });
    }
  });

  test('are kept up to fifty, the newest ones', () => {
    const unsent = Array.from({ length: 50 }, (_, index) => ({
      id: `notice-${index}`,
      timestamp: new Date(at).toISOString(),
      type: 'images.changed',
      data: {},
    }));
    const funnel = open({ ...asking, notices: { unsent } });
    const ids: unknown[] = [];
    while (funnel.calls('notify').length > 0) {
      ids.push(call(funnel, 'notify')['id']);
      funnel.settleNotice('taken');
    }
    expect(ids).toHaveLength(51 - 1);
    expect(ids.at(-1)).toMatch(/~notice~/);
  });

  test('are none where nobody listens, and once somebody does', () => {
    const funnel = open({ ...asking, notices: { wanted: false } });
    expect(funnel.asked('notify')).toBe(0);
    funnel.update('requestDocuments', {});
    funnel.settle('createEvaluation', { evaluation: paused(idOf(stage, 1)) });
    expect(changesOf(funnel)).toEqual([['next_action']]);
  });
});

describe('updates', () => {
  test('are not answered before the story has taken them up, and a second one is refused meanwhile', () => {
    const funnel = open(verified);
    const both = funnel.updateTogether(['complete', {}], ['complete', {}]);
    expect(both).toEqual([
      { answer: expect.objectContaining({ outcome: 'completed' }) },
      { refused: expect.stringMatching(/^WrongStage: complete has just been accepted/) },
    ]);
  });

  test('a withdrawal stops what an update is giving to RiskOS, and both are answered', () => {
    const funnel = open(
      attempting('reading', stage, { latest: paused(current, { pausedFor: 'one_time_code' }) }),
    );
    expect(funnel.update('submitOneTimeCode', { code: '482913' })).toBeUndefined();
    expect(funnel.calls('patchEvaluation')).toHaveLength(1);
    expect(funnel.update('withdraw', {})).toMatchObject({ answer: { outcome: 'withdrawn' } });
    expect(funnel.calls('patchEvaluation')).toEqual([]);
    expect(funnel.answers()).toHaveLength(2);
  });

  test('a withdrawal is taken in every open stage, whatever is under way', () => {
    const places = [
      asking,
      verified,
      attempting('posting'),
      attempting('reading'),
      inReview(decided(current, 'REVIEW'), 'review'),
      stoppedAt({ kind: 'riskos_late' }),
    ];
    for (const place of places) {
      const funnel = open(place);
      expect(funnel.update('withdraw', {})).toMatchObject({
        answer: { stage: 'closed', outcome: 'withdrawn' },
      });
    }
  });

  test('a correction says which fields it brought, and not what', () => {
    const cause = { kind: 'request_refused', problem: 'DataRefused', action: 'correct it' };
    const funnel = open(stoppedAt(cause));
    funnel.update('correct', { candidate: { email: 'robin@example.org', givenName: 'Robyn' }, by: 'hr' });
    expect(funnel.timeline()).toMatchObject([{ what: 'corrected: givenName, email', by: 'hr' }]);
    expect(call(funnel, 'createEvaluation')['candidate']).toEqual({
      givenName: 'Robyn',
      email: 'robin@example.org',
    });
  });

  test("HR's word on a review counts, and is flagged where RiskOS has decided otherwise meanwhile", () => {
    const decide = (verdict: string) => {
      const funnel = open(inReview(decided(current, 'REVIEW'), 'review'));
      funnel.fire(timers.read);
      funnel.update('review', { verdict, by: 'hr', reason: 'seen' });
      funnel.settle('readEvaluation', {
        evaluation: accepted(current, { decidedAt: '2030-01-05T00:00:00.000Z' }),
      });
      return funnel.status().verdicts.at(-1)?.flags;
    };
    expect(decide('accept')).toEqual(['decided_by_hr']);
    expect(decide('reject')).toEqual(['decided_by_hr', 'contradicted_later']);
  });
});

describe('continue-as-new', () => {
  const codes = attempting('reading', stage, { latest: paused(current, { pausedFor: 'one_time_code' }) });

  test('waits until an update is answered', () => {
    const funnel = open(codes);
    funnel.update('submitOneTimeCode', { code: '482913' });
    funnel.suggestContinueAsNew();
    funnel.signal('imagesSettled', {});
    expect(funnel.hasContinued()).toBe(false);
    funnel.settle('patchEvaluation', { evaluation: paused(current) });
    // The reading that the update asked for comes first.
    expect(funnel.answers()).toEqual([{ answer: expect.objectContaining({ stage }) }]);
    expect(funnel.hasContinued()).toBe(false);
    funnel.settle('readEvaluation', { evaluation: paused(current) });
    expect(funnel.hasContinued()).toBe(true);
  });

  test('comes of no task with nothing but a refused update, of which history has no trace', () => {
    const funnel = open(codes);
    funnel.suggestContinueAsNew();
    expect(funnel.update('complete', {})).toMatchObject({ refused: expect.stringMatching(/^WrongStage/) });
    expect(funnel.hasContinued()).toBe(false);
    funnel.signal('imagesSettled', {});
    expect(funnel.hasContinued()).toBe(true);
  });

  test("does not lose Temporal's cancel that comes with the same task", () => {
    const funnel = open(attempting('reading'));
    funnel.fire(timers.read);
    funnel.suggestContinueAsNew();
    funnel.cancelWithNext();
    funnel.settle('readEvaluation', { evaluation: paused(current) });
    expect(funnel.hasContinued()).toBe(false);
    expect(funnel.status()).toMatchObject({ stage: 'closed', outcome: 'withdrawn' });
  });

  test('does not come before a withdrawal that comes with the same task', () => {
    const funnel = open(codes);
    funnel.suggestContinueAsNew();
    expect(funnel.update('withdraw', {})).toMatchObject({ answer: { outcome: 'withdrawn' } });
    expect(funnel.hasContinued()).toBe(false);
  });
});

describe('what is kept of the candidate', () => {
  const secrets = { dateOfBirth: '1990-02-03', nationalId: '900-12-3456' };
  const opened = (carried: object): FunnelByHand => {
    const application = {
      applicationId,
      candidate: { givenName: 'Robin', ...secrets },
      useCase: 'passive',
      policy: {},
    };
    return openByHand(
      sandbox,
      { applicationId, carried: { ...carried, application } },
      { at, suggested: true },
    );
  };

  test('is no date of birth and no national id once the funnel rests at verified', () => {
    expect(JSON.stringify(opened(verified).passedOn())).not.toMatch(/1990-02-03|900-12-3456/);
    expect(JSON.stringify(opened(asking).passedOn())).toMatch(/1990-02-03.*900-12-3456/);
  });

  test('is what an update has just brought, for the evaluation that it asked for', () => {
    const funnel = open(verified);
    const address = { line1: '12 Harbour Lane', country: 'US' };
    funnel.update('requestPayrollSetup', { candidate: { ...secrets, address } });
    expect(call(funnel, 'createEvaluation')['candidate']).toMatchObject(secrets);
    funnel.settle('createEvaluation', { evaluation: decided(idOf('payroll_setup', 1), 'ACCEPT') });
    expect(funnel.status().stage).toBe('verified');
    expect(funnel.update('requestPayrollSetup', { candidate: { address } })).toMatchObject({
      refused: expect.stringContaining('candidate.dateOfBirth'),
    });
  });
});

describe('images', () => {
  test('of one evaluation are asked for once, whoever decides it again', () => {
    const images = [{ evaluationId: current, result: 'archived', count: 3 }];
    const funnel = open({ ...inReview(accepted(current, { decision: 'REVIEW' }), 'review'), images });
    funnel.update('review', { verdict: 'accept', by: 'hr', reason: 'seen' });
    expect(funnel.status().stage).toBe('verified');
    expect(funnel.timer(timers.images)).toBeUndefined();
    expect(funnel.status().images).toEqual(images);
  });

  test('are reported by whom they are about, and a report of others changes nothing', () => {
    const images = [{ evaluationId: current, result: 'pending', count: 0 }];
    const funnel = open({ ...verified, images });
    funnel.signal('imagesSettled', { evaluationId: earlier, result: 'archived', count: 3 });
    funnel.signal('imagesSettled', { evaluationId: current, result: 'no-such-result', count: 3 });
    expect(funnel.status().images).toEqual(images);
    for (let times = 0; times < 2; times += 1)
      funnel.signal('imagesSettled', { evaluationId: current, result: 'archived', count: 3 });
    expect(funnel.timeline().map(({ what }) => what)).toEqual(['images: archived (3)']);
  });
});

describe('trouble with RiskOS', () => {
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

describe('the timeline', () => {
  test('forgets progress notes first, and who reviewed last', () => {
    const entry = (kind: string, what: string) => ({ at: new Date(at).toISOString(), kind, what });
    const full = [
      entry('review', 'review: accept: seen'),
      entry('riskos_event', 'a progress note'),
      ...Array.from({ length: 98 }, (_, index) => entry('update', `update ${index}`)),
    ];
    const funnel = open({
      ...verified,
      timeline: full,
      images: [{ evaluationId: current, result: 'pending', count: 0 }],
    });
    funnel.signal('imagesSettled', { evaluationId: current, result: 'archived', count: 1 });
    expect(
      funnel
        .timeline()
        .slice(0, 2)
        .map(({ what }) => what),
    ).toEqual(['review: accept: seen', 'update 0']);
    funnel.signal('imagesSettled', { evaluationId: current, result: 'deleted', count: 1 });
    expect(
      funnel
        .timeline()
        .slice(0, 2)
        .map(({ what }) => what),
    ).toEqual(['review: accept: seen', 'update 1']);
    expect(funnel.timeline()).toHaveLength(100);
  });
});

describe('a person who was asked', () => {
  const posting = { kind: 'posting', evaluationId: current, number: 2 };
  const technical = decided(current, 'RESUBMIT', { technical: true });
  const stopped = (cause: object, back: object): FunnelByHand =>
    open({ ...asking, attempts: { [stage]: 2 }, position: { stage: 'needs_attention', cause, back } });

  test('because of technical errors begins their count anew by a retry', () => {
    const cause = { kind: 'technical_errors', count: 3 };
    const funnel = stopped(cause, { stage, technical: 3, attempt: posting });
    funnel.update('retry', {});
    funnel.settle('createEvaluation', { evaluation: technical });
    expect(call(funnel, 'createEvaluation')).toMatchObject({ evaluationId: next });
  });

  test('because of unclear requests begins their count anew by a retry', () => {
    const cause = { kind: 'requests_unclear', count: 5 };
    const funnel = stopped(cause, { stage, attempt: { ...posting, perhapsProcessed: 5, stop: cause } });
    funnel.update('retry', {});
    expect(call(funnel, 'createEvaluation')).toMatchObject({ evaluationId: current, unclear: 0 });
    funnel.settle('createEvaluation', { failure: 'ambiguous' });
    expect(funnel.timer(timers.post)).toBe(30 * second);
  });

  test('because RiskOS was late is asked no more once RiskOS has finished', () => {
    const reading = {
      kind: 'reading',
      evaluationId: current,
      number: 2,
      known: [{ evalId: 'eval-2' }],
      deadline: { at },
      latest: paused(current, { state: 'in_progress' }),
    };
    const funnel = stopped({ kind: 'riskos_late' }, { stage, attempt: reading });
    funnel.fire(timers.read);
    funnel.settle('readEvaluation', { evaluation: paused(current) });
    expect(funnel.status()).toMatchObject({ stage, waitingFor: 'candidate' });
    // The candidate has the whole time again.
    expect(funnel.status().deadline).toBe(new Date(funnel.now() + 7 * day).toISOString());
    expect(funnel.timers().map(({ summary }) => summary)).toEqual([timers.read]);
  });
});
