import { request } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { exampleApplication } from '../support/application.ts';
import { FunnelError } from '../../src/client/index.ts';
import { createGateway, type Gateway } from '../support/gateway.ts';
import { createdFor } from '../support/riskos.ts';
import { createRiskosWorker } from '../support/worker.ts';
import { createWorld, quickPolicy, until, verdictsOf, type World } from '../support/world.ts';

let world: World;
let gateway: Gateway;

beforeAll(async () => {
  world = await createWorld({
    scenarios: {
      absent: { documents: [{ candidate: 'absent' }], selfie: [{ candidate: 'absent' }] },
      'fraud-resubmit': { documents: [{ decision: 'RESUBMIT', reasonCodes: ['R834'] }, {}] },
      'technical-then-accept': { documents: [{ error: 'docv_error', decision: 'RESUBMIT' }, {}] },
      'technical-for-ever': { documents: [{ error: 'docv_error', decision: 'CANCEL' }] },
      'strange-word': { passive: [{ decision: 'PERHAPS' }] },
      'passive-review': { passive: [{ decision: 'REVIEW' }] },
      'documents-review': { documents: [{ decision: 'REVIEW' }] },
      'documents-reject': { documents: [{ decision: 'REJECT' }] },
      cancelled: { documents: [{ decision: 'CANCEL' }] },
      late: { documents: [{ after: 600 }, { candidate: 'absent' }] },
      'changed-later': {
        documents: [{ afterwards: [{ event: 'decision_update', decision: 'REJECT', after: 600 }] }],
      },
      'passive-resubmit': { passive: [{ decision: 'RESUBMIT' }] },
      'confirmed-reject': {
        passive: [
          { decision: 'REJECT', afterwards: [{ event: 'decision_update', decision: 'REJECT', after: 600 }] },
        ],
      },
      'confirmed-resubmit': {
        documents: [
          {
            decision: 'RESUBMIT',
            reasonCodes: ['R834'],
            afterwards: [{ event: 'decision_update', decision: 'RESUBMIT', after: 600 }],
          },
          {},
        ],
      },
      'passive-capture': { passive: [{ waitsFor: ['capture'], candidate: 'absent' }] },
      'payroll-review': { passive: [{}, { decision: 'REVIEW' }] },
      'step-up-inside': { passive: [{ waitsFor: ['capture'] }] },
    },
  });
  gateway = await createGateway(world.emulator.url);
  await world.startRelay();
  await world.startWorker(gateway.url);
});
afterAll(async () => {
  await world.close();
  await gateway.close();
});
beforeEach(() => {
  gateway.meddle = () => 'pass';
});

