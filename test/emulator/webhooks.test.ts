import fastify from 'fastify';
import { describe, expect, onTestFinished, test } from 'vitest';
import { body, emulator, subscriber, type TestEmulator, until, webhookToken } from './support.ts';

/** Statuses of the attempts of one event type, in order. */
function attemptsOf(riskos: TestEmulator, type: string) {
  return riskos
    .ledger()
    .webhooks.filter(({ event_type }) => event_type === type)
    .map(({ attempt, status }) => [attempt, status]);
}

const silent = { scenarios: { silent: { documents: [{ candidate: 'absent' as const }] } } };

describe('delivery', () => {
  test('carries the four fields of the envelope and the bearer token', async () => {
    const hr = await subscriber();
    const riskos = await emulator({ subscriber: hr });
    await riskos.create(body('docv', 'withdrawn'), 201);
    const event = await hr.next('evaluation_paused');
    expect(Object.keys(event)).toEqual(['event_id', 'event_at', 'event_type', 'data']);
    expect(event.event_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{8,9}Z$/);
    expect(hr.authorizations).toEqual([`Bearer ${webhookToken}`]);
  });

  test('by Basic', async () => {
    const hr = await subscriber();
    const auth = { type: 'basic' as const, username: 'riskos', password: 'p:ss' };
    const riskos = await emulator({ webhook: { url: hr.url, auth } });
    await riskos.create(body('docv', 'withdrawn'), 201);
    await hr.next('evaluation_paused');
    expect(hr.authorizations).toEqual([`Basic ${Buffer.from('riskos:p:ss').toString('base64')}`]);
  });

  test('by OAuth 2 client credentials, with one token for several events', async () => {
    const hr = await subscriber();
    const asked: unknown[] = [];
    const issuer = fastify();
    issuer.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string' },
      (_, text, done) => {
        done(null, Object.fromEntries(new URLSearchParams(String(text))));
      },
    );
    issuer.post('/token', (request, reply) => {
      asked.push(request.body);
      reply.send({ access_token: 'issued', token_type: 'Bearer', expires_in: 600 });
    });
    const tokenUrl = `${await issuer.listen({ host: '127.0.0.1', port: 0 })}/token`;
    onTestFinished(() => issuer.close());
    const auth = { type: 'oauth2' as const, tokenUrl, clientId: 'me', clientSecret: 'mine' };
    const riskos = await emulator({ webhook: { url: hr.url, auth } });
    const { eval_id } = await riskos.create(body('docv', 'withdrawn'), 201);
    await hr.next('evaluation_paused');
    await riskos.create(body('docv', 'withdrawn'), 201);
    await until(() => hr.received.find(({ data }) => data.eval_id !== eval_id), 'the second event');
    expect(hr.authorizations).toEqual(['Bearer issued', 'Bearer issued']);
    expect(asked).toEqual([{ grant_type: 'client_credentials', client_id: 'me', client_secret: 'mine' }]);
  });

  test.each([408, 409, 423, 429, 502, 503, 504])('is retried after %i', async (status) => {
    const hr = await subscriber([status, status]);
    const riskos = await emulator({ subscriber: hr, ...silent });
    await riskos.create(body('docv', 'silent'), 201);
    await hr.next('evaluation_paused');
    await until(
      () => (attemptsOf(riskos, 'evaluation_paused').length === 3 ? true : undefined),
      'three attempts',
    );
    expect(attemptsOf(riskos, 'evaluation_paused')).toEqual([
      [1, status],
      [2, status],
      [3, 200],
    ]);
    expect(new Set(riskos.ledger().webhooks.map(({ event_id }) => event_id)).size).toBe(1);
  });

  test.each([400, 401, 404, 500])('is not tried again after %i', async (status) => {
    const hr = await subscriber([status]);
    const riskos = await emulator({ subscriber: hr, ...silent });
    await riskos.create(body('docv', 'silent'), 201);
    await until(() => riskos.ledger().webhooks[0], 'the first attempt');
    // By the time a second evaluation's event is through, a second attempt of the first would be, too.
    await riskos.create(body('docv', 'silent'), 201);
    await until(() => riskos.ledger().webhooks.find((one) => one.status === 200), 'the second event');
    expect(attemptsOf(riskos, 'evaluation_paused')).toEqual([
      [1, status],
      [1, 200],
    ]);
  });

  test('ends after ten attempts', async () => {
    const hr = await subscriber(Array<number>(100).fill(503));
    const riskos = await emulator({ subscriber: hr, ...silent });
    await riskos.create(body('docv', 'silent'), 201);
    const attempts = () => attemptsOf(riskos, 'evaluation_paused').length;
    await until(() => (attempts() === 10 ? true : undefined), 'ten attempts');
    await riskos.create(body('docv', 'silent'), 201);
    await until(() => (attempts() === 20 ? true : undefined), 'ten more attempts');
    expect(
      attemptsOf(riskos, 'evaluation_paused')
        .map(([tried]) => tried)
        .toSorted((one, other) => Number(one) - Number(other)),
    ).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10].flatMap((tried) => [tried, tried]));
  });

  test('of many events at once warns of no leak of listeners', async () => {
    const warnings: string[] = [];
    const note = ({ name }: Error) => warnings.push(name);
    process.on('warning', note);
    onTestFinished(() => void process.off('warning', note));
    const hr = await subscriber(Array<number>(100).fill(503));
    const riskos = await emulator({
      subscriber: hr,
      ...silent,
      retry: { firstDelay: 60_000, longestDelay: 60_000 },
    });
    await Promise.all(Array.from({ length: 20 }, () => riskos.create(body('docv', 'silent'), 201)));
    await until(
      () => attemptsOf(riskos, 'evaluation_paused').length === 20 || undefined,
      'a first attempt of each',
    );
    expect(warnings).toEqual([]);
  });

  test('goes on where nobody answers, and reaches one who is there later', async () => {
    const nobody = fastify();
    const gone = await nobody.listen({ host: '127.0.0.1', port: 0 });
    await nobody.close();
    const auth = { type: 'bearer' as const, token: webhookToken };
    const riskos = await emulator({
      webhook: { url: gone, auth },
      retry: { firstDelay: 50, longestDelay: 50 },
    });
    await riskos.create(body('docv', 'withdrawn'), 201);
    await until(() => riskos.ledger().webhooks[0], 'a try');
    const hr = await subscriber();
    riskos.setWebhook({ url: hr.url, auth });
    await hr.next('evaluation_paused');
    expect(riskos.ledger().webhooks[0]).toMatchObject({ attempt: 1, status: 'no_connection' });
  });

  test('of the scenario lost-webhook never happens, but the evaluation ends', async () => {
    const hr = await subscriber();
    const riskos = await emulator({ subscriber: hr });
    const { eval_id } = await riskos.create(body('docv', 'lost-webhook'), 201);
    expect((await riskos.completed(eval_id)).decision).toBe('ACCEPT');
    await riskos.create(body('docv', 'accept'), 201);
    await hr.next('evaluation_completed');
    expect(hr.received.filter(({ data }) => data.eval_id === eval_id)).toEqual([]);
    const attempts = riskos.ledger().webhooks.filter((one) => one.eval_id === eval_id);
    expect(attempts.length).toBeGreaterThan(0);
    expect(attempts.every(({ status }) => status === 'dropped')).toBe(true);
  });

  test('without a target nothing is sent, and the ledger says so', async () => {
    const riskos = await emulator();
    await riskos.create(body('docv', 'withdrawn'), 201);
    await until(() => riskos.ledger().webhooks[0], 'the ledger');
    expect(attemptsOf(riskos, 'evaluation_paused')).toEqual([[0, 'dropped']]);
  });

  test('of a play’s later events happens once each', async () => {
    const hr = await subscriber();
    const riskos = await emulator({ subscriber: hr });
    await riskos.create(body('docv', 'unknown-events'), 201);
    for (const type of ['risk_signal_added', 'fraud_confirming', 'case_status_updated']) await hr.next(type);
    // A second case takes as long again: repeated events of the first would be there by then.
    await riskos.create(body('docv', 'review-then-accept'), 201);
    await hr.next('decision_update');
    const later = ['case_status_updated', 'decision_update', 'fraud_confirming', 'risk_signal_added'];
    const sent = hr.types().filter((type) => later.includes(type));
    expect(sent.toSorted((one, other) => one.localeCompare(other))).toEqual(later);
  });
});
