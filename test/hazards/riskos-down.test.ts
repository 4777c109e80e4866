import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createGateway, type Gateway } from '../support/gateway.ts';
import { createWorld, quickPolicy, until, verdictsOf, type World } from '../support/world.ts';
import { type Door, openDoor } from './support/door.ts';
import { captureIn, createdFor, smsFor } from '../support/riskos.ts';

let world: World;
let gateway: Gateway;
let door: Door;

beforeEach(async () => {
  world = await createWorld({ scenarios: { person: { documents: [{ candidate: 'person' }] } } });
  gateway = await createGateway(world.emulator.url);
  door = await openDoor(gateway.url);
  await world.startRelay();
  await world.startWorker(door.url);
});
afterEach(async () => {
  await world.stopWorker();
  await door.shut();
  await gateway.close();
  await world.close();
});

const policy = { ...quickPolicy, reconciliation: { first: '500ms', longest: '1s' } };

describe('RiskOS', () => {
  test('that cannot be read for the whole capture, refusing and then failing: the verdict comes, nothing twice', async () => {
    const funnel = await world.start('down', { custom: { scenario: 'person' }, policy });
    await until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
    const evalId = createdFor(world, funnel.applicationId).at(-1)?.eval_id ?? '';

    await door.shut();
    await captureIn(world, evalId);
    await until(funnel, ({ trouble }) => trouble?.problem === 'Unreachable');

    let refused = 0;
    gateway.meddle = () => {
      refused += 1;
      return { status: 503, body: '{"message":"down"}' };
    };
    await door.open();
    await expect.poll(() => refused).toBeGreaterThan(2);
    expect((await funnel.status()).stage).toBe('document_verification');

    gateway.meddle = () => 'pass';
    const status = await until(funnel, ({ stage }) => stage === 'verified');
    expect(verdictsOf(status)).toEqual(['passive_check 1 accept', 'document_verification 1 accept']);
    expect(status.trouble).toBeNull();
    expect(createdFor(world, funnel.applicationId)).toHaveLength(2);
    expect(smsFor(world, funnel.applicationId)).toHaveLength(1);
  });

  test('that refuses connections from the start gets each POST once, when it is back', async () => {
    await door.shut();
    const funnel = await world.start('down-at-start', { custom: { scenario: 'person' }, policy });
    await until(funnel, ({ trouble }) => trouble?.problem === 'Unreachable');
    await door.open();
    await until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
    expect(createdFor(world, funnel.applicationId)).toHaveLength(2);
    expect(smsFor(world, funnel.applicationId)).toHaveLength(1);
  });
});