describe('documents', () => {
  test('a RESUBMIT that marks fraud is not coached and goes to a person', async () => {
    const funnel = await world.start('fraud', { custom: { scenario: 'fraud-resubmit' } });
    const status = await until(funnel, ({ stage }) => stage === 'review');
    expect(status.verdicts.at(-1)).toMatchObject({ verdict: 'review', flags: ['risk'] });
    expect(createdFor(world, funnel.applicationId)).toHaveLength(2);
  });

  test('a technical error is tried again without counting as the attempt of the candidate', async () => {
    const policy = { ...quickPolicy, documents: { ...quickPolicy.documents, maxAttempts: 1 } };
    const funnel = await world.start('technical', { custom: { scenario: 'technical-then-accept' }, policy });
    const status = await until(funnel, ({ stage }) => stage === 'verified');
    expect(status.verdicts.map(({ verdict, flags }) => [verdict, flags])).toEqual([
      ['accept', []],
      ['resubmit', ['technical']],
      ['accept', []],
    ]);
  });

  test('technical errors have a cap of their own, after which a person has to look', async () => {
    const funnel = await world.start('technical-cap', { custom: { scenario: 'technical-for-ever' } });
    const status = await until(funnel, ({ stage }) => stage === 'needs_attention');
    expect(status.nextAction).toMatchObject({ kind: 'needs_attention' });
    expect(createdFor(world, funnel.applicationId)).toHaveLength(4);
  });

  test('a deadline without a candidate closes the funnel as expired, after one more look', async () => {
    const policy = { ...quickPolicy, documents: { ...quickPolicy.documents, deadline: '1s' } };
    const funnel = await world.start('expires', { custom: { scenario: 'absent' }, policy });
    const status = await until(funnel, ({ stage }) => stage === 'closed');
    expect(status.outcome).toBe('expired');
    expect(await funnel.result()).toMatchObject(status);
  });

  test('or opens the next attempt, by policy, until there is none left', async () => {
    const documents = {
      ...quickPolicy.documents,
      deadline: '1s',
      onDeadline: 'next_attempt',
      maxAttempts: 2,
    } as const;
    const funnel = await world.start('next-attempt', {
      custom: { scenario: 'absent' },
      policy: { ...quickPolicy, documents },
    });
    const status = await until(funnel, ({ stage }) => stage === 'closed');
    expect(status.outcome).toBe('expired');
    expect(createdFor(world, funnel.applicationId)).toHaveLength(3);
  });

  test('a lost webhook and a passed deadline together still end with the verdict', async () => {
    const policy = { ...quickPolicy, documents: { ...quickPolicy.documents, deadline: '3s' } };
    const funnel = await world.start('late-look', { custom: { scenario: 'lost-webhook' }, policy });
    const status = await until(funnel, ({ stage }) => stage === 'verified');
    expect(verdictsOf(status)).toEqual(['passive_check 1 accept', 'document_verification 1 accept']);
  });

  test('an accept that comes after the deadline, while the next attempt is open, counts', async () => {
    const documents = {
      ...quickPolicy.documents,
      deadline: '1s',
      onDeadline: 'next_attempt',
      maxAttempts: 9,
    } as const;
    const funnel = await world.start('late', {
      custom: { scenario: 'late' },
      policy: { ...quickPolicy, documents },
    });
    const status = await until(funnel, ({ stage }) => stage === 'verified' || stage === 'closed');
    expect(verdictsOf(status)).toEqual(['passive_check 1 accept', 'document_verification 1 accept']);
    expect(createdFor(world, funnel.applicationId).length).toBeGreaterThan(2);
    expect(status.baseline).toBe(true);
  });

  test('a later event that contradicts the verdict is shown, and changes nothing', async () => {
    const funnel = await world.start('changed-later', { custom: { scenario: 'changed-later' } });
    const status = await until(funnel, ({ verdicts }) => verdicts.at(-1)?.flags.length === 1);
    expect(status).toMatchObject({ stage: 'verified', outcome: null });
    expect(status.verdicts.at(-1)).toMatchObject({ verdict: 'accept', flags: ['contradicted_later'] });
    // The images are archived beside the funnel, so their line may come before or after.
    const lines = (await funnel.timeline())
      .map(({ what }) => what)
      .filter((what) => !what.startsWith('images:'));
    expect(lines.at(-1)).toBe(
      'RiskOS now says REJECT for document verification, attempt 1; the verdict stays',
    );
  });

  test.each([
    ['documents-reject', 'rejected'],
    ['cancelled', 'cancelled'],
  ])('%s closes the funnel as %s', async (scenario, outcome) => {
    const funnel = await world.start(scenario, { custom: { scenario } });
    expect((await until(funnel, ({ stage }) => stage === 'closed')).outcome).toBe(outcome);
  });
});

