import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectUsable, launch, phone } from './browser.ts';
import { body, captureOf, emulator, selfieOf, subscriber, verificationOf } from '../emulator/support.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser?.close());

async function press(page: Page, name: string | RegExp): Promise<void> {
  await page.getByRole('button', { name }).click();
  await page.waitForLoadState();
  await expectUsable(page);
}

const title = (page: Page) => page.getByRole('heading', { level: 1 }).innerText();

describe('the capture page', () => {
  test('takes a person through consent, three pictures with retake, and the end', async () => {
    const hr = await subscriber();
    const riskos = await emulator({ subscriber: hr });
    const redirect = { url: `${riskos.url}/livez` };
    const paused = await riskos.create(body('docv', undefined, { docv: { config: { redirect } } }), 201);
    const page = await phone(browser);
    await page.goto(captureOf(paused).url);
    await expectUsable(page);
    await press(page, 'I agree');
    expect(await title(page)).toContain('front of your document');
    await press(page, 'glare');
    await press(page, 'Take it again');
    for (const side of ['front', 'back', 'selfie']) {
      expect(await title(page)).toContain(side);
      await press(page, /Take a clear/);
      expect(await page.getByRole('img').getAttribute('alt')).toContain(side);
      await press(page, 'Use this picture');
    }
    expect(await title(page)).toBe('Thank you');
    expect((await hr.next('evaluation_completed')).data).toMatchObject({ decision: 'ACCEPT' });
    const notes = hr.received.flatMap(({ data }) => (data['notes'] ? [data['notes']] : []));
    expect(new Set(notes)).toEqual(
      new Set([
        'Process Initiated',
        'Capture App Opened',
        'Document Front Uploaded',
        'Document Back Uploaded',
        'Document Selfie Uploaded',
        'Documents Upload Successful',
        'Session Complete',
      ]),
    );
    await page.getByRole('link', { name: 'Back to your application' }).click();
    await page.waitForURL(redirect.url);
  });

  test('works by keyboard alone, and a reverification wants only a selfie', async () => {
    const riskos = await emulator({ acceptForeignBaselines: true });
    const sent = body('reverify', undefined, { additional_context: { previous_reference_id: 'earlier' } });
    const paused = await riskos.create(sent, 201);
    const page = await phone(browser);
    await page.goto(captureOf(paused).url);
    // The heading has the focus, so that a screen reader begins there; the main button is the next stop.
    for (const heading of ['Let us check', 'selfie', 'easy to see']) {
      expect(await page.locator(':focus').innerText()).toContain(heading);
      await page.keyboard.press('Tab');
      await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')]);
    }
    expect(await title(page)).toBe('Thank you');
    const done = await riskos.completed(paused.eval_id);
    expect(done.decision).toBe('ACCEPT');
    expect(selfieOf(done)?.previousReferenceId).toBe('earlier');
  });

  test('sends a picture with glare back as RESUBMIT', async () => {
    const riskos = await emulator();
    const paused = await riskos.create(body('docv'), 201);
    const page = await phone(browser);
    await page.goto(captureOf(paused).url);
    await press(page, 'I agree');
    await press(page, 'glare');
    await press(page, 'Use this picture');
    for (const side of ['back', 'selfie']) {
      expect(await title(page)).toContain(side);
      await press(page, /Take a clear/);
      await press(page, 'Use this picture');
    }
    const done = await riskos.completed(paused.eval_id);
    expect(done.decision).toBe('RESUBMIT');
    expect(verificationOf(done)?.documentVerification?.reasonCodes).toContain('R831');
  });

  test('does not ask for the back of a passport', async () => {
    const riskos = await emulator();
    const docv = { config: { document_type: 'passport' } };
    const paused = await riskos.create(body('docv', undefined, { docv }), 201);
    const page = await phone(browser);
    await page.goto(captureOf(paused).url);
    await press(page, 'I agree');
    await press(page, /Take a clear/);
    await press(page, 'Use this picture');
    expect(await title(page)).toContain('selfie');
  });

  test('lets a person decline, which ends it, or walk away, which does not', async () => {
    const riskos = await emulator();
    const paused = await riskos.create(body('docv'), 201);
    const page = await phone(browser);
    await page.goto(captureOf(paused).url);
    await press(page, 'Walk away');
    expect(await riskos.read(paused.eval_id)).toMatchObject({ eval_status: 'evaluation_paused' });
    await page.getByRole('link', { name: 'Go on after all' }).click();
    await press(page, 'I do not agree');
    expect(await title(page)).toBe('You did not agree');
    expect((await riskos.completed(paused.eval_id)).decision).toBe('CANCEL');
  });

  test('of an expired link says so', async () => {
    const riskos = await emulator();
    const paused = await riskos.create(body('docv'), 201);
    const page = await phone(browser);
    await page.goto(captureOf(paused).url);
    await riskos.call('POST', `/admin/evaluations/${paused.eval_id}/candidate`, { does: 'expires' });
    await press(page, 'I agree');
    expect(await title(page)).toBe('This link has expired');
  });

  test('that nobody knows is a page, not JSON', async () => {
    const riskos = await emulator();
    const answer = await riskos.call('GET', '/capture/unknown');
    expect([answer.status, answer.headers.get('content-type')]).toEqual([404, 'text/html']);
    expect(answer.bytes.toString()).toContain('This capture link is not known.');
  });
});

