import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import getPort from 'get-port';
import { expect, onTestFinished, test } from 'vitest';
import { createPayloadIdentity } from '../../src/codec/index.ts';
import { killProcess, run, type Running, startProcess } from '../support/processes.ts';
import { ask, clear } from './support.ts';

async function settings(): Promise<Record<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-codec-server-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const { identity, recipient } = await createPayloadIdentity();
  return {
    KEY_STORE_URL: pathToFileURL(folder).href,
    PAYLOAD_RECIPIENTS: recipient,
    PAYLOAD_IDENTITY: identity,
    CODEC_AUTH: 'off',
    CODEC_PORT: '0',
  };
}

async function start(env: Record<string, string>): Promise<{ url: string; child: Running }> {
  const child = await startProcess(['codec-server'], env, /codec server listens/);
  onTestFinished(() => killProcess(child));
  const url = /"address":"([^"]+)"/.exec(child.log())?.[1];
  if (!url) throw new Error(`the codec server did not say where it listens: ${child.log()}`);
  return { url, child };
}

test('encodes, decodes, logs who did, and ends with SIGTERM', async () => {
  const env = await settings();
  const { url, child } = await start(env);
  const sent = { headers: { origin: undefined }, payloads: [clear('secret of the test')] };
  const { payloads } = await ask(url, { ...sent, path: '/encode?workflowId=funnel-app-1' });
  expect((await ask(url, { ...sent, payloads })).values).toEqual(['secret of the test']);
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
  for (const word of [
    '"audit":"encode"',
    '"audit":"decode"',
    '"workflows":["funnel-app-1"]',
    'whoever reaches',
  ])
    expect(child.log()).toContain(word);
  expect(child.log()).not.toContain('secret of the test');
  expect(child.log()).not.toContain(env['PAYLOAD_IDENTITY']);
});

test('warns of an empty key store at its start, and not of one that has a key', async () => {
  const env = await settings();
  const empty = 'the key store is empty';
  const { url, child } = await start(env);
  expect(child.log()).toContain(empty);
  await ask(url, {
    path: '/encode?workflowId=funnel-app-1',
    headers: { origin: undefined },
    payloads: [clear(1)],
  });
  expect((await start(env)).child.log()).not.toContain(empty);
});

test('does not start on a key store that it cannot use', async () => {
  const env = await settings();
  const file = join(fileURLToPath(env['KEY_STORE_URL'] ?? ''), 'file');
  await writeFile(file, '');
  const store = pathToFileURL(join(file, 'keys')).href;
  const { code, stderr } = await run(['codec-server'], { ...env, KEY_STORE_URL: store });
  expect(code).not.toBe(0);
  expect(stderr).toContain('KEY_STORE_URL');
  expect(stderr).not.toContain('codec server listens');
});

test('LOG_LEVEL switches no audit line off', async () => {
  const { identity, recipient } = await createPayloadIdentity();
  const env = { ...(await settings()), PAYLOAD_IDENTITY: identity, PAYLOAD_RECIPIENTS: recipient };
  const { url } = await start(env);
  const { payloads } = await ask(url, {
    path: '/encode?workflowId=funnel-app-1',
    headers: { origin: undefined },
    payloads: [clear(1)],
  });
  expect(payloads).toHaveLength(1);
  const port = String(await getPort());
  const quiet = await startQuiet({ ...env, LOG_LEVEL: 'silent', CODEC_PORT: port });
  await expect
    .poll(() =>
      fetch(`http://127.0.0.1:${port}/livez`).then(
        ({ ok }) => ok,
        () => false,
      ),
    )
    .toBe(true);
  await ask(`http://127.0.0.1:${port}`, { headers: { origin: undefined }, payloads });
  await expect.poll(() => quiet.log()).toContain('"audit":"decode"');
});

/** It says nothing when it is ready. */
async function startQuiet(env: Record<string, string>): Promise<{ log: () => string }> {
  const lines: string[] = [];
  const starting = startProcess(['codec-server'], env, /"audit"/);
  void starting.then(
    (child) => lines.push(child.log()),
    (error: unknown) => lines.push(String(error)),
  );
  onTestFinished(async () => killProcess(await starting));
  return { log: () => lines.join('') };
}

test('does not start without authentication or keys: one line names every setting', async () => {
  const { code, stderr } = await run(['codec-server'], { CODEC_ORIGINS: '*' });
  expect(code).toBe(2);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  for (const name of [
    'KEY_STORE_URL',
    'PAYLOAD_RECIPIENTS',
    'PAYLOAD_IDENTITY',
    'CODEC_JWKS_URL',
    'CODEC_ISSUER',
    'CODEC_AUDIENCE',
    'CODEC_ORIGINS',
  ])
    expect(stderr).toContain(name);
});

test('a wrong identity, recipient or store stops it at its start, is named, and not repeated', async () => {
  const env = await settings();
  for (const name of ['PAYLOAD_IDENTITY', 'PAYLOAD_RECIPIENTS', 'KEY_STORE_URL']) {
    const { code, stderr } = await run(['codec-server'], { ...env, [name]: 'AGE-NO-KEY' }, undefined, {
      refused: true,
    });
    expect([code, stderr.trim().split('\n').length]).toEqual([2, 1]);
    expect(stderr).toContain(`candidate-funnel: `);
    expect(stderr).toContain(name);
    expect(stderr).not.toContain('ARCHIVE');
    expect(stderr).not.toContain('AGE-NO-KEY');
  }
});
