import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createWorld, quickPolicy, until, verdictsOf, type World } from '../support/world.ts';

const custom = { scenario: 'accept' };

let world: World;
beforeAll(async () => {
  world = await createWorld({
    scenarios: {
      absent: { documents: [{ candidate: 'absent' }], selfie: [{ candidate: 'absent' }] },
      'documents-review': { documents: [{ decision: 'REVIEW' }] },
    },
  });
  await world.startRelay();
  await world.startWorker();
});
afterAll(() => world.close());

const listed = async (escalation: 'reminder' | 'overdue') => {
  const query = `FunnelEscalation = '${escalation}' AND TaskQueue = '${world.taskQueue}'`;
  const found = [];
  for await (const { workflowId } of world.temporal.workflow.list({ query })) found.push(workflowId);
  return found;
};
const linesOf = async (funnel: { timeline(): Promise<{ what: string }[]> }) =>
  (await funnel.timeline()).map(({ what }) => what);

describe('a deadline', () => {
  test('of the candidate is reminded of when a quarter of the time is left', async () => {
    const documents = { ...quickPolicy.documents, deadline: '8s' };
    const funnel = await world.start('reminded', {
      custom: { scenario: 'absent' },
      policy: { ...quickPolicy, documents },
    });
    const reminded = await until(funnel, ({ escalation }) => escalation === 'reminder');
    expect(reminded).toMatchObject({ stage: 'document_verification', waitingFor: 'candidate' });
    await expect.poll(() => listed('reminder')).toContain(`funnel-${funnel.applicationId}`);
    expect(
      (await linesOf(funnel)).filter((line) => line.startsWith('reminder: the deadline is')),
    ).toHaveLength(1);
    const status = await until(funnel, ({ stage }) => stage === 'closed');
    expect(status).toMatchObject({ outcome: 'expired', escalation: null });
  });

  test('is not reminded of when the policy says so', async () => {
    const documents = { ...quickPolicy.documents, deadline: '2s', reminder: null };
    const funnel = await world.start('unreminded', {
      custom: { scenario: 'absent' },
      policy: { ...quickPolicy, documents },
    });
    await funnel.result();
    expect((await linesOf(funnel)).filter((line) => line.startsWith('reminder'))).toEqual([]);
  });

  test('of a review is reminded of, then shown as overdue, and only a person ends it', async () => {
    const funnel = await world.start('overdue', {
      custom: { scenario: 'documents-review' },
      policy: { ...quickPolicy, review: { deadline: '3s', reminder: '2s' } },
    });
    await until(funnel, ({ stage, escalation }) => stage === 'review' && escalation === 'reminder');
    await until(funnel, ({ escalation }) => escalation === 'overdue');
    await expect.poll(() => listed('overdue')).toContain(`funnel-${funnel.applicationId}`);
    const settled = await funnel.review({ verdict: 'accept', by: 'reviewer-7', reason: 'same person' });
    expect(settled).toMatchObject({ stage: 'verified', escalation: null });
    await expect.poll(() => listed('overdue')).not.toContain(`funnel-${funnel.applicationId}`);
    expect(await funnel.timeline()).toContainEqual(
      expect.objectContaining({ what: 'review: accept: same person', by: 'reviewer-7' }),
    );
  });
});

describe('a periodic reverification', () => {
  test('begins by itself, and again after the time that policy says', async () => {
    const reverification = { every: '2s', deadline: '1 minute' };
    const funnel = await world.start('periodic', { custom, policy: { ...quickPolicy, reverification } });
    const status = await until(
      funnel,
      ({ verdicts }) => verdicts.filter(({ stage }) => stage === 'selfie_reverification').length === 2,
    );
    expect(verdictsOf(status)).toEqual([
      'passive_check 1 accept',
      'document_verification 1 accept',
      'selfie_reverification 1 accept',
      'selfie_reverification 2 accept',
    ]);
    await funnel.withdraw();
  });

  test('is not put off by a payroll set-up', async () => {
    const reverification = { every: '30 days' };
    const funnel = await world.start('payroll', { custom, policy: { ...quickPolicy, reverification } });
    const { deadline } = await until(funnel, ({ stage }) => stage === 'verified');
    expect(deadline).not.toBeNull();
    const candidate = { dateOfBirth: '1990-02-03', nationalId: '999-00-1111' };
    await funnel.requestPayrollSetup({ candidate });
    const after = await until(funnel, ({ stage, verdicts }) => stage === 'verified' && verdicts.length === 3);
    expect(after.deadline).toBe(deadline);
  });
});

describe('a start with a baseline from elsewhere', () => {
  const baseline = { referenceId: 'accepted-elsewhere-1' };

  test('is at verified at once, asks RiskOS nothing, and has the selfie compared with it', async () => {
    const elsewhere = await createWorld({ acceptForeignBaselines: true });
    try {
      await elsewhere.startRelay();
      await elsewhere.startWorker();
      const funnel = await elsewhere.start('elsewhere', { baseline, custom });
      const status = await until(funnel, ({ stage }) => stage === 'verified');
      expect(status).toMatchObject({ baseline: true, verdicts: [] });
      expect(elsewhere.emulator.ledger().evaluations).toEqual([]);
      await funnel.requestReverification();
      const after = await until(funnel, ({ verdicts }) => verdicts.length === 1);
      expect(verdictsOf(after)).toEqual(['selfie_reverification 1 accept']);
    } finally {
      await elsewhere.close();
    }
  });

  test('needs no address, and an empty reference is refused', async () => {
    const { address: _address, ...candidate } = {
      givenName: 'Robin',
      familyName: 'Quill',
      email: 'robin.quill@example.com',
      phoneNumber: '+14155550142',
      diSessionToken: 'di-session-of-robin',
      address: undefined,
    };
    const funnel = await world.start('no-address', { baseline, candidate });
    expect((await until(funnel, ({ stage }) => stage === 'verified')).baseline).toBe(true);
    await expect(world.start('empty', { baseline: { referenceId: '' } })).rejects.toMatchObject({
      type: 'InvalidApplication',
      message: expect.stringMatching(/baseline\.referenceId/),
    });
  });
});