describe('the passive check', () => {
  test('with a decision word that nobody mapped goes to a person, never on', async () => {
    const funnel = await world.start('strange', { custom: { scenario: 'strange-word' } });
    const status = await until(funnel, ({ stage }) => stage === 'review');
    expect(status.verdicts).toMatchObject([{ verdict: 'review', flags: ['unknown_decision'] }]);
  });

  test('REVIEW waits for a person when policy says so, and HR can settle it', async () => {
    const policy = { ...quickPolicy, passive: { onReview: 'review' } } as const;
    const funnel = await world.start('hr-review', { custom: { scenario: 'passive-review' }, policy });
    await until(funnel, ({ stage }) => stage === 'review');
    const status = await funnel.review({ verdict: 'reject', by: 'p.lee', reason: 'no such person' });
    expect(status).toMatchObject({ stage: 'closed', outcome: 'rejected' });
    expect(status.verdicts.at(-1)).toMatchObject({ verdict: 'reject', flags: ['decided_by_hr'] });
    expect(await funnel.timeline()).toContainEqual(
      expect.objectContaining({ what: 'review: reject: no such person', by: 'p.lee' }),
    );
  });

  test('with a capture inside it shows the link as try 1 of 1', async () => {
    const funnel = await world.start('inside-link', { custom: { scenario: 'passive-capture' } });
    const { nextAction } = await until(funnel, (status) => status.nextAction.kind === 'show_capture_link');
    expect(nextAction).toMatchObject({ attempt: 1, of: 1 });
  });

  test('with documents inside it satisfies the document stage', async () => {
    const funnel = await world.start('inside', { custom: { scenario: 'step-up-inside' } });
    const status = await until(funnel, ({ stage }) => stage === 'verified');
    expect(verdictsOf(status)).toEqual(['passive_check 1 accept']);
    expect(status.baseline).toBe(true);
  });
});

describe('a person', () => {
  test('in RiskOS settles a review by deciding there', async () => {
    const funnel = await world.start('reviewer', { custom: { scenario: 'documents-review' } });
    await until(funnel, ({ stage }) => stage === 'review');
    const evaluation = createdFor(world, funnel.applicationId).at(-1);
    const answer = await request(`${world.emulator.url}/dashboard/${evaluation?.eval_id}`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'decision=ACCEPT',
    });
    await answer.body.dump();
    const status = await until(funnel, ({ stage }) => stage === 'verified');
    expect(verdictsOf(status).slice(-2)).toEqual([
      'document_verification 1 review',
      'document_verification 1 accept',
    ]);
    expect(status.baseline).toBe(true);
  });
});

describe('a review', () => {
  test('is entered for a passive RESUBMIT when policy says so', async () => {
    const policy = { ...quickPolicy, passive: { onResubmit: 'review' } } as const;
    const funnel = await world.start('onresubmit', { custom: { scenario: 'passive-resubmit' }, policy });
    expect((await until(funnel, ({ stage }) => stage !== 'passive_check')).stage).toBe('review');
  });

  test('of a REJECT ends when the reviewer in RiskOS confirms it', async () => {
    const policy = { ...quickPolicy, passive: { onReject: 'review' } } as const;
    const funnel = await world.start('confirm', { custom: { scenario: 'confirmed-reject' }, policy });
    await until(funnel, ({ stage }) => stage === 'review');
    expect((await until(funnel, ({ stage }) => stage === 'closed')).outcome).toBe('rejected');
  });

  test('of a RESUBMIT that marks fraud ends when the reviewer in RiskOS confirms it', async () => {
    const funnel = await world.start('confirm-risk', { custom: { scenario: 'confirmed-resubmit' } });
    await until(funnel, ({ stage }) => stage === 'review');
    const status = await until(funnel, ({ stage }) => stage === 'verified');
    expect(verdictsOf(status).slice(1)).toEqual([
      'document_verification 1 review',
      'document_verification 1 resubmit',
      'document_verification 2 accept',
    ]);
  });

  test('can grant a try beyond the policy', async () => {
    const documents = { ...quickPolicy.documents, maxAttempts: 1 };
    const policy = { ...quickPolicy, documents };
    const funnel = await world.start('last-try', { custom: { scenario: 'documents-review' }, policy });
    await until(funnel, ({ stage }) => stage === 'review');
    const status = await funnel.review({ verdict: 'resubmit', by: 'p.lee', reason: 'glare' });
    expect(status.stage).toBe('document_verification');
  });

  test('of payroll can ask for another try without losing the employee', async () => {
    const funnel = await world.start('payroll', { custom: { scenario: 'payroll-review' } });
    await until(funnel, ({ stage }) => stage === 'verified');
    await funnel.requestPayrollSetup({ candidate: { dateOfBirth: '1990-01-01', nationalId: '900-12-3456' } });
    await until(funnel, ({ stage }) => stage === 'review');
    const status = await funnel.review({ verdict: 'resubmit', by: 'p.lee', reason: 'typo' });
    expect(status.stage).toBe('payroll_setup');
  });
});

