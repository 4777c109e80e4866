import { decode } from 'jpeg-js';
import { describe, expect, test } from 'vitest';
import type { Scenario } from '../../src/emulator/index.ts';
import { body, emulator, subscriber, until } from './support.ts';
import { countEntries, unzip } from './unzip.ts';

type Play = NonNullable<Scenario['documents']>[number];
type Faults = NonNullable<Play['faults']>;

/** A scenario of one play for all use cases. */
const spoiled = (...faults: Faults) => ({
  scenarios: { spoiled: { passive: [{ faults }], documents: [{ faults }] } },
});

describe('calls', () => {
  test('answered 500 before processing create nothing; after processing they have', async () => {
    const riskos = await emulator();
    const before = body('docv', 'error-before');
    expect((await riskos.call('POST', '/api/evaluation', before)).status).toBe(500);
    expect(riskos.ledger().evaluations).toEqual([]);
    await riskos.create(before, 201);
    const after = body('docv', 'error-after');
    expect((await riskos.call('POST', '/api/evaluation', after)).status).toBe(500);
    expect(riskos.ledger().evaluations.map(({ id }) => id)).toEqual([before.id, after.id]);
  });

  test('that are cut after processing go on: the webhook has both ids', async () => {
    const hr = await subscriber();
    const riskos = await emulator({ subscriber: hr });
    const sent = body('docv', 'answer-lost');
    await expect(riskos.call('POST', '/api/evaluation', sent)).rejects.toThrow('fetch failed');
    const [evaluation] = riskos.ledger().evaluations;
    expect((await hr.next('evaluation_completed')).data).toMatchObject({
      id: sent.id,
      eval_id: evaluation?.eval_id,
    });
  });

  test('that are cut before processing create nothing', async () => {
    const riskos = await emulator(spoiled({ at: 'create', kind: 'cut', times: 1 }));
    const sent = body('passive', 'spoiled');
    await expect(riskos.call('POST', '/api/evaluation', sent)).rejects.toThrow('fetch failed');
    expect(riskos.ledger().evaluations).toEqual([]);
    await riskos.create(sent, 200);
  });

  test('answered 429 name the wait in either header', async () => {
    const riskos = await emulator();
    const passive = await riskos.call('POST', '/api/evaluation', body('passive', 'rate-limited'));
    expect([passive.status, passive.headers.get('x-retry-after')]).toEqual([429, '1']);
    const documents = await riskos.call('POST', '/api/evaluation', body('docv', 'rate-limited'));
    expect([documents.status, documents.headers.get('retry-after')]).toEqual([429, '1']);
    expect(riskos.ledger().evaluations).toEqual([]);
  });

  test.each([
    ['permission-denied', 403, 'PERMISSION_DENIED'],
    ['workflow-not-found', 400, 'WORKFLOW_NOT_FOUND'],
    ['workflow-not-published', 400, 'WORKFLOW_NOT_PUBLISHED'],
  ])('of scenario %s are answered %i %s', async (scenario, status, code) => {
    const riskos = await emulator();
    const answer = await riskos.call('POST', '/api/evaluation', body('passive', scenario));
    expect(answer.status).toBe(status);
    expect(answer.json()).toMatchObject({ code });
  });

  test('can be slow, truncated or malformed, and be fine the next time', async () => {
    const riskos = await emulator({
      scenarios: {
        spoiled: {
          passive: [
            {
              faults: [
                { at: 'read', kind: 'truncated', times: 1 },
                { at: 'read', kind: 'malformed', skip: 1, times: 1 },
                { at: 'read', kind: 'slow', ms: 10, skip: 2, times: 1 },
                { at: 'read', kind: 'latency', ms: 5, skip: 3, times: 1 },
                { at: 'read', kind: 'huge', bytes: 300_000, skip: 4, times: 1 },
              ],
            },
          ],
        },
      },
    });
    const evaluation = await riskos.create(body('passive', 'spoiled'), 200);
    const path = `/api/evaluation/${evaluation.eval_id}`;
    await expect(riskos.call('GET', path)).rejects.toThrow('terminated');
    const malformed = await riskos.call('GET', path);
    expect(malformed.status).toBe(200);
    expect(malformed.json).toThrow(SyntaxError);
    expect((await riskos.call('GET', path)).json()).toEqual(evaluation);
    expect((await riskos.call('GET', path)).json()).toEqual(evaluation);
    const huge = await riskos.call('GET', path);
    expect(huge.bytes.length).toBeGreaterThan(300_000);
    expect(huge.json()).toMatchObject(evaluation);
    expect((await riskos.call('GET', path)).json()).toEqual(evaluation);
  });

  test('can unpack to far more than they are', async () => {
    const riskos = await emulator(spoiled({ at: 'read', kind: 'gzip_bomb', bytes: 3_000_000 }));
    const { eval_id } = await riskos.create(body('passive', 'spoiled'), 200);
    const bomb = await riskos.call('GET', `/api/evaluation/${eval_id}`);
    expect(bomb.headers.get('content-encoding')).toBe('gzip');
    expect(bomb.bytes.length).toBe(3_000_000);
  });

  test('can be answered with anything else: HTML, a redirect, an error body with 200', async () => {
    const riskos = await emulator(
      spoiled(
        { at: 'create', kind: 'answer', status: 200, body: '<html>Welcome</html>', times: 1 },
        { at: 'create', kind: 'answer', status: 302, headers: { location: '/livez' }, skip: 1, times: 1 },
        { at: 'create', kind: 'answer', status: 200, body: { error: 'no' }, skip: 2, times: 1 },
        // Of RiskOS's own answers only: not of those above.
        { at: 'create', kind: 'change', change: { decision: 'MAYBE' } },
      ),
    );
    const sent = body('passive', 'spoiled');
    const page = await riskos.call('POST', '/api/evaluation', sent);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html']);
    expect((await riskos.call('POST', '/api/evaluation', sent)).json()).toEqual({ status: 'ok' });
    expect((await riskos.call('POST', '/api/evaluation', sent)).json()).toEqual({ error: 'no' });
    expect(riskos.ledger().evaluations).toEqual([]);
    expect((await riskos.call('POST', '/api/evaluation', sent)).json()).toMatchObject({ decision: 'MAYBE' });
  });

  test('can be changed in any field', async () => {
    const riskos = await emulator(
      spoiled({
        at: 'create',
        kind: 'change',
        change: { tags: 7, decision: null, environment_name: 'Production' },
      }),
    );
    const answer = await riskos.call('POST', '/api/evaluation', body('passive', 'spoiled'));
    expect(answer.json()).toMatchObject({ tags: 7, environment_name: 'Production' });
    expect(answer.json()).not.toHaveProperty('decision');
  });
});

