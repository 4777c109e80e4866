import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DevServer, findTemporal, startDevServer } from '../../src/dev-server/index.ts';
import { createWorld, until, verdictsOf, type World } from '../support/world.ts';
import { captureIn, createdFor, smsFor } from '../support/riskos.ts';

let folder: string;
let server: DevServer;
let world: World;
let start: (port?: number) => Promise<DevServer>;

beforeAll(async () => {
  const binary = await findTemporal({ env: process.env, onProgress: () => {} });
  folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-test-'));
  const dbFile = join(folder, 'temporal.sqlite');
  start = (port = 0) => startDevServer({ binary, uiPort: false, dbFile, port });
  server = await start();
  world = await createWorld({
    address: server.address,
    scenarios: { person: { documents: [{ candidate: 'person' }] } },
  });
  await world.startRelay();
  await world.startWorker();
});
afterAll(async () => {
  await world.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

test('Temporal killed in the middle of a capture: what RiskOS tells meanwhile still leads to the verdict', async () => {
  const funnels = await Promise.all(
    [1, 2, 3].map(() => world.start('server', { custom: { scenario: 'person' } })),
  );
  const evalIds: string[] = [];
  for (const funnel of funnels) {
    await until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
    evalIds.push(createdFor(world, funnel.applicationId).at(-1)?.eval_id ?? '');
  }
  server.kill();
  await server.stop();
  for (const evalId of evalIds) await captureIn(world, evalId);
  // RiskOS is told to try again as long as Temporal is away.
  const refused = () =>
    world.emulator
      .ledger()
      .webhooks.filter(({ event_type, status }) => event_type === 'evaluation_completed' && status === 503);
  await expect.poll(() => refused().length).toBeGreaterThan(0);
  server = await start(Number(server.address.split(':')[1]));
  for (const funnel of funnels) {
    const status = await until(funnel, ({ stage }) => stage === 'verified');
    expect(verdictsOf(status)).toEqual(['passive_check 1 accept', 'document_verification 1 accept']);
    expect(createdFor(world, funnel.applicationId)).toHaveLength(2);
    expect(smsFor(world, funnel.applicationId)).toHaveLength(1);
  }
});