describe('withdraw', () => {
  test('closes the funnel while the candidate has the link', async () => {
    const funnel = await world.start('withdraw', { custom: { scenario: 'absent' } });
    await until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
    const status = await funnel.withdraw({ reason: 'position filled' });
    expect(status).toMatchObject({ stage: 'closed', outcome: 'withdrawn', nextAction: { kind: 'none' } });
    expect(await funnel.result()).toEqual(status);
  });

  test("so does Temporal's own cancel", async () => {
    const funnel = await world.start('cancel', { custom: { scenario: 'absent' } });
    await until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
    await world.temporal.workflow.getHandle(`funnel-${funnel.applicationId}`).cancel();
    expect((await funnel.result()).outcome).toBe('withdrawn');
  });

  test('closes it also while RiskOS does not answer', async () => {
    gateway.meddle = ({ method }) =>
      method === 'POST' ? { status: 503, body: '{"message":"down"}' } : 'pass';
    // Several at once: the server's answer to a withdrawal that races with an activity is a matter of microseconds.
    const outcomes = Array.from({ length: 25 }, async () => {
      const funnel = await world.start('withdraw-down', { custom: { scenario: 'accept' } });
      await until(funnel, ({ stage }) => stage === 'passive_check');
      return (await funnel.withdraw()).outcome;
    });
    expect(new Set(await Promise.all(outcomes))).toEqual(new Set(['withdrawn']));
  });
});