describe('webhooks', () => {
  const completions = (hr: Awaited<ReturnType<typeof subscriber>>) =>
    hr.received.filter(({ event_type }) => event_type === 'evaluation_completed');

  test('can be dropped by type, for one evaluation only', async () => {
    const hr = await subscriber();
    const riskos = await emulator({
      subscriber: hr,
      ...spoiled({ at: 'webhook', kind: 'drop', event: 'evaluation_completed' }),
    });
    const lost = await riskos.create(body('docv', 'spoiled'), 201);
    await riskos.completed(lost.eval_id);
    const fine = await riskos.create(body('docv', 'accept'), 201);
    await hr.next('evaluation_completed');
    expect(completions(hr).map(({ data }) => data.eval_id)).toEqual([fine.eval_id]);
    expect(hr.received.filter(({ data }) => data.eval_id === lost.eval_id).length).toBeGreaterThan(0);
  });

  test('can come twice with the same event_id', async () => {
    const hr = await subscriber();
    const riskos = await emulator({ subscriber: hr });
    await riskos.create(body('docv', 'double-webhooks'), 201);
    const [one, other] = await until(
      () => (completions(hr).length > 1 ? completions(hr) : undefined),
      'both',
    );
    expect(other).toEqual(one);
  });

  test('can contradict what GET says', async () => {
    const hr = await subscriber();
    const riskos = await emulator({ subscriber: hr });
    const { eval_id } = await riskos.create(body('docv', 'contradictory-webhooks'), 201);
    const both = await until(() => (completions(hr).length > 1 ? completions(hr) : undefined), 'both');
    expect(both.map(({ data }) => data['decision'])).toEqual(['ACCEPT', 'REJECT']);
    expect(both[0]?.event_id).not.toBe(both[1]?.event_id);
    expect((await riskos.read(eval_id)).decision).toBe('ACCEPT');
  });

  test('can be there before the answer of the POST', async () => {
    const hr = await subscriber();
    const riskos = await emulator({ subscriber: hr });
    const { eval_id } = await riskos.create(body('docv', 'early-webhooks'), 201);
    expect(hr.received.map(({ data }) => data.eval_id)).toContain(eval_id);
  });

  test('can be delayed beyond later ones', async () => {
    const hr = await subscriber();
    const riskos = await emulator({
      subscriber: hr,
      ...spoiled({ at: 'webhook', kind: 'delay', event: 'evaluation_paused', ms: 400 }),
    });
    await riskos.create(body('docv', 'spoiled'), 201);
    await hr.next('evaluation_paused');
    expect(hr.types().at(-1)).toBe('evaluation_paused');
  });
});

