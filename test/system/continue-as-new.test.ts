import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { DevServer } from '../../src/dev-server/index.ts';
import { exampleApplication } from '../support/application.ts';
import { captureIn, decideInRiskos, documentsOf } from '../support/riskos.ts';
import { startServerOfShortRuns } from '../support/short-runs.ts';
import { createWorld, quickPolicy, until, verdictsOf, type World } from '../support/world.ts';

let server: DevServer;
let world: World;

beforeAll(async () => {
  // Temporal itself suggests continue-as-new after a few events, so that every wait of these funnels is one.
  server = await startServerOfShortRuns(12);
  world = await createWorld({
    address: server.address,
    scenarios: {
      later: { documents: [{ after: 600 }] },
      absent: { documents: [{ candidate: 'absent' }] },
      person: { documents: [{ candidate: 'person' }] },
    },
  });
  await world.startRelay();
  await world.startWorker();
});
afterAll(async () => {
  await world.close();
  await server.stop();
});

async function runsOf(applicationId: string): Promise<number> {
  let runs = 0;
  for await (const run of world.temporal.workflow.list({ query: `WorkflowId = 'funnel-${applicationId}'` }))
    runs += run.workflowId ? 1 : 0;
  return runs;
}

/** How far a published status has come, which never becomes less. */
const progress = z
  .object({ verdicts: z.array(z.unknown()).default([]), result: z.string().default('pending') })
  .transform(({ verdicts, result }) => verdicts.length + (result === 'pending' ? 0 : 1));

/** How far the memo says that a workflow has come: at the begin and at the end of each run that Temporal keeps, the first run first. */
async function memosOf(workflowId: string): Promise<{ began: number; ended: number }[]> {
  const runs: { startedAt: number; began: number; ended: number }[] = [];
  for await (const { runId, startTime } of world.temporal.workflow.list({
    query: `WorkflowId = '${workflowId}'`,
  })) {
    const { events } = await world.temporal.workflow.getHandle(workflowId, runId).fetchHistory();
    const seen = (events ?? []).flatMap((event) => {
      const memo =
        event.workflowExecutionStartedEventAttributes?.memo ??
        event.workflowPropertiesModifiedEventAttributes?.upsertedMemo;
      const data = memo?.fields?.['status']?.data;
      return data ? [progress.parse(JSON.parse(Buffer.from(data).toString()))] : [];
    });
    const hasMemo = Boolean(events?.[0]?.workflowExecutionStartedEventAttributes?.memo?.fields?.['status']);
    runs.push({
      startedAt: startTime.getTime(),
      began: hasMemo ? (seen[0] ?? -1) : -1,
      ended: seen.at(-1) ?? -1,
    });
  }
  return runs.toSorted((one, other) => one.startedAt - other.startedAt);
}