describe('RiskOS', () => {
  test('that takes the POST while strangers name other evaluations gets no second POST', async () => {
    let open = () => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    let posts = 0;
    gateway.meddle = ({ method }) => {
      if (method === 'POST') posts += 1;
      return method === 'POST' && posts === 2 ? { hold_after: () => opened } : 'pass';
    };
    const funnel = await world.start('strangers', { custom: { scenario: 'absent' } });
    await expect.poll(() => createdFor(world, funnel.applicationId).length).toBe(2);
    const id = createdFor(world, funnel.applicationId).at(-1)?.id;
    const handle = world.temporal.workflow.getHandle(`funnel-${funnel.applicationId}`);
    for (const evalId of ['stranger-1', 'stranger-2', 'stranger-3', 'stranger-4', 'not an id/..']) {
      const event = { eventId: evalId, eventType: 'evaluation_completed', evaluationId: id, evalId };
      await handle.signal<unknown[]>('riskosEvent', event);
    }
    open();
    await until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
    expect((await funnel.withdraw()).outcome).toBe('withdrawn');
    expect(createdFor(world, funnel.applicationId)).toHaveLength(2);
  });

  test('that cuts the connection after processing gets no second POST: an event leads back', async () => {
    gateway.meddle = ({ method, nth }) => (method === 'POST' && nth % 2 === 0 ? 'cut_after' : 'pass');
    const funnel = await world.start('cut-after', {
      custom: { scenario: 'accept' },
      policy: { ...quickPolicy, ambiguousWait: '20s' },
    });
    await until(funnel, ({ stage }) => stage === 'verified');
    const ids = createdFor(world, funnel.applicationId).map(({ id }) => id);
    expect(ids.filter((id) => id.includes('document_verification'))).toHaveLength(1);
  });

  test('that answers 429 gets the POST again after the time it asked for, and does it once', async () => {
    let refused = 0;
    gateway.meddle = ({ method }) => {
      if (method !== 'POST' || refused++ > 0) return 'pass';
      return { status: 429, body: '{"message":"slow down"}', headers: { 'x-retry-after': '1' } };
    };
    const funnel = await world.start('limited', { custom: { scenario: 'accept' } });
    await until(funnel, ({ stage }) => stage === 'verified');
    expect(createdFor(world, funnel.applicationId)).toHaveLength(2);
  });

  test.each([
    [401, '{"message":"Unauthorized"}'],
    [403, '{"error":"denied","code":"PERMISSION_DENIED"}'],
    [
      400,
      '{"error":"bad","code":"INVALID_REQUEST","invalid_args":[{"field":"data.individual.email","description":"x"}]}',
    ],
  ])(
    'that refuses with %i stops the funnel for attention; retry goes on with the same evaluation',
    async (code, body) => {
      gateway.meddle = ({ method }) => (method === 'POST' ? { status: code, body } : 'pass');
      const funnel = await world.start('refused', { custom: { scenario: 'accept' } });
      const stopped = await until(funnel, ({ stage }) => stage === 'needs_attention');
      expect(stopped.attention?.kind).toBe(code === 400 ? 'data_refused' : 'request_refused');
      expect(stopped.attention?.reason).toMatch(/RiskOS refused the request/);
      expect(stopped.attention?.fields).toEqual(code === 400 ? ['candidate.email'] : []);
      gateway.meddle = () => 'pass';
      await (code === 400 ? funnel.correct({ candidate: { email: 'new@example.com' } }) : funnel.retry());
      await until(funnel, ({ stage }) => stage === 'verified');
      expect(
        createdFor(world, funnel.applicationId).map(({ id }) => id.split('~').slice(2).join(' ')),
      ).toEqual(['passive_check 1', 'document_verification 1']);
    },
  );

  test('of another environment than the configured one stops the funnel for attention', async () => {
    const production = await createWorld();
    const stop = await createRiskosWorker(production, production.emulator.url, { environment: 'Production' });
    try {
      const funnel = await production.start('environment', { custom: { scenario: 'accept' } });
      const status = await until(funnel, ({ stage }) => stage === 'needs_attention');
      expect(status.attention?.reason).toMatch(/WrongEnvironment.*Sandbox or Production/);
      expect(production.emulator.ledger().evaluations).toHaveLength(1);
    } finally {
      await stop();
      await production.close();
    }
  });

  test('that keeps failing without a clear answer is not asked for ever: a person decides', async () => {
    gateway.meddle = ({ method }) => (method === 'POST' ? { status: 500, body: '{}' } : 'pass');
    const policy = { ...quickPolicy, ambiguousWait: '10ms' };
    const funnel = await world.start('unclear', { custom: { scenario: 'accept' }, policy });
    const status = await until(funnel, ({ stage }) => stage === 'needs_attention');
    expect(status.attention?.reason).toMatch(/RiskOS dashboard before you retry/);
  });
});

