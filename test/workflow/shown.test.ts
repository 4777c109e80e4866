import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { ApplicationInput, Funnel } from '../../src/client/index.ts';
import { updateNames } from '../../src/contract/index.ts';
import { createWorld, quickPolicy, until, type World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld({ scenarios: { absent: { documents: [{ candidate: 'absent' }] } } });
  await world.startRelay();
  await world.startWorker();
});
afterAll(() => world.close());

const handleOf = (funnel: Funnel) => world.temporal.workflow.getHandle(`funnel-${funnel.applicationId}`);

const metadata = z.object({ currentDetails: z.string() });
const described = z.array(z.object({ name: z.string(), description: z.string().optional() }));
const definitions = z.object({
  definition: z.object({
    updateDefinitions: described,
    queryDefinitions: described,
    signalDefinitions: described,
  }),
});

describe('an operator sees', () => {
  test('in the current details the stage, the attempt, what it waits for and until when, and what to do', async () => {
    const funnel = await world.start('details', { custom: { scenario: 'absent' } });
    const { deadline } = await until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
    const detailsNow = async () =>
      metadata.parse(await handleOf(funnel).query('__temporal_workflow_metadata')).currentDetails;
    await expect.poll(detailsNow).toContain('attempt 1 of 3');
    const currentDetails = await detailsNow();
    expect(currentDetails).toContain('**document verification**, attempt 1 of 3');
    expect(currentDetails).toContain(
      `Waits for the candidate until ${deadline?.slice(0, 16).replace('T', ' ')} UTC.`,
    );
    expect(currentDetails).toContain('Verdicts: passive check 1 **accept**');
    // The Temporal UI cuts off the bottom of its box.
    expect(currentDetails).toMatch(/\n\n\u00a0$/);
  });

  test('in the call stack where the workflow waits, in a few lines each', async () => {
    const funnel = await world.start('stacks', { custom: { scenario: 'absent' } });
    await until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
    const stacksNow = async () => z.string().parse(await handleOf(funnel).query('__stack_trace'));
    // A reading may be under way.
    await expect.poll(stacksNow).toMatch(/at waitUntil .*\n.* at readNext .*\n.* at evaluate /);
    for (const stack of (await stacksNow()).split('\n\n'))
      expect(stack.split('\n').length).toBeLessThanOrEqual(4);
  });

  test('what each update, query and signal does, by its description', async () => {
    const funnel = await world.start('described', { custom: { scenario: 'absent' } });
    await until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
    const { definition } = definitions.parse(await handleOf(funnel).query('__temporal_workflow_metadata'));
    const { updateDefinitions, queryDefinitions, signalDefinitions } = definition;
    expect(updateDefinitions.map(({ name }) => name)).toEqual(expect.arrayContaining([...updateNames]));
    // Those that begin with two underscores are Temporal's own.
    const bare = [...updateDefinitions, ...queryDefinitions, ...signalDefinitions].filter(
      ({ name, description }) => !name.startsWith('__') && !description?.endsWith('.'),
    );
    expect(bare).toEqual([]);
  });

  test('the same in the search attributes, which the client lists by', async () => {
    const funnel = await world.start('listed', { custom: { scenario: 'absent' } });
    const status = await until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
    const find = async () =>
      (
        await world.funnels.list({ stage: 'document_verification', waitingFor: 'candidate', limit: 1000 })
      ).find(({ applicationId }) => applicationId === funnel.applicationId);
    await expect.poll(find).toMatchObject({ attempt: 1, outcome: null, deadline: status.deadline });
    await funnel.withdraw();
    const closed = async () =>
      (await world.funnels.list({ outcome: 'withdrawn', limit: 1000 })).map(
        ({ applicationId }) => applicationId,
      );
    await expect.poll(closed).toContain(funnel.applicationId);
    await expect.poll(find).toBeUndefined();
  });

  test('overdue funnels by their deadline', async () => {
    const funnel = await world.start('due', { custom: { scenario: 'absent' } });
    await until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
    const listed = async (overdue: boolean) =>
      (await world.funnels.list({ overdue, limit: 1000 })).map(({ applicationId }) => applicationId);
    await expect.poll(() => listed(false)).toContain(funnel.applicationId);
    expect(await listed(true)).not.toContain(funnel.applicationId);
  });

  test('what each call and timer is for, by its summary', async () => {
    const reconciliation = { first: '1 minute' };
    const policy = { ...quickPolicy, reconciliation };
    const funnel = await world.start('summaries', { custom: { scenario: 'absent' }, policy });
    await until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
    await expect
      .poll(() => summariesOf(funnel))
      .toEqual(
        expect.arrayContaining([
          `"Candidate funnel of application ${funnel.applicationId}"`,
          '"POST passive check, attempt 1"',
          '"POST document verification, attempt 1"',
          '"reconciliation poll"',
        ]),
      );
  });
});

