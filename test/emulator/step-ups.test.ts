import { describe, expect, test } from 'vitest';
import { body, captureOf, emulator, subscriber, type TestEmulator } from './support.ts';

async function patch(riskos: TestEmulator, evalId: string, individual: object) {
  const answer = await riskos.call('PATCH', `/api/evaluation/${evalId}`, { data: { individual } });
  expect(answer.status).toBe(200);
  return await riskos.read(evalId);
}

describe('a one-time code', () => {
  test('is waited for with its own sub_status, and any six digits but 000000 go on', async () => {
    const hr = await subscriber();
    const riskos = await emulator({ subscriber: hr });
    const { eval_id, ...paused } = await riskos.create(body('passive', 'one-time-code'), 201);
    expect(paused).toMatchObject({ eval_status: 'evaluation_paused', sub_status: 'Awaiting Customer OTP' });
    for (const code of ['000000', '12345', 'abcdef']) {
      expect(await patch(riskos, eval_id, { otp: { code } })).toMatchObject({
        eval_status: 'evaluation_paused',
        sub_status: 'Awaiting Customer OTP',
      });
    }
    const done = await patch(riskos, eval_id, { otp: { code: '482913' } });
    expect(done).toMatchObject({
      eval_status: 'evaluation_completed',
      decision: 'ACCEPT',
      sub_status: 'Accept',
    });
    expect((await hr.next('evaluation_completed')).data).toMatchObject({ eval_id, decision: 'ACCEPT' });
    expect(riskos.ledger().patches.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  });

  test('that is wrong five times ends the evaluation', async () => {
    const riskos = await emulator();
    const { eval_id } = await riskos.create(body('passive', 'one-time-code'), 201);
    const states = [];
    for (let tried = 0; tried < 5; tried++) {
      states.push((await patch(riskos, eval_id, { otp: { code: '000000' } })).eval_status);
    }
    expect(states).toEqual([...Array<string>(4).fill('evaluation_paused'), 'evaluation_completed']);
    expect(await riskos.read(eval_id)).toMatchObject({ decision: 'REJECT', tags: ['otp_failed'] });
    const late = { data: { individual: { otp: { code: '482913' } } } };
    expect((await riskos.call('PATCH', `/api/evaluation/${eval_id}`, late)).status).toBe(400);
  });

  test('can be sent again', async () => {
    const riskos = await emulator();
    const { eval_id } = await riskos.create(body('passive', 'one-time-code'), 201);
    await patch(riskos, eval_id, { otp: { resend: true } });
    expect(riskos.ledger().sms.map(({ what }) => what)).toEqual(['code', 'code']);
  });

  test('is asked for by name when a PATCH brings something else', async () => {
    const riskos = await emulator();
    const { eval_id } = await riskos.create(body('passive', 'one-time-code'), 201);
    const sent = { data: { individual: { national_id: '123' } } };
    const answer = await riskos.call('PATCH', `/api/evaluation/${eval_id}`, sent);
    expect(answer.status).toBe(400);
    expect(answer.json()).toMatchObject({ invalid_args: [{ field: 'data.individual.otp' }] });
    expect(riskos.ledger().patches).toMatchObject([{ status: 400 }]);
  });

  test('can be followed by a capture', async () => {
    const hr = await subscriber();
    const riskos = await emulator({ subscriber: hr });
    const { eval_id } = await riskos.create(body('docv', 'code-then-documents'), 201);
    const capturing = await patch(riskos, eval_id, { otp: { code: '482913' } });
    expect(captureOf(capturing).url).toContain('/capture/');
    expect(await riskos.completed(eval_id)).toMatchObject({ decision: 'ACCEPT' });
    await hr.next('evaluation_completed');
    expect(hr.types().filter((type) => type === 'evaluation_paused')).toHaveLength(2);
  });
});

describe('more information', () => {
  test('is waited for until the missing part is there', async () => {
    const riskos = await emulator();
    const { eval_id, ...paused } = await riskos.create(body('passive', 'more-information'), 201);
    expect(paused.sub_status).toBe('More information needed');
    expect(await patch(riskos, eval_id, { date_of_birth: '1990-01-01' })).toMatchObject({
      eval_status: 'evaluation_paused',
    });
    expect(await patch(riskos, eval_id, { national_id: '123456789' })).toMatchObject({
      eval_status: 'evaluation_completed',
      decision: 'ACCEPT',
    });
  });

  test('that is not valid is answered 400 with the field', async () => {
    const riskos = await emulator();
    const { eval_id } = await riskos.create(body('passive', 'more-information'), 201);
    const sent = { data: { individual: { national_id: '1', date_of_birth: 'long ago' } } };
    const answer = await riskos.call('PATCH', `/api/evaluation/${eval_id}`, sent);
    expect(answer.status).toBe(400);
    expect(answer.json()).toMatchObject({ invalid_args: [{ field: 'data.individual.date_of_birth' }] });
    expect(await riskos.read(eval_id)).toMatchObject({ eval_status: 'evaluation_paused' });
  });
});

describe('a PATCH', () => {
  test('does not make a capture go on', async () => {
    const riskos = await emulator();
    const { eval_id } = await riskos.create(body('docv', 'withdrawn'), 201);
    expect(await patch(riskos, eval_id, { national_id: '1' })).toMatchObject({
      eval_status: 'evaluation_paused',
    });
  });
});

describe('a Hosted Flow', () => {
  test('answers 201 with redirect_uri, and its result comes by webhook', async () => {
    const hr = await subscriber();
    const riskos = await emulator({ subscriber: hr });
    const { eval_id, ...paused } = await riskos.create(body('docv', 'hosted-flow'), 201);
    expect(paused.redirect_uri).toMatch(new RegExp(`^${riskos.url}/hosted/`));
    expect((await hr.next('evaluation_completed')).data).toMatchObject({ eval_id, decision: 'ACCEPT' });
    expect(await riskos.read(eval_id)).not.toHaveProperty('redirect_uri');
  });
});

describe('a capture that does not end well', () => {
  test.each([
    ['consent-declined', 'CANCEL', 'consent_declined', 'Consent Declined'],
    ['link-expired', 'RESUBMIT', 'docv_error', 'Session Expired'],
  ])('%s: %s', async (scenario, decision, tag, note) => {
    const hr = await subscriber();
    const riskos = await emulator({ subscriber: hr });
    const { eval_id } = await riskos.create(body('docv', scenario), 201);
    await hr.next('evaluation_completed');
    const done = await riskos.read(eval_id);
    expect(done).toMatchObject({ decision, tags: [tag] });
    expect(done.data_enrichments.some(({ error }) => error !== undefined)).toBe(true);
    expect(hr.received.map(({ data }) => data['notes'])).toContain(note);
    expect((await riskos.call('GET', `/api/evaluation/${eval_id}/documents`)).status).toBe(400);
  });

  test('by an error of RiskOS shows as a tag and as the enrichment’s error, and the next one is fine', async () => {
    const riskos = await emulator();
    for (const scenario of ['docv-error-then-accept', 'docv-request-error-then-accept']) {
      const person = { id: scenario };
      const first = await riskos.create(body('docv', scenario, person));
      const failed = await riskos.completed(first.eval_id);
      expect(failed.decision).toBe('RESUBMIT');
      expect(failed.tags).toEqual([scenario.replace('-then-accept', '').replaceAll('-', '_')]);
      expect(failed.data_enrichments.some(({ error }) => error !== undefined)).toBe(true);
      const second = await riskos.create(body('docv', scenario, person), 201);
      expect((await riskos.completed(second.eval_id)).decision).toBe('ACCEPT');
    }
  });
});
