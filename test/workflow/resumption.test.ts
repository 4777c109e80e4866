import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Scenario } from '../../src/emulator/index.ts';
import { createdFor, documentsOf, smsFor } from '../support/riskos.ts';
import { createWorld, quickPolicy, until, verdictsOf, type World } from '../support/world.ts';

const inProgress = { eval_status: 'evaluation_in_progress' };
const absent = { candidate: 'absent' } as const;

/** RiskOS processes the POST, and something on the way answers it with this status. */
const processedAs = (status: number): Scenario => ({
  documents: [{ ...absent, faults: [{ at: 'create', kind: 'answer', when: 'after', status, times: 1 }] }],
});

describe('a POST that RiskOS processed and that was answered with', () => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld({
      scenarios: Object.fromEntries(
        [302, 404, 409, 500].map((status) => [`as-${status}`, processedAs(status)]),
      ),
    });
    await world.startRelay();
    await world.startWorker();
  });
  afterAll(() => world.close());

  test.each([302, 404, 409, 500])(
    '%i waits for the event that names it, and is sent once',
    async (status) => {
      const policy = { ...quickPolicy, ambiguousWait: '10 minutes' };
      const funnel = await world.start(`as-${status}`, { custom: { scenario: `as-${status}` }, policy });
      const found = await until(
        funnel,
        ({ nextAction, stage }) => nextAction.kind === 'show_capture_link' || stage === 'needs_attention',
      );
      expect(found.nextAction.kind).toBe('show_capture_link');
      expect(documentsOf(world, funnel.applicationId)).toHaveLength(1);
      expect(smsFor(world, funnel.applicationId)).toHaveLength(1);
    },
  );
});

describe('a RiskOS workflow that failed', () => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld({
      scenarios: {
        fails: {
          documents: [
            { candidate: 'absent', afterwards: [{ event: 'workflow_execution_failed' }] },
            { candidate: 'absent' },
          ],
        },
      },
    });
    await world.startRelay();
    await world.startWorker();
  });
  afterAll(() => world.close());

  test('asks an operator when it says so, not at the deadline, and a retry begins another evaluation', async () => {
    const policy = { ...quickPolicy, documents: { ...quickPolicy.documents, deadline: '7 days' } } as const;
    const funnel = await world.start('fails', { custom: { scenario: 'fails' }, policy });
    const stopped = await until(funnel, ({ stage }) => stage === 'needs_attention');
    expect(stopped.attention?.reason).toContain('failed');
    await funnel.retry();
    const again = await until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
    expect(again.attempt).toBe(2);
    expect(documentsOf(world, funnel.applicationId)).toHaveLength(2);
  });
});

describe('without webhooks', () => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld({
      scenarios: {
        'as-404': processedAs(404),
        late: {
          documents: [
            {
              waitsFor: [],
              faults: [
                { at: 'create', kind: 'change', change: inProgress },
                { at: 'read', kind: 'change', change: inProgress, times: 6 },
              ],
            },
          ],
        },
      },
    });
    await world.startWorker();
  });
  afterAll(() => world.close());

  test('a refusal after processing asks a person who learns that an SMS may be out, and an event resumes it', async () => {
    const policy = { ...quickPolicy, ambiguousWait: '100ms' };
    const funnel = await world.start('unclear', { custom: { scenario: 'as-404' }, policy });
    const stopped = await until(funnel, ({ stage }) => stage === 'needs_attention');
    expect(stopped.attention?.reason).toContain('may already have processed the request');
    const [created] = documentsOf(world, funnel.applicationId);
    await world.temporal.workflow.getHandle(`funnel-${funnel.applicationId}`).signal('riskosEvent', {
      eventId: 'names-it',
      eventType: 'case_notes_added',
      evaluationId: created?.id,
      evalId: created?.eval_id,
    });
    await until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
    expect(documentsOf(world, funnel.applicationId)).toHaveLength(1);
  });

  test('a RiskOS that finishes after the deadline resumes the funnel by itself', async () => {
    const funnel = await world.start('late', {
      custom: { scenario: 'late' },
      policy: {
        ...quickPolicy,
        documents: { ...quickPolicy.documents, deadline: '1s' },
        reconciliation: { first: '200ms', longest: '300ms' },
      },
    });
    await until(funnel, ({ stage }) => stage === 'needs_attention');
    const status = await until(
      funnel,
      ({ stage }) => stage !== 'needs_attention' && stage !== 'document_verification',
    );
    expect(verdictsOf(status)).toContain('document_verification 1 accept');
    expect(createdFor(world, funnel.applicationId)).toHaveLength(2);
  });
});
