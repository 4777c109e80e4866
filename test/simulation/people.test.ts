import { describe, expect, test } from 'vitest';
import { type FunnelByHand, openByHand } from './by-hand.ts';
import { asking, attempting, inReview, stoppedAt, verified } from './carried/bases.ts';
import { accepted, open } from './carried/open.ts';
import { applicationId, at, call, day, decided, event, idOf, paused, second, timers } from './carried/row.ts';
import { sandbox } from './shared-sandbox.ts';

const stage = 'document_verification';
const [current, next] = [idOf(stage, 2), idOf(stage, 3)] as const;

describe('updates', () => {
  test('are not answered before the story has taken them up, and a second one is refused meanwhile', () => {
    const funnel = open(verified);
    const both = funnel.updateTogether(['complete', {}], ['complete', {}]);
    expect(both).toEqual([
      { answer: expect.objectContaining({ outcome: 'completed' }) },
      { refused: expect.stringMatching(/^WrongStage: complete has just been accepted/) },
    ]);
  });

  test('one at a time gives something to RiskOS, until RiskOS has answered', () => {
    const waits = paused(current, { pausedFor: 'one_time_code' });
    const funnel = open(attempting('reading', stage, { latest: waits }));
    const code = { code: '482913' };
    const underWay = {
      refused: expect.stringMatching(/^WrongStage: submitOneTimeCode has just been accepted/),
    };
    expect(funnel.updateTogether(['submitOneTimeCode', code], ['submitOneTimeCode', code])).toEqual([
      undefined,
      underWay,
    ]);
    for (const [name, input] of [
      ['submitOneTimeCode', code],
      ['resendOneTimeCode', {}],
      ['readNow', {}],
    ] as const)
      expect(funnel.update(name, input)).toEqual(underWay);
    expect(funnel.asked('patchEvaluation')).toBe(1);
    for (const result of [{ failure: 'refused' }, { failure: 'ambiguous' }, { evaluation: waits }] as const) {
      funnel.settle('patchEvaluation', result);
      expect(funnel.update('submitOneTimeCode', code)).toBeUndefined();
    }
    expect(funnel.asked('patchEvaluation')).toBe(4);
  });

  describe('readNow', () => {
    const asked = (funnel: FunnelByHand): void => {
      for (let times = 0; times < 2; times += 1) expect(funnel.update('readNow', {})).toBeUndefined();
    };

    test('is answered after a reading that begins later, whatever is being read', () => {
      const funnel = open(attempting('reading'));
      funnel.fire(timers.read);
      asked(funnel);
      funnel.settle('readEvaluation', { evaluation: paused(current) });
      expect(funnel.answers()).toEqual([]);
      expect(funnel.asked('readEvaluation')).toBe(2);
      funnel.settle('readEvaluation', { evaluation: paused(current) });
      expect(funnel.answers()).toHaveLength(2);
      expect(funnel.asked('readEvaluation')).toBe(2);
    });

    test('is so where the funnel needs attention', () => {
      const latest = paused(current, { state: 'in_progress' });
      const { position: back } = Object(attempting('reading', stage, { latest }));
      const position = { stage: 'needs_attention', cause: { kind: 'riskos_late' }, back };
      const funnel = open({ ...asking, position });
      funnel.fire(timers.read);
      asked(funnel);
      for (const answers of [0, 2]) {
        funnel.settle('readEvaluation', { evaluation: latest });
        expect(funnel.answers()).toHaveLength(answers);
      }
      expect(funnel.status().stage).toBe('needs_attention');
    });

    test('is answered where nothing is left to read', () => {
      const known = [{ evalId: 'eval-2', misses: 2 }];
      const funnel = open(attempting('reading', stage, { known }));
      funnel.fire(timers.read);
      asked(funnel);
      funnel.settle('readEvaluation', { failure: 'unknown' });
      expect(funnel.answers()).toHaveLength(2);
    });
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

  describe('once RiskOS has answered the update that gave it', () => {
    const waits = paused(current, { pausedFor: 'more_information' });
    const given = (answer: Parameters<FunnelByHand['settle']>[1]): FunnelByHand => {
      const funnel = open(attempting('reading', stage, { latest: waits }));
      funnel.update('provideInformation', { candidate: { dateOfBirth: secrets.dateOfBirth } });
      funnel.settle('patchEvaluation', answer);
      return funnel;
    };
    const dateOf = (funnel: FunnelByHand): unknown => {
      funnel.settle('readEvaluation', { evaluation: decided(current, 'RESUBMIT') });
      return Object(call(funnel, 'createEvaluation')['candidate'])['dateOfBirth'];
    };

    test.each([{ evaluation: waits }, { failure: 'ambiguous' }] as const)(
      'is what RiskOS took, or perhaps took: %j',
      (answer) => {
        const funnel = given(answer);
        expect(funnel.status().nextAction).toMatchObject({ fields: ['address', 'nationalId'] });
        expect(dateOf(funnel)).toBe(secrets.dateOfBirth);
      },
    );

    test.each(['refused', 'not_processed'] as const)('is not what RiskOS did not take: %s', (failure) => {
      const funnel = given({ failure });
      expect(funnel.status().nextAction).toMatchObject({ fields: ['address', 'dateOfBirth', 'nationalId'] });
      expect(dateOf(funnel)).toBeUndefined();
    });

    test('is not what comes too late for the evaluation', () => {
      const funnel = open(attempting('reading', stage, { latest: waits }));
      funnel.update('provideInformation', { candidate: secrets });
      funnel.signal('riskosEvent', event(current, { evalId: 'eval-2', eventType: 'evaluation_completed' }));
      funnel.settle('readEvaluation', { evaluation: accepted(current) });
      expect(funnel.status().stage).toBe('verified');
      funnel.settle('patchEvaluation', { evaluation: waits });
      funnel.suggestContinueAsNew();
      funnel.signal('imagesSettled', {});
      expect(JSON.stringify(funnel.passedOn())).not.toMatch(/1990-02-03|900-12-3456/);
    });
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