describe('continue-as-new', () => {
  test('hands the published status on: no run of a funnel or of its images begins with an older one', async () => {
    const policy = {
      ...quickPolicy,
      reconciliation: { first: '100ms', longest: '200ms' },
      images: { lag: '100ms', keepFor: '1 hour' },
    };
    const funnel = await world.start('handed-on', { custom: { scenario: 'later' }, policy });
    const { images } = await until(
      funnel,
      (status) => status.stage === 'verified' && status.images[0]?.result === 'archived',
    );
    const evaluationId = images[0]?.evaluationId ?? '';
    for (const reason of ['one', 'two', 'three', 'four']) {
      await world.funnels.images(evaluationId).hold({ by: 'ada', reason });
      await world.funnels.images(evaluationId).release({ by: 'ada', reason });
    }
    for (const workflowId of [`funnel-${funnel.applicationId}`, `images-${evaluationId}`]) {
      await expect.poll(async () => (await memosOf(workflowId)).length).toBeGreaterThan(1);
      const runs = await memosOf(workflowId);
      // Without the memo handed on, Temporal gives the next run the one with which this run began.
      const lost = runs.slice(1).filter(({ began }, at) => began < (runs[at]?.ended ?? Infinity));
      expect(lost).toEqual([]);
      expect(runs.at(-1)?.began).toBeGreaterThan(0);
    }
  });

  test('in the middle of an open evaluation: the same verdict, nothing created twice', async () => {
    const policy = { ...quickPolicy, reconciliation: { first: '100ms', longest: '200ms' } };
    const funnel = await world.start('continued', { custom: { scenario: 'later' }, policy });
    const status = await until(
      funnel,
      ({ stage, images }) => stage === 'verified' && images[0]?.result === 'archived',
    );
    expect(verdictsOf(status)).toEqual(['passive_check 1 accept', 'document_verification 1 accept']);
    const created = world.emulator
      .ledger()
      .evaluations.filter(({ id }) => id.startsWith(`${funnel.applicationId}~`));
    expect(created).toHaveLength(2);
    await expect.poll(() => runsOf(funnel.applicationId)).toBeGreaterThan(2);
    const listed = await world.funnels.list({ limit: 1000 });
    expect(listed.filter(({ applicationId }) => applicationId === funnel.applicationId)).toHaveLength(1);
  });

  test('keeps the deadline of an attempt, and the baseline for the next selfies', async () => {
    const policy = {
      ...quickPolicy,
      documents: { ...quickPolicy.documents, deadline: '2s' },
      reconciliation: { first: '50ms', longest: '100ms' },
    };
    const late = await world.start('late', { custom: { scenario: 'absent' }, policy });
    const first = await until(late, ({ nextAction }) => nextAction.kind === 'show_capture_link');
    const later = await until(late, ({ stage }) => stage === 'closed');
    expect(later.outcome).toBe('expired');
    expect(first.deadline).not.toBeNull();
    expect(await runsOf(late.applicationId)).toBeGreaterThan(2);

    const kept = await world.start('kept', { custom: { scenario: 'accept' } });
    await until(kept, ({ stage }) => stage === 'verified');
    await kept.requestReverification();
    const again = await until(kept, ({ verdicts, stage }) => stage === 'verified' && verdicts.length === 3);
    expect(verdictsOf(again).at(-1)).toBe('selfie_reverification 1 accept');
    await kept.requestReverification();
    const twice = await until(kept, ({ verdicts, stage }) => stage === 'verified' && verdicts.length === 4);
    expect(verdictsOf(twice).at(-1)).toBe('selfie_reverification 2 accept');
    expect(await kept.complete()).toMatchObject({ stage: 'closed', outcome: 'completed' });
  });

  test('forgets no attempt that was given up, and no verdict that RiskOS may change', async () => {
    const policy = {
      ...quickPolicy,
      documents: { start: 'immediately', deadline: '12s', onDeadline: 'next_attempt', maxAttempts: 10 },
      reconciliation: { first: '1s', longest: '1s' },
    } as const;
    const funnel = await world.start('given-up', { custom: { scenario: 'person' }, policy });
    await until(funnel, ({ stage, attempt }) => stage === 'document_verification' && attempt === 2);
    expect(await runsOf(funnel.applicationId)).toBeGreaterThan(2);
    const [first] = documentsOf(world, funnel.applicationId);
    await captureIn(world, first?.eval_id ?? '');
    const status = await until(funnel, ({ stage }) => stage === 'verified');
    expect(status.verdicts.at(-1)).toMatchObject({ evaluationId: first?.id, attempt: 1, verdict: 'accept' });
    await decideInRiskos(world, first?.eval_id ?? '', 'REJECT');
    const changed = await until(funnel, ({ verdicts }) => verdicts.at(-1)?.flags.length === 1);
    expect(changed).toMatchObject({ stage: 'verified', verdicts: [{}, { flags: ['contradicted_later'] }] });
  });

  test('carries no national id and no date of birth once documents are accepted', async () => {
    const { candidate } = exampleApplication('any');
    const secrets = { dateOfBirth: '1987-06-05', nationalId: 'CANARY-4711' };
    const funnel = await world.start('minimal', {
      candidate: { ...candidate, ...secrets },
      custom: { scenario: 'accept' },
    });
    await until(funnel, ({ stage }) => stage === 'verified');
    for (let round = 1; round <= 2; round++) {
      await funnel.requestReverification();
      await until(funnel, ({ verdicts, stage }) => stage === 'verified' && verdicts.length === 2 + round);
    }
    const { events } = await world.temporal.workflow
      .getHandle(`funnel-${funnel.applicationId}`)
      .fetchHistory();
    const payloads = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
    const carried = payloads.map(({ data }) => Buffer.from(data ?? []).toString()).join();
    expect(carried).toContain(candidate.familyName);
    expect(carried).not.toMatch(/CANARY-4711|1987-06-05/);
    await expect(funnel.requestPayrollSetup()).rejects.toMatchObject({
      type: 'InvalidMessage',
      message: expect.stringMatching(/candidate\.dateOfBirth.*candidate\.nationalId/),
    });
    await funnel.requestPayrollSetup({ candidate: secrets });
    const status = await until(
      funnel,
      ({ verdicts, stage }) => stage === 'verified' && verdicts.length === 5,
    );
    expect(status.verdicts.at(-1)).toMatchObject({ stage: 'payroll_setup', verdict: 'accept' });
  });

  test("between a verdict and the end of its images' lag forgets no images", async () => {
    const policy = { ...quickPolicy, images: { lag: '4s' } };
    const funnel = await world.start('lagging', { custom: { scenario: 'accept' }, policy });
    await until(funnel, ({ stage }) => stage === 'verified');
    const runs = await runsOf(funnel.applicationId);
    await funnel.requestReverification();
    await expect.poll(() => runsOf(funnel.applicationId)).toBeGreaterThan(runs);
    const status = await until(
      funnel,
      ({ images }) => images.length === 2 && images.every(({ result }) => result === 'archived'),
    );
    expect(status.images.map(({ count }) => count)).toEqual([3, 1]);
  });

  test('racing with a withdrawal loses none', async () => {
    const policy = { ...quickPolicy, reconciliation: { first: '50ms', longest: '50ms' } };
    const funnels = await Promise.all(
      Array.from({ length: 6 }, () => world.start('race', { custom: { scenario: 'absent' }, policy })),
    );
    const outcomes = funnels.map(async (funnel) => {
      await until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
      return (await funnel.withdraw()).outcome;
    });
    expect(new Set(await Promise.all(outcomes))).toEqual(new Set(['withdrawn']));
  });
});
