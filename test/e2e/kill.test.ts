import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ChildProcess } from 'node:child_process';
import { createGateway, gate, type Gateway, type Meddling } from '../support/gateway.ts';
import { killProcess, startProcess } from '../support/processes.ts';
import { createWorld, quickPolicy, until, verdictsOf, type World } from '../support/world.ts';

let world: World;
let gateway: Gateway;
let workers: ChildProcess[];

beforeEach(async () => {
  workers = [];
  world = await createWorld({
    pace: 20,
    scenarios: { slow: { documents: [{ after: 100 }] }, prompt: { documents: [{ after: 1 }] } },
  });
  gateway = await createGateway(world.emulator.url);
  await world.startRelay();
});
afterEach(async () => {
  for (const worker of workers) await killProcess(worker);
  await gateway.close();
  await world.close();
});

async function startWorker(): Promise<ChildProcess> {
  const settings = { ...world.workerSettings, RISKOS_BASE_URL: gateway.url };
  const worker = await startProcess(['worker'], settings, /worker runs/);
  workers.push(worker);
  return worker;
}

const posts = () => world.emulator.ledger().evaluations.filter(({ event_type }) => event_type !== 'passive');

/** Holds the POST of the document verification; `reached` tells that it has come, `open` lets it go on. */
function holdSecondPost(hold: (opened: Promise<void>) => Meddling): {
  reached: Promise<void>;
  open: () => void;
} {
  const { opened, open } = gate();
  const reached = gate();
  gateway.meddle = ({ method, path, nth }) => {
    if (method !== 'POST' || path !== '/api/evaluation' || nth !== 2) return 'pass';
    reached.open();
    return hold(opened);
  };
  return { reached: reached.opened, open };
}

describe('a worker killed with SIGKILL', () => {
  test('while an evaluation is paused: another one goes on, same verdict, nothing twice', async () => {
    const first = await startWorker();
    const funnel = await world.start('kill-paused', { custom: { scenario: 'slow' } });
    await until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
    await killProcess(first);
    await startWorker();
    const status = await until(
      funnel,
      ({ stage, images }) => stage === 'verified' && images[0]?.result === 'archived',
    );
    expect(verdictsOf(status)).toEqual(['passive_check 1 accept', 'document_verification 1 accept']);
    expect(posts()).toHaveLength(1);
    expect(world.emulator.ledger().sms).toHaveLength(1);
  });

  test('after RiskOS took the POST and before the answer came: the webhook leads back, no second POST', async () => {
    const { reached, open } = holdSecondPost((opened) => ({ hold_after: () => opened }));
    const first = await startWorker();
    const policy = { ...quickPolicy, ambiguousWait: '20s' };
    const funnel = await world.start('kill-after-post', { custom: { scenario: 'slow' }, policy });
    await reached;
    await expect.poll(() => gateway.passed.filter((call) => call.startsWith('POST')).length).toBe(2);
    await killProcess(first);
    open();
    await startWorker();
    const status = await until(funnel, ({ stage }) => stage === 'verified');
    expect(verdictsOf(status)).toEqual(['passive_check 1 accept', 'document_verification 1 accept']);
    expect(posts()).toHaveLength(1);
    expect(world.emulator.ledger().sms).toHaveLength(1);
  });

  test('before RiskOS saw the POST: it is sent again with the same id, and once only', async () => {
    const { reached, open } = holdSecondPost((opened) => ({ hold_before: () => opened }));
    const first = await startWorker();
    const id = `kill-before-${randomBytes(2).toString('hex')}`;
    const funnel = await world.start(id, { custom: { scenario: 'prompt' } });
    await reached;
    await killProcess(first);
    open();
    await startWorker();
    const status = await until(funnel, ({ stage }) => stage === 'verified');
    expect(verdictsOf(status)).toEqual(['passive_check 1 accept', 'document_verification 1 accept']);
    expect(posts()).toHaveLength(1);
    expect(posts()[0]?.id).toMatch(/~document_verification~1$/);
  });
});