describe('the dashboard', () => {
  test('lets a person decide a REVIEW, and shows the pictures', async () => {
    const hr = await subscriber();
    const riskos = await emulator({ subscriber: hr });
    const { eval_id } = await riskos.create(body('docv'), 201);
    const page = await phone(browser);
    await page.goto(riskos.url);
    await expectUsable(page);
    await page.getByRole('link', { name: 'Ada Muster' }).click();
    await press(page, 'I agree');
    for (const button of [
      'damaged document',
      'Use this',
      /Take a clear/,
      'Use this',
      /Take a clear/,
      'Use this',
    ]) {
      await press(page, button);
    }
    await hr.next('evaluation_completed');
    await page.goto(`${riskos.url}/dashboard`);
    await expectUsable(page);
    expect(await page.getByText('1 to review').count()).toBe(1);
    await page.getByRole('link', { name: 'Ada Muster' }).click();
    await page.waitForLoadState();
    await expectUsable(page);
    expect(await page.getByRole('img').count()).toBe(3);
    await page.getByLabel('Notes').fill('Looks fine to me.');
    await press(page, 'Accept');
    expect(await page.getByRole('button').count()).toBe(0);
    expect((await hr.next('decision_update')).data).toMatchObject({
      eval_id,
      decision: 'ACCEPT',
      notes: 'Looks fine to me.',
    });
    expect((await riskos.read(eval_id)).decision).toBe('ACCEPT');
  });

  test('renews itself', async () => {
    const riskos = await emulator();
    const page = await phone(browser);
    await page.goto(`${riskos.url}/dashboard`);
    await riskos.create(body('passive', 'passive-reject'), 200);
    await page.getByText('REJECT', { exact: true }).waitFor();
    expect(await page.getByText('1 in all').count()).toBe(1);
  });

  test('refuses a decision on what is not under review', async () => {
    const riskos = await emulator();
    const { eval_id } = await riskos.create(body('passive'), 200);
    const decide = (form: string) =>
      fetch(`${riskos.url}/dashboard/${eval_id}`, { method: 'POST', body: new URLSearchParams(form) });
    expect((await decide('decision=REJECT')).status).toBe(409);
    expect((await decide('decision=PERHAPS')).status).toBe(400);
    expect((await riskos.read(eval_id)).decision).toBe('ACCEPT');
  });

  test('shows a name as text, whatever it is', async () => {
    const riskos = await emulator();
    const given_name = '<img src=x onerror=alert(1)>"\'';
    const paused = await riskos.create(body('docv', 'hosted-flow-person', { given_name }), 201);
    const page = await phone(browser);
    for (const path of [
      '/',
      '/dashboard',
      `/dashboard/${paused.eval_id}`,
      new URL(paused.redirect_uri ?? '').pathname,
    ]) {
      await page.goto(`${riskos.url}${path}`);
      expect(await page.getByText(given_name).count()).toBe(1);
      expect(await page.getByRole('img').count()).toBe(0);
    }
  });

  test('has a page of all scenarios', async () => {
    const riskos = await emulator({ scenarios: { 'my-own': { about: 'Something of mine.' } } });
    const page = await phone(browser);
    await page.goto(`${riskos.url}/scenarios`);
    await expectUsable(page);
    expect(await page.getByText('Something of mine.').count()).toBe(1);
    expect(await page.getByText('resubmit-then-accept').count()).toBe(1);
  });
});

describe('the Hosted Flow’s page', () => {
  test.each([
    ['Yes, confirm', 'ACCEPT'],
    ['No, cancel', 'CANCEL'],
  ])('%s leads to %s', async (button, decision) => {
    const riskos = await emulator();
    const paused = await riskos.create(body('docv', 'hosted-flow-person'), 201);
    const page = await phone(browser);
    await page.goto(paused.redirect_uri ?? '');
    await expectUsable(page);
    await press(page, button);
    expect(await title(page)).toBe('Thank you');
    expect((await riskos.completed(paused.eval_id)).decision).toBe(decision);
  });
});
