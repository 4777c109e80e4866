import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Funnel, temporalClient } from '../../src/client/index.ts';
import { createRelay } from '../../src/relay/index.ts';
import { silent, token } from '../support/constants.ts';
import { createWorld, until, type World } from '../support/world.ts';

let world: World;
let url: string;

beforeAll(async () => {
  world = await createWorld({ scenarios: { absent: { documents: [{ candidate: 'absent' }] } } });
  ({ url } = await world.startRelay());
  await world.startWorker();
});
afterAll(() => world.close());

interface Answer {
  status: number;
  body: string;
}

async function post(
  body: unknown,
  options: { authorization?: string; to?: string; type?: string } = {},
): Promise<Answer> {
  const { authorization = `Bearer ${token}`, to = url, type = 'application/json' } = options;
  const answer = await request(`${to}/webhooks/riskos`, {
    method: 'POST',
    headers: { 'content-type': type, ...(authorization ? { authorization } : {}) },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: answer.statusCode, body: await answer.body.text() };
}

const event = (data: object, type = 'evaluation_completed') => ({
  event_id: randomUUID(),
  event_at: '2026-02-03T04:05:06.12345678Z',
  event_type: type,
  data,
});

const foreignId = `nobody~0123abcd~passive_check~1`;

describe('the relay refuses', () => {
  test.each([
    ['no token', ''],
    ['a wrong token', 'Bearer wrong-token-wrong-token'],
    ['another scheme', `Basic ${Buffer.from(`user:${token}`).toString('base64')}`],
    ['a prefix of the token', `Bearer ${token.slice(0, -1)}`],
  ])('%s with 401 and the setting to look at', async (_what, authorization) => {
    const answer = await post(event({ id: foreignId }), { authorization });
    expect(answer).toMatchObject({ status: 401, body: expect.stringMatching(/RELAY_(BEARER_TOKENS|AUTH)/) });
  });

  test.each<[string, unknown, number]>([
    ['a body that is not JSON', '{', 400],
    ['a body that is no object', [], 400],
    ['a body that is too large', event({ id: 'x', notes: 'x'.repeat(2 * 1024 * 1024) }), 413],
  ])('%s with a 4xx that is not tried again', async (_what, body, status) => {
    expect((await post(body)).status).toBe(status);
  });

  test.each<['GET' | 'POST', string, number]>([
    ['GET', '/webhooks/riskos', 405],
    ['POST', '/webhooks/other', 404],
  ])('%s %s with %i', async (method, path, status) => {
    const answer = await request(`${url}${path}`, { method });
    await answer.body.dump();
    expect(answer.statusCode).toBe(status);
  });
});

describe('the relay takes with 200 what nobody waits for', () => {
  test.each<[string, unknown, string]>([
    ["the dashboard's test ping", event({ id: 'verify-ping1', environment_name: '' }), 'test_ping'],
    ['an evaluation that is not ours', event({ id: randomUUID(), eval_id: randomUUID() }), 'not_ours'],
    ['an event without an id', event({}), 'not_ours'],
    ['an event without an id of its own', { ...event({ id: 'x' }), event_id: undefined }, 'not_ours'],
    ['data that is no object', event([]), 'not_ours'],
    ['an unknown type of event', event({ id: 'x' }, 'something_new'), 'not_ours'],
    ['an event of a funnel that never was', event({ id: foreignId, eval_id: 'e-1' }), 'no_open_funnel'],
  ])('%s', async (_what, body, result) => {
    expect(await post(body)).toEqual({ status: 200, body: JSON.stringify({ result }) });
  });

  test('an event of a closed funnel, which it does not bring back', async () => {
    const funnel = await world.start('gone', { custom: { scenario: 'passive-reject' } });
    const { verdicts } = await funnel.result();
    const answer = await post(event({ id: verdicts[0]?.evaluationId, eval_id: verdicts[0]?.evalId }));
    expect(answer).toEqual({ status: 200, body: JSON.stringify({ result: 'no_open_funnel' }) });
    const handle = world.temporal.workflow.getHandle(`funnel-${funnel.applicationId}`);
    expect((await handle.describe()).status.name).toBe('COMPLETED');
  });

  test('an event of an open funnel only once the signal is in history', async () => {
    const funnel = await world.start('open', { custom: { scenario: 'absent' } });
    await until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
    const created = world.emulator.ledger().evaluations.at(-1);
    const body = event({ id: created?.id, eval_id: created?.eval_id });
    expect(await post(body)).toEqual({ status: 200, body: JSON.stringify({ result: 'signalled' }) });
    await expect.poll(() => signalsOf(funnel)).toContain(body.event_id);
  });

  test('an event whose ids look like nothing known, once it is a signal with those ids', async () => {
    const funnel = await world.start('ids', { custom: { scenario: 'absent' } });
    await until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
    const created = world.emulator.ledger().evaluations.at(-1);
    const data = { id: created?.id, eval_id: created?.eval_id };
    const odd = { ...event(data, 'evaluation_paused'), event_id: 'événement 7/8' };
    expect(await post(odd)).toEqual({ status: 200, body: JSON.stringify({ result: 'signalled' }) });
    await expect.poll(() => signalsOf(funnel)).toContain('événement 7/8');
    const nameless = { ...event(data, 'evaluation_paused'), event_id: null };
    for (let nth = 0; nth < 2; nth++) expect((await post(nameless)).status).toBe(200);
    await expect.poll(async () => (await signalsOf(funnel)).match(/sha256:[0-9a-f]{64}/g)?.length).toBe(2);
    expect(new Set((await signalsOf(funnel)).match(/sha256:[0-9a-f]{64}/g)).size).toBe(1);
  });

  test('a decision stays outside: the funnel reads what was decided', async () => {
    const funnel = await world.start('decision', { custom: { scenario: 'absent' } });
    await until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
    const created = world.emulator.ledger().evaluations.at(-1);
    const body = event(
      { id: created?.id, eval_id: created?.eval_id, decision: 'REJECT', reason_codes: ['R810'], score: 0.9 },
      'decision_update',
    );
    expect((await post(body)).status).toBe(200);
    await expect.poll(() => signalsOf(funnel)).toContain(body.event_id);
    const signal = (await signalsOf(funnel)).split('\n').find((one) => one.includes(body.event_id));
    expect(JSON.parse(signal ?? '')).toEqual({
      eventId: body.event_id,
      eventType: 'decision_update',
      eventAt: '2026-02-03T04:05:06.123Z',
      evaluationId: created?.id,
      evalId: created?.eval_id,
    });
  });

  test('free text of a note stays outside: it never reaches the workflow', async () => {
    const funnel = await world.start('notes', { custom: { scenario: 'absent' } });
    await until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
    const created = world.emulator.ledger().evaluations.at(-1);
    const data = {
      id: created?.id,
      eval_id: created?.eval_id,
      reviewer_id: 'Webhook',
      notes: 'born in Springfield',
    };
    const body = event(data, 'case_notes_added');
    expect((await post(body)).status).toBe(200);
    await expect.poll(() => signalsOf(funnel)).toContain(body.event_id);
    expect(await signalsOf(funnel)).not.toContain('Springfield');
  });
});

/** Everything that came to the workflow by signal; a signal that was acknowledged can take a moment to be seen. */
async function signalsOf(funnel: Funnel): Promise<string> {
  const history = await world.temporal.workflow.getHandle(`funnel-${funnel.applicationId}`).fetchHistory();
  const payloads = history.events?.flatMap(
    (one) => one.workflowExecutionSignaledEventAttributes?.input?.payloads ?? [],
  );
  return (payloads ?? []).map(({ data }) => Buffer.from(data ?? []).toString()).join('\n');
}

describe('with Temporal out of reach', () => {
  let hole: Server;
  beforeAll(async () => {
    // Accepts connections and never answers: the worst kind of outage.
    hole = createServer(() => {});
    await new Promise<void>((resolve) => hole.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    hole.close();
  });

  function portOf(server: Server): number {
    const address = server.address();
    if (typeof address !== 'object' || address === null) throw new Error('not listening');
    return address.port;
  }

  test.each<[string, () => string]>([
    ['refusing connections', () => '127.0.0.1:1'],
    ['silent', () => `127.0.0.1:${portOf(hole)}`],
  ])(
    '%s, a delivery is answered 503 within the deadline, so that RiskOS tries again',
    async (_what, address) => {
      const temporal = temporalClient(address());
      const relay = await createRelay({ temporal, bearerTokens: [token], deadline: 500, logger: silent });
      try {
        const to = await relay.listen({ host: '127.0.0.1', port: 0 });
        const answer = await post(event({ id: foreignId, eval_id: 'e-1' }), { to });
        expect(answer.status).toBe(503);
        const ready = await request(`${to}/readyz`);
        await ready.body.dump();
        expect(ready.statusCode).toBe(503);
        const live = await request(`${to}/livez`);
        await live.body.dump();
        expect(live.statusCode).toBe(200);
      } finally {
        await relay.close();
        await temporal.connection.close();
      }
    },
  );
});

test('tokens can be rotated: every listed one is accepted', async () => {
  const relay = await createRelay({
    temporal: world.temporal,
    bearerTokens: ['old-token-old-token', 'new-token-new-token'],
    logger: silent,
  });
  try {
    const to = await relay.listen({ host: '127.0.0.1', port: 0 });
    for (const one of ['old-token-old-token', 'new-token-new-token']) {
      expect((await post(event({ id: foreignId }), { to, authorization: `Bearer ${one}` })).status).toBe(200);
    }
  } finally {
    await relay.close();
  }
});

test('metrics count deliveries by what became of them', async () => {
  const answer = await request(`${url}/metrics`);
  expect(await answer.body.text()).toMatch(/candidate_funnel_webhooks_total\{result="no_open_funnel"\} \d+/);
});
