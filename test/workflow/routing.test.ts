import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { captureIn, documentsOf } from '../support/riskos.ts';
import { createWorld, quickPolicy, until, verdictsOf, type World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld({ scenarios: { 'second-waits': { documents: [{}, { candidate: 'person' }] } } });
  await world.startRelay();
  await world.startWorker();
});
afterAll(() => world.close());

const accepting = (otherwise?: 'resubmit' | 'review' | 'reject') => ({
  ...quickPolicy,
  documents: {
    ...quickPolicy.documents,
    maxAttempts: 2,
    accepted: { types: ['Passport'], ...(otherwise ? { otherwise } : {}) },
  },
});

describe('a document of a type that the policy does not accept', () => {
  test('is asked for again with the advice to use another one', async () => {
    const funnel = await world.start('other-type', {
      custom: { scenario: 'second-waits' },
      policy: accepting(),
    });
    const again = await until(
      funnel,
      ({ nextAction }) => nextAction.kind === 'show_capture_link' && nextAction.attempt === 2,
    );
    expect(again.nextAction).toMatchObject({ advice: [{ key: 'use_another_document' }] });
    expect(again.verdicts.at(-1)).toMatchObject({
      verdict: 'resubmit',
      flags: ['routed'],
      rule: 'documents.accepted',
    });
    await captureIn(world, documentsOf(world, funnel.applicationId).at(-1)?.eval_id ?? '');
    expect((await until(funnel, ({ stage }) => stage === 'closed')).outcome).toBe('attempts_exhausted');
  });

  test.each([
    ['review', 'review', null],
    ['reject', 'closed', 'rejected'],
  ] as const)('leads to %s where the policy says so', async (otherwise, stage, outcome) => {
    const policy = accepting(otherwise);
    const funnel = await world.start(`other-${otherwise}`, { custom: { scenario: 'accept' }, policy });
    expect(await until(funnel, (status) => status.stage === stage)).toMatchObject({ outcome });
  });
});

test('the timeline has the verdict with what an audit needs', async () => {
  const funnel = await world.start('audit', { custom: { scenario: 'accept' }, policy: quickPolicy });
  await until(funnel, ({ stage }) => stage === 'verified');
  const line = (await funnel.timeline()).find(({ verdict }) => verdict?.stage === 'document_verification');
  expect(line?.verdict?.audit).toMatchObject({ decision: 'ACCEPT', workflow: { name: expect.any(String) } });
});

describe('a capture link that expired', () => {
  test('is an attempt of the candidate, not a failure of RiskOS', async () => {
    const documents = { ...quickPolicy.documents, maxAttempts: 2 } as const;
    const funnel = await world.start('link', {
      custom: { scenario: 'link-expired' },
      policy: { ...quickPolicy, documents },
    });
    const status = await until(funnel, ({ stage }) => stage === 'closed');
    expect(status.outcome).toBe('attempts_exhausted');
    expect(status.verdicts.slice(1).map(({ flags }) => flags)).toEqual([['link_expired'], ['link_expired']]);
  });

  test('opens the next attempt where the policy says so of a deadline', async () => {
    const documents = { ...quickPolicy.documents, onDeadline: 'next_attempt' } as const;
    const funnel = await world.start('link-again', {
      custom: { scenario: 'expired-then-accept' },
      policy: { ...quickPolicy, documents },
    });
    const status = await until(funnel, ({ stage }) => stage === 'verified' || stage === 'closed');
    expect(verdictsOf(status).at(-1)).toBe('document_verification 2 accept');
  });
});

test('the timeline says who sent an update', async () => {
  const funnel = await world.start('sender', { custom: { scenario: 'accept' }, policy: quickPolicy });
  await until(funnel, ({ stage }) => stage === 'verified');
  await funnel.requestReverification({ reason: 'first_day', by: 'hr-7' });
  expect(await funnel.timeline()).toContainEqual(
    expect.objectContaining({ what: 'reverification requested: first day', by: 'hr-7' }),
  );
});