describe('a seed', () => {
  const chances = {
    scenarios: {
      unlucky: {
        passive: [{ faults: [{ at: 'create' as const, kind: 'answer' as const, status: 500, chance: 0.5 }] }],
      },
    },
  };

  async function fates(seed: number, order: number[]): Promise<string> {
    const riskos = await emulator({ ...chances, seed });
    const statuses: number[] = [];
    for (const person of order) {
      const sent = body('passive', 'unlucky', { id: `person ${person}` });
      statuses[person] = (await riskos.call('POST', '/api/evaluation', sent)).status;
    }
    return statuses.join(' ');
  }

  test('gives the same faults in any order, and another seed gives others', async () => {
    const people = Array.from({ length: 12 }, (_, index) => index);
    const first = await fates(7, people);
    expect(await fates(7, people.toReversed())).toBe(first);
    expect(await fates(8, people)).not.toBe(first);
    expect(first).toContain('500');
    expect(first).toContain('200');
  });
});

describe('the ZIP', () => {
  async function documents(scenario: string) {
    const riskos = await emulator();
    const { eval_id } = await riskos.create(body('docv', scenario), 201);
    await riskos.completed(eval_id);
    const answer = await riskos.call('GET', `/api/evaluation/${eval_id}/documents`);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/zip']);
    return answer.bytes;
  }

  test.each(['zip-truncated', 'zip-not-a-zip'])('of scenario %s cannot be read', async (scenario) => {
    await expect(unzip(await documents(scenario))).rejects.toThrow(/end of central directory/i);
  });

  test('can be hostile: names that lead elsewhere', async () => {
    const bytes = await documents('zip-hostile');
    await expect(unzip(bytes)).rejects.toThrow(/invalid relative path/);
    expect(bytes.includes('../../../../../../tmp/escaped-by-dots.jpg')).toBe(true);
  });

  test('can be huge in bytes but small on the wire', async () => {
    const bytes = await documents('zip-huge');
    expect(bytes.length).toBeLessThan(1_000_000);
    // Only sizes are read here: the central directory's.
    expect(bytes.readUInt32LE(bytes.lastIndexOf('PK\x01\x02') + 24)).toBe(100_000_000);
  });

  test('can have very many files', async () => {
    expect(await countEntries(await documents('zip-many'))).toBe(5_000);
  });

  test('shows glare where there is glare', async () => {
    const brightness = async (scenario: string) => {
      const front = [...(await unzip(await documents(scenario))).values()][0];
      const { data } = decode(front ?? Buffer.alloc(0));
      return data.reduce((sum, value) => sum + value, 0) / data.length;
    };
    expect(await brightness('resubmit-exhausted')).toBeGreaterThan((await brightness('accept')) + 10);
  });
});
