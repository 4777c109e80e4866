import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ChildProcess } from 'node:child_process';
import type { Funnel } from '../../src/client/index.ts';
import { createGateway, gate, type Gateway, type Meddling } from '../support/gateway.ts';
import { killProcess, startProcess } from '../support/processes.ts';
import { createdFor, smsFor } from '../support/riskos.ts';
import { createWorld, quickPolicy, until, verdictsOf, type World } from '../support/world.ts';

let world: World;
let gateway: Gateway;
/** The second worker of one test is the first one of the next. */
let worker: ChildProcess;

beforeAll(async () => {
  world = await createWorld({
    pace: 20,
    scenarios: { slow: { documents: [{ after: 100 }] }, prompt: { documents: [{ after: 1 }] } },
  });
  gateway = await createGateway(world.emulator.url);
  await world.startRelay();
  worker = await startWorker();
});
beforeEach(() => {
  gateway.meddle = () => 'pass';
  gateway.passed.length = 0;
});
afterAll(async () => {
  await killProcess(worker);
  await gateway.close();
  await world.close();
});

async function startWorker(): Promise<ChildProcess> {
  const settings = { ...world.workerSettings, RISKOS_BASE_URL: gateway.url };
  return startProcess(['worker'], settings, /worker runs/);
}

const posts = ({ applicationId }: Funnel) =>
  createdFor(world, applicationId).filter(({ event_type }) => event_type !== 'passive');

/** Holds the POST of the document verification; `reached` tells that it has come, `open` lets it go on. */
function holdSecondPost(hold: (opened: Promise<void>) => Meddling): {
  reached: Promise<void>;
  open: () => void;
} {
  const { opened, open } = gate();
  const reached = gate();
  let asked = 0;
  gateway.meddle = ({ method, path }) => {
    if (method !== 'POST' || path !== '/api/evaluation') return 'pass';
    asked += 1;
    if (asked !== 2) return 'pass';
    reached.open();
    return hold(opened);
  };
  return { reached: reached.opened, open };
}

async function expectAcceptedByOnePost(funnel: Funnel): Promise<void> {
  const status = await until(funnel, ({ stage }) => stage === 'verified');
  expect(verdictsOf(status)).toEqual(['passive_check 1 accept', 'document_verification 1 accept']);
  expect(posts(funnel)).toHaveLength(1);
}

describe('a worker killed with SIGKILL', () => {
  test('while an evaluation is paused: another one goes on, same verdict, nothing twice', async () => {
    const funnel = await world.start('kill-paused', { custom: { scenario: 'slow' } });
    await until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
    await killProcess(worker);
    worker = await startWorker();
    const status = await until(
      funnel,
      ({ stage, images }) => stage === 'verified' && images[0]?.result === 'archived',
    );
    expect(verdictsOf(status)).toEqual(['passive_check 1 accept', 'document_verification 1 accept']);
    expect(posts(funnel)).toHaveLength(1);
    expect(smsFor(world, funnel.applicationId)).toHaveLength(1);
  });

  test('after RiskOS took the POST and before the answer came: the webhook leads back, no second POST', async () => {
    const { reached, open } = holdSecondPost((opened) => ({ hold_after: () => opened }));
    const policy = { ...quickPolicy, ambiguousWait: '20s' };
    const funnel = await world.start('kill-after-post', { custom: { scenario: 'slow' }, policy });
    await reached;
    await expect.poll(() => gateway.passed.filter((call) => call.startsWith('POST')).length).toBe(2);
    await killProcess(worker);
    open();
    worker = await startWorker();
    await expectAcceptedByOnePost(funnel);
    expect(smsFor(world, funnel.applicationId)).toHaveLength(1);
  });

  test('before RiskOS saw the POST: it is sent again with the same id, and once only', async () => {
    const { reached, open } = holdSecondPost((opened) => ({ hold_before: () => opened }));
    const id = `kill-before-${randomBytes(2).toString('hex')}`;
    const funnel = await world.start(id, { custom: { scenario: 'prompt' } });
    await reached;
    await killProcess(worker);
    open();
    worker = await startWorker();
    await expectAcceptedByOnePost(funnel);
    expect(posts(funnel)[0]?.id).toMatch(/~document_verification~1$/);
  });
});
