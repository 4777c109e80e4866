import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DevServer } from '../../src/dev-server/index.ts';
import { createGateway, type Gateway } from '../support/gateway.ts';
import { startServerOfShortRuns } from '../support/short-runs.ts';
import { createWorld, until, verdictsOf, type World } from '../support/world.ts';
import { deliver, letter } from './support/deliver.ts';
import { createdFor } from '../support/riskos.ts';

let server: DevServer;
let world: World;
let gateway: Gateway;
let relayUrl: string;

beforeAll(async () => {
  server = await startServerOfShortRuns(40);
  world = await createWorld({
    address: server.address,
    scenarios: { code: { passive: [{ waitsFor: ['one_time_code'] }] } },
  });
  gateway = await createGateway(world.emulator.url);
  relayUrl = (await world.startRelay()).url;
  await world.startWorker(gateway.url);
});
afterAll(async () => {
  await world.close();
  await gateway.close();
  await server.stop();
});

test('an update whose PATCH is still out when the run must end is answered, and nothing is lost', async () => {
  const funnel = await world.start('held', { custom: { scenario: 'code' } });
  await until(funnel, ({ nextAction }) => nextAction.kind === 'enter_one_time_code');
  const handle = world.temporal.workflow.getHandle(`funnel-${funnel.applicationId}`);
  const { runId } = await handle.describe();
  const { id = '', eval_id: evalId = '' } = createdFor(world, funnel.applicationId).at(-1) ?? {};

  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  gateway.meddle = ({ method }) => (method === 'PATCH' ? { hold_after: () => opened } : 'pass');
  const answered = funnel.submitOneTimeCode({ code: '123456' });
  await expect.poll(() => gateway.passed.some((call) => call.startsWith('PATCH'))).toBe(true);

  // Events fill the history until Temporal wants a new run; one of them comes in the middle of it.
  for (let nth = 0; nth < 30; nth++) {
    const note = { id, eval_id: evalId, reviewer_id: 'Webhook', notes: 'Process Initiated' };
    expect(await deliver(relayUrl, letter('case_notes_added', note))).toBe(200);
  }
  const notes = async () =>
    (await funnel.timeline()).filter(
      ({ what }) => what === 'RiskOS: process initiated (passive check, attempt 1)',
    );
  await expect.poll(async () => (await notes()).length).toBe(30);
  const { historyLength } = await handle.describe();
  expect(historyLength).toBeGreaterThan(40);
  expect((await handle.describe()).runId).toBe(runId);

  open();
  expect((await answered).applicationId).toBe(funnel.applicationId);
  const status = await until(funnel, ({ stage }) => stage === 'verified');
  expect(verdictsOf(status)[0]).toBe('passive_check 1 accept');
  await expect.poll(async () => (await handle.describe()).runId).not.toBe(runId);
  const patches = world.emulator.ledger().patches.filter((patch) => patch.id === id);
  expect(patches).toHaveLength(1);
  expect(await notes()).toHaveLength(30);
});
