import { describe, expect, test } from 'vitest';
import { body, captureOf, emulator, subscriber } from './support.ts';
import { unzip } from './unzip.ts';

describe('the admin API', () => {
  test('shows the ledger and the evaluations, without the person', async () => {
    const riskos = await emulator();
    const { eval_id } = await riskos.create(body('docv', 'withdrawn'), 201);
    expect((await riskos.call('GET', '/admin/ledger')).json()).toMatchObject({ evaluations: [{ eval_id }] });
    const evaluations = await riskos.call('GET', '/admin/evaluations');
    expect(evaluations.json()).toMatchObject([{ eval_id, scenario: 'withdrawn', waits_for: 'capture' }]);
    expect(evaluations.bytes.toString()).not.toContain('Muster');
  });

  test('takes a scenario while it runs', async () => {
    const riskos = await emulator();
    const put = await riskos.call('PUT', '/admin/scenarios/mine', { passive: [{ decision: 'DECLINE' }] });
    expect(put.status).toBe(204);
    expect(await riskos.create(body('passive', 'mine'), 200)).toMatchObject({ decision: 'DECLINE' });
  });

  test('takes faults for everybody, counted for each evaluation', async () => {
    const riskos = await emulator();
    await riskos.call('PUT', '/admin/faults', [{ at: 'create', kind: 'answer', status: 503, times: 1 }]);
    const sent = body('passive');
    expect((await riskos.call('POST', '/api/evaluation', sent)).status).toBe(503);
    expect((await riskos.call('POST', '/api/evaluation', sent)).status).toBe(200);
    expect((await riskos.call('POST', '/api/evaluation', body('passive'))).status).toBe(503);
    await riskos.call('PUT', '/admin/faults', []);
    expect((await riskos.call('POST', '/api/evaluation', body('passive'))).status).toBe(200);
  });

  test('plays the candidate', async () => {
    const riskos = await emulator();
    const decisions = [];
    for (const does of ['completes', 'declines', 'expires', 'glare', 'doubtful', 'stranger']) {
      const { eval_id } = await riskos.create(body('docv'), 201);
      const path = `/admin/evaluations/${eval_id}/candidate`;
      expect((await riskos.call('POST', path, { does })).status).toBe(202);
      decisions.push((await riskos.completed(eval_id)).decision);
      expect((await riskos.call('POST', path, { does })).status).toBe(409);
    }
    expect(decisions).toEqual(['ACCEPT', 'CANCEL', 'RESUBMIT', 'RESUBMIT', 'REVIEW', 'REJECT']);
  });

  test('lets a reviewer and a re-evaluation decide, but only what is completed', async () => {
    const hr = await subscriber();
    const riskos = await emulator({ subscriber: hr });
    const { eval_id } = await riskos.create(body('docv'), 201);
    const events = `/admin/evaluations/${eval_id}/events`;
    const rejected = { event: 'decision_update', decision: 'REJECT', reasonCodes: ['R836'], notes: 'No.' };
    expect((await riskos.call('POST', events, rejected)).status).toBe(409);
    await riskos.call('POST', `/admin/evaluations/${eval_id}/candidate`, { does: 'doubtful' });
    await riskos.completed(eval_id);
    expect((await riskos.call('POST', events, rejected)).status).toBe(202);
    expect((await hr.next('decision_update')).data).toMatchObject({
      eval_id,
      decision: 'REJECT',
      reason_codes: ['R836'],
      notes: 'No.',
    });
    expect((await riskos.read(eval_id)).decision).toBe('REJECT');
    await riskos.call('POST', events, { event: 'reevaluation', decision: 'ACCEPT' });
    expect((await hr.next('reevaluation')).data).toMatchObject({ eval_source: 'Rerun', decision: 'ACCEPT' });
    expect(await riskos.read(eval_id)).toMatchObject({ decision: 'ACCEPT', eval_source: 'Rerun' });
  });

  test('sends any event, known or not', async () => {
    const hr = await subscriber();
    const riskos = await emulator({ subscriber: hr });
    const { eval_id, id } = await riskos.create(body('docv'), 201);
    const events = `/admin/evaluations/${eval_id}/events`;
    await riskos.call('POST', events, { event: 'something_new', data: { colour: 'green' } });
    expect((await hr.next('something_new')).data).toMatchObject({ eval_id, id, colour: 'green' });
    await riskos.call('POST', events, { event: 'fraud_confirming' });
    expect((await hr.next('fraud_confirming')).data).not.toHaveProperty('eval_id');
    await riskos.call('POST', events, { event: 'workflow_execution_failed' });
    const failed = (await hr.next('workflow_execution_failed')).data;
    expect(failed).toHaveProperty('error_message');
    expect(failed).not.toHaveProperty('decision');
  });

  test('sends the test ping', async () => {
    const hr = await subscriber();
    const riskos = await emulator({ subscriber: hr });
    await riskos.call('POST', '/admin/ping');
    const ping = await hr.next('evaluation_completed');
    expect(ping.data).toMatchObject({ id: 'verify-ping1', environment_name: '' });
    expect(ping.data).not.toHaveProperty('data_enrichments');
  });

  test('attaches files, and deletes images but not those', async () => {
    const hr = await subscriber();
    const riskos = await emulator({ subscriber: hr });
    const { eval_id } = await riskos.create(body('docv', 'accept'), 201);
    await riskos.completed(eval_id);
    const names = async () => {
      const zip = await riskos.call('GET', `/api/evaluation/${eval_id}/documents`);
      return zip.status === 200 ? [...(await unzip(zip.bytes)).keys()] : zip.json();
    };
    await riskos.call('POST', `/admin/evaluations/${eval_id}/attachments`, { name: 'identity.pdf' });
    expect((await hr.next('case_attachment_added')).data).toMatchObject({ eval_id });
    expect(await names()).toContain('case_attachments/identity.pdf');
    expect((await riskos.call('DELETE', `/admin/evaluations/${eval_id}/images`)).status).toBe(204);
    expect(await names()).toEqual(['case_attachments/identity.pdf']);
  });

  test('turns webhooks to another place', async () => {
    const riskos = await emulator();
    const hr = await subscriber();
    await riskos.call('PUT', '/admin/webhook', { url: hr.url, auth: { type: 'bearer', token: 'x' } });
    await riskos.create(body('docv'), 201);
    expect((await hr.next('evaluation_paused')).event_id).toBeTruthy();
  });

  test('turns on the rate limit, which names the wait in both headers in turn', async () => {
    const riskos = await emulator();
    await riskos.call('PUT', '/admin/rate-limit', { perSecond: 1000, perDay: 1 });
    await riskos.create(body('passive'), 200);
    const first = await riskos.call('POST', '/api/evaluation', body('passive'));
    const second = await riskos.call('POST', '/api/evaluation', body('passive'));
    expect([first.status, second.status]).toEqual([429, 429]);
    expect(Number(first.headers.get('x-retry-after'))).toBeGreaterThan(0);
    expect(Number(second.headers.get('retry-after'))).toBeGreaterThan(0);
    await riskos.call('PUT', '/admin/rate-limit', 'null');
    await riskos.create(body('passive'), 200);
  });

  test.each([
    ['PUT', '/admin/scenarios/UPPER', {}, 'body'],
    ['PUT', '/admin/scenarios/mine', { documents: [{ decission: 'ACCEPT' }] }, 'documents.0'],
    ['PUT', '/admin/faults', [{ at: 'webhook', kind: 'cut' }], '0.kind'],
    ['PUT', '/admin/faults', [{ at: 'everywhere', kind: 'cut' }], '0.at'],
    ['PUT', '/admin/faults', [{ at: 'read', kind: 'latency' }], '0.ms'],
    ['PUT', '/admin/rate-limit', { perSecond: -1 }, 'perSecond'],
    ['PUT', '/admin/webhook', { url: 'nowhere', auth: { type: 'bearer', token: 'x' } }, 'url'],
  ])('refuses %s %s %j and names the field', async (method, path, sent, field) => {
    const riskos = await emulator();
    const answer = await riskos.call(method, path, sent);
    expect(answer.status).toBe(400);
    expect(answer.json()).toMatchObject({ invalid_args: [{ field }] });
    expect((await riskos.call('GET', '/admin/faults')).json()).toEqual([]);
  });

  test.each(['candidate', 'events', 'attachments'])('refuses a bad POST of %s', async (what) => {
    const riskos = await emulator();
    const { eval_id } = await riskos.create(body('docv'), 201);
    expect((await riskos.call('POST', `/admin/evaluations/${eval_id}/${what}`, { what })).status).toBe(400);
    expect((await riskos.call('POST', `/admin/evaluations/unknown/${what}`, { what })).status).toBe(404);
    expect((await riskos.call('POST', `/admin/evaluations/${eval_id}/${what}`, '{')).status).toBe(400);
  });
});

describe('keys', () => {
  test('of one environment do not see the evaluations of the other, nor take its baselines', async () => {
    const riskos = await emulator({
      apiKey: ['key-of-the-tests', { key: 'live', environment: 'Production' }],
    });
    const { eval_id } = await riskos.create(body('docv', 'accept'), 201);
    const documents = await riskos.completed(eval_id);
    expect(documents.environment_name).toBe('Sandbox');
    expect((await riskos.call('GET', `/api/evaluation/${eval_id}`, undefined, 'live')).status).toBe(404);
    const token = captureOf(documents).docvTransactionToken;
    const sent = body('reverify', 'accept', { docv: { transaction_token: token } });
    expect((await riskos.call('POST', '/api/evaluation', sent, 'live')).status).toBe(400);
    const live = await riskos.call('POST', '/api/evaluation', body('passive'), 'live');
    expect(live.json()).toMatchObject({ environment_name: 'Production' });
  });
});
