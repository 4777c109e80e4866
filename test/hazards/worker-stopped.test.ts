import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createGateway, gate, type Gateway } from '../support/gateway.ts';
import { killProcess, type Running, startProcess } from '../support/processes.ts';
import { createWorld, quickPolicy, until, verdictsOf, type World } from '../support/world.ts';

let world: World;
let gateway: Gateway;
let workers: Running[];

beforeEach(async () => {
  workers = [];
  world = await createWorld();
  gateway = await createGateway(world.emulator.url);
  await world.startRelay();
});
afterEach(async () => {
  for (const worker of workers) await killProcess(worker);
  await gateway.close();
  await world.close();
});

async function startWorker(): Promise<Running> {
  const settings = { ...world.workerSettings, RISKOS_BASE_URL: gateway.url };
  const worker = await startProcess(['worker'], settings, /worker runs/);
  workers.push(worker);
  return worker;
}

/** Holds the answer of the first POST; `reached` resolves when RiskOS has taken it, `open` lets the answer through. */
function holdAnswer(): { reached: Promise<void>; open: () => void } {
  const reached = gate();
  const { opened, open } = gate();
  gateway.meddle = ({ method, nth }) => {
    if (method !== 'POST' || nth !== 1) return 'pass';
    return {
      hold_after: () => {
        reached.open();
        return opened;
      },
    };
  };
  return { reached: reached.opened, open };
}

test('SIGTERM lets a POST of RiskOS come to its end, so that nothing is unclear and nothing is sent twice', async () => {
  const { reached, open } = holdAnswer();
  const worker = await startWorker();
  const policy = { ...quickPolicy, ambiguousWait: '1 hour' };
  const funnel = await world.start('drained', { custom: { scenario: 'accept' }, policy });
  await reached;
  const ended = once(worker, 'exit');
  worker.kill('SIGTERM');
  await expect.poll(() => worker.log()).toContain('worker stops: finishes the activities');
  open();
  expect(await ended).toEqual([0, null]);
  expect(worker.log()).toContain('worker stopped');
  await startWorker();
  const status = await until(funnel, ({ stage }) => stage === 'verified');
  expect(verdictsOf(status)).toEqual(['passive_check 1 accept', 'document_verification 1 accept']);
  expect(status.verdicts.flatMap(({ flags }) => flags)).toEqual([]);
  expect(world.emulator.ledger().evaluations).toHaveLength(2);
});

test('a second SIGTERM ends the worker at once, with exit code 1 and a line that says so', async () => {
  const { reached, open } = holdAnswer();
  const worker = await startWorker();
  await world.start('hurried', { custom: { scenario: 'accept' } });
  await reached;
  const ended = once(worker, 'exit');
  worker.kill('SIGTERM');
  await expect.poll(() => worker.log()).toContain('a second signal ends it at once');
  // Signals within half a second are one; the call is still under way.
  const again = setInterval(() => worker.kill('SIGTERM'), 100);
  const [code] = await ended;
  clearInterval(again);
  open();
  expect(code).toBe(1);
  expect(worker.log()).toContain('worker stopped before everything was closed: a second signal came');
});
