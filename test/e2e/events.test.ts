import { randomUUID } from 'node:crypto';
import { request } from 'undici';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { token } from '../support/constants.ts';
import { createGateway, type Gateway } from '../support/gateway.ts';
import { createWorld, quickPolicy, until, verdictsOf, type World } from '../support/world.ts';

let world: World;
let gateway: Gateway;

beforeEach(async () => {
  world = await createWorld({
    scenarios: {
      absent: { documents: [{ candidate: 'absent' }] },
      later: { documents: [{ after: 60 }] },
    },
  });
  gateway = await createGateway(world.emulator.url);
  await world.startWorker(gateway.url);
});
afterEach(async () => {
  await world.stopWorker();
  await gateway.close();
  await world.close();
});

const accepted = ['passive_check 1 accept', 'document_verification 1 accept'];

async function deliver(url: string, event: { eventId: string; type: string; id: string; evalId: string }) {
  const answer = await request(`${url}/webhooks/riskos`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      event_id: event.eventId,
      event_at: '2026-01-05T10:00:00.123456789Z',
      event_type: event.type,
      data: {
        id: event.id,
        eval_id: event.evalId,
        decision: 'ACCEPT',
        evaluation_status: 'evaluation_completed',
      },
    }),
  });
  await answer.body.dump();
  return answer.statusCode;
}

/** Holds the answer of the second POST back until a webhook of that type was delivered. */
function holdSecondPostUntil(eventType: string): void {
  const isDelivered = () =>
    world.emulator
      .ledger()
      .webhooks.some(({ event_type, status }) => event_type === eventType && status === 200);
  const delivered = async () => {
    await expect.poll(isDelivered).toBe(true);
  };
  gateway.meddle = ({ method, nth }) => (method === 'POST' && nth === 2 ? { hold_after: delivered } : 'pass');
}

describe('an event', () => {
  test('that comes while the relay is down is delivered again by RiskOS, and settles the evaluation', async () => {
    const relay = await world.startRelay();
    const funnel = await world.start('relay-down', { custom: { scenario: 'later' } });
    await until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
    await world.stopRelay();
    const failed = () =>
      world.emulator
        .ledger()
        .webhooks.filter(
          ({ event_type, status }) => event_type === 'evaluation_completed' && status === 'no_connection',
        );
    await expect.poll(() => failed().length).toBeGreaterThan(0);
    await world.startRelay(Number(new URL(relay.url).port));
    const status = await until(funnel, ({ stage }) => stage === 'verified');
    expect(verdictsOf(status)).toEqual(accepted);
  });

  test('that comes before the POST answers is not lost', async () => {
    await world.startRelay();
    holdSecondPostUntil('evaluation_completed');
    const funnel = await world.start('early', { custom: { scenario: 'accept' } });
    const status = await until(funnel, ({ stage }) => stage === 'verified');
    expect(verdictsOf(status)).toEqual(accepted);
    expect(world.emulator.ledger().sms).toHaveLength(1);
  });

  test('that comes twice, or only claims something, changes nothing: RiskOS is asked, and believed', async () => {
    const relay = await world.startRelay();
    // Its own webhook comes during the POST, and leads to no reading.
    holdSecondPostUntil('evaluation_paused');
    const funnel = await world.start('twice', { custom: { scenario: 'absent' } });
    const before = await until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
    const created = world.emulator.ledger().evaluations.at(-1);
    if (!created) throw new Error('no evaluation was created');
    const event = {
      eventId: randomUUID(),
      type: 'evaluation_completed',
      id: created.id,
      evalId: created.eval_id,
    };
    const reads = () =>
      gateway.passed.filter((call) => call === `GET /api/evaluation/${created.eval_id}`).length;
    expect(reads()).toBe(0);
    expect(await deliver(relay.url, event)).toBe(200);
    await expect.poll(reads).toBe(1);
    for (let copy = 0; copy < 5; copy++) expect(await deliver(relay.url, event)).toBe(200);
    expect(await deliver(relay.url, { ...event, eventId: randomUUID(), evalId: randomUUID() })).toBe(200);
    const after = await until(funnel, () => true);
    expect(reads()).toBe(1);
    expect(after).toEqual(before);
  });

  test("that belongs to another funnel's evaluation is not believed", async () => {
    const relay = await world.startRelay();
    const other = await world.start('accepted', { custom: { scenario: 'accept' } });
    await until(other, ({ stage }) => stage === 'verified');
    const theirs = world.emulator.ledger().evaluations.at(-1);
    const funnel = await world.start('victim', { custom: { scenario: 'absent' } });
    await until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
    const ours = world.emulator.ledger().evaluations.at(-1);
    if (!theirs || !ours) throw new Error('no evaluation was created');
    const reads = () =>
      gateway.passed.filter((call) => call === `GET /api/evaluation/${theirs.eval_id}`).length;
    const before = reads();
    await deliver(relay.url, {
      eventId: randomUUID(),
      type: 'evaluation_completed',
      id: ours.id,
      evalId: theirs.eval_id,
    });
    await expect.poll(reads).toBe(before + 1);
    expect((await funnel.status()).nextAction.kind).toBe('show_capture_link');
  });

  test('a funnel without any webhook ends by reconciliation', async () => {
    const policy = { ...quickPolicy, reconciliation: { first: '300ms', longest: '1s' } };
    const funnel = await world.start('silent', { custom: { scenario: 'accept' }, policy });
    const status = await until(funnel, ({ stage }) => stage === 'verified');
    expect(verdictsOf(status)).toEqual(accepted);
  });
});