describe('a message', () => {
  test('in the wrong stage is refused with the stage and what is possible, and changes nothing', async () => {
    const funnel = await world.start('wrong-stage', { custom: { scenario: 'absent' } });
    const before = await until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
    await expect(funnel.complete()).rejects.toThrow(
      /complete is not possible at document_verification; possible now: readNow, withdraw/,
    );
    await expect(funnel.requestReverification()).rejects.toMatchObject({ type: 'WrongStage' });
    const history = await world.temporal.workflow.getHandle(`funnel-${funnel.applicationId}`).fetchHistory();
    expect(history.events?.filter((event) => event.workflowExecutionUpdateAcceptedEventAttributes)).toEqual(
      [],
    );
    expect(await funnel.status()).toEqual(before);
  });

  test('to a closed funnel or to none says so', async () => {
    const funnel = await world.start('closed', { custom: { scenario: 'passive-reject' } });
    await funnel.result();
    await expect(funnel.withdraw()).rejects.toMatchObject({ type: 'WrongStage' });
    await expect(world.funnels.funnel('nobody').status()).rejects.toMatchObject({ type: 'NotFound' });
    await expect(world.funnels.funnel('nobody').withdraw()).rejects.toMatchObject({ type: 'NotFound' });
  });

  test('as a forged memory in the start argument does not count', async () => {
    const applicationId = `forged-${world.taskQueue.slice(-8)}`;
    await world.temporal.workflow.start('candidateFunnel', {
      taskQueue: world.taskQueue,
      workflowId: `funnel-${applicationId}`,
      args: [
        exampleApplication(applicationId, { custom: { scenario: 'passive-reject' } }),
        { stage: 'verified' },
      ],
    });
    expect((await world.funnels.funnel(applicationId).result()).outcome).toBe('rejected');
  });

  test('from anybody, whatever it holds, does not stop a funnel', async () => {
    const funnel = await world.start('garbage', { custom: { scenario: 'absent' } });
    await until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
    const handle = world.temporal.workflow.getHandle(`funnel-${funnel.applicationId}`);
    for (const signal of ['riskosEvent', 'imagesSettled', 'unknownSignal']) {
      for (const garbage of [undefined, null, 7, 'text', [], {}, { eventId: 'e' }, { evaluationId: {} }]) {
        await handle.signal<unknown[]>(signal, garbage);
      }
      await handle.signal<unknown[]>(signal);
    }
    expect((await funnel.withdraw()).outcome).toBe('withdrawn');
  });

  test('that is malformed is refused by field, by the workflow as well as by the client', async () => {
    const funnel = await world.start('malformed', { custom: { scenario: 'absent' } });
    await until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
    const handle = world.temporal.workflow.getHandle(`funnel-${funnel.applicationId}`);
    await expect(handle.executeUpdate('withdraw', { args: [{ reason: 7 }] })).rejects.toMatchObject({
      cause: { type: 'InvalidMessage', message: expect.stringMatching(/^reason: /) },
    });
    await expect(funnel.withdraw({ reason: '' })).rejects.toBeInstanceOf(FunnelError);
    expect((await funnel.status()).stage).toBe('document_verification');
  });

  test('for a reverification without a baseline is refused at the door', async () => {
    // Accepted documents without a reference: RiskOS's answer has no documentVerification to compare with.
    gateway.meddle = () => 'pass';
    const funnel = await world.start('no-baseline', { custom: { scenario: 'documents-review' } });
    await until(funnel, ({ stage }) => stage === 'review');
    await expect(funnel.requestReverification()).rejects.toMatchObject({ type: 'WrongStage' });
  });
});

describe('a second start', () => {
  test('of an open application is refused, and the first funnel is untouched', async () => {
    const funnel = await world.start('twice', { custom: { scenario: 'absent' } });
    const before = await until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
    const again = world.funnels.startFunnel({
      ...exampleApplication(funnel.applicationId),
    });
    await expect(again).rejects.toMatchObject({ type: 'AlreadyOpen' });
    expect(await funnel.status()).toEqual(before);
  });

  test('after the first has closed runs evaluations of its own', async () => {
    const funnel = await world.start('again', { custom: { scenario: 'passive-reject' } });
    await funnel.result();
    const second = await world.funnels.startFunnel(
      exampleApplication(funnel.applicationId, { custom: { scenario: 'passive-reject' } }),
      { again: true },
    );
    await second.result();
    const ids = createdFor(world, funnel.applicationId).map(({ id }) => id);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(2);
  });
});