async function summariesOf(funnel: Funnel): Promise<string[]> {
  const { events } = await handleOf(funnel).fetchHistory();
  return (events ?? []).map(({ userMetadata }) => Buffer.from(userMetadata?.summary?.data ?? []).toString());
}

describe('nobody sees the candidate', () => {
  const canary: ApplicationInput['candidate'] = {
    givenName: 'Canarygiven',
    familyName: 'Canaryfamily',
    email: 'canary@example.org',
    phoneNumber: '+14155550199',
    diSessionToken: 'canary-di-session',
    address: { line1: 'Canary Street 1', locality: 'Canaryville', country: 'US', postalCode: 'CANARY9' },
    dateOfBirth: '1987-06-05',
    nationalId: 'CANARY-ID-4711',
  };
  const traces = /canary|4155550199|1987-06-05/i;

  test('in the status, timeline, summaries, details, search attributes, memo or ids', async () => {
    const funnel = await world.start('seen', { custom: { scenario: 'accept' }, candidate: canary });
    const status = await until(
      funnel,
      ({ images, stage }) => stage === 'verified' && images[0]?.result === 'archived',
    );
    const description = await handleOf(funnel).describe();
    const { currentDetails } = metadata.parse(await handleOf(funnel).query('__temporal_workflow_metadata'));
    const open = [
      status,
      await funnel.timeline(),
      description.workflowId,
      description.memo,
      description.typedSearchAttributes,
      await summariesOf(funnel),
      currentDetails,
    ];
    expect(JSON.stringify(open)).not.toMatch(traces);
  });

  test('in a failure that Temporal records, when RiskOS refuses their data', async () => {
    // RiskOS refuses an unknown scenario; its message may name what was sent.
    const funnel = await world.start('refused', {
      custom: { scenario: 'no-such-scenario' },
      candidate: canary,
    });
    const { attention } = await until(funnel, ({ stage }) => stage === 'needs_attention');
    const { events } = await handleOf(funnel).fetchHistory();
    const failures = events
      ?.map(({ activityTaskFailedEventAttributes: failed }) => failed?.failure)
      .filter(Boolean);
    expect(failures).not.toEqual([]);
    expect(JSON.stringify([attention, failures])).not.toMatch(traces);
  });

  test('in anything that is shown or recorded open, when RiskOS refuses what an update brought', async () => {
    const funnel = await world.start('refused-again', { custom: { scenario: 'no-such-scenario' } });
    await until(funnel, ({ stage }) => stage === 'needs_attention');
    await funnel.correct({ candidate: canary });
    const stops = async () => (await funnel.timeline()).filter(({ kind }) => kind === 'attention').length;
    await expect.poll(stops).toBe(2);
    const handle = handleOf(funnel);
    const description = await handle.describe();
    const { events } = await handle.fetchHistory();
    const failures = events?.flatMap(
      ({ activityTaskFailedEventAttributes: failed }) => failed?.failure ?? [],
    );
    expect(failures).toHaveLength(2);
    const { currentDetails } = metadata.parse(await handle.query('__temporal_workflow_metadata'));
    const open = [
      await funnel.status(),
      await funnel.timeline(),
      description.memo,
      description.typedSearchAttributes,
      await summariesOf(funnel),
      currentDetails,
      failures,
    ];
    expect(JSON.stringify(open)).not.toMatch(traces);
  });
});
