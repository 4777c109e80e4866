import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { pino } from 'pino';
import { request } from 'undici';
import { expect, inject, onTestFinished, test } from 'vitest';
import { createArchiveKey } from '../../src/archive/index.ts';
import { type Parts, type PartsOptions, startParts } from '../../src/cli/parts.ts';
import { listenNear } from '../../src/cli/process.ts';
import { DevServerError } from '../../src/dev-server/index.ts';
import { body, emulator, subscriber, until } from '../emulator/support.ts';
import '../support/runtime.ts';
import { serve } from '../support/serve.ts';

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'parts-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function start(more: Partial<PartsOptions>): Promise<Parts> {
  const parts = await startParts({
    address: inject('temporalAddress'),
    taskQueue: 'parts',
    archive: {
      url: pathToFileURL(await temporaryFolder()).href,
      recipients: [(await createArchiveKey()).recipient],
    },
    pace: 10,
    logger: pino({ level: 'silent' }),
    ...more,
  });
  onTestFinished(() => parts.close());
  return parts;
}

async function portInUse(): Promise<number> {
  const served = await serve(() => Promise.reject(new Error('this one is not asked')));
  onTestFinished(() => served.close());
  return Number(new URL(served.url).port);
}

test('the demo and dev take other ports when somebody else has the usual ones', async () => {
  const parts = await start({ emulator: { port: await portInUse() }, relayPort: await portInUse() });
  const answers = await Promise.all(
    [`${parts.emulatorUrl}/`, `${parts.relayUrl}/readyz`].map((url) => request(url)),
  );
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200]);
});

test.each([
  new DevServerError('PortInUse', 'port 7233 is in use'),
  Object.assign(new Error('listen'), { code: 'EACCES' }),
])('a port that somebody else has taken meanwhile is left to them: %s', async (taken) => {
  await expect(
    listenNear(7233, (port) => (port === 7233 ? Promise.reject(taken) : Promise.resolve(port))),
  ).resolves.toBe(0);
});

test('what else goes wrong is no reason to try another port', async () => {
  await expect(listenNear(7233, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
});

test('webhooks that dev had not delivered when it stopped reach the relay of the next one', async () => {
  const stateFile = join(await temporaryFolder(), 'emulator.json');
  const refusing = await subscriber(Array<number>(100).fill(503));
  const first = await emulator({ stateFile, subscriber: refusing, retry: { firstDelay: 60_000 } });
  await first.create(body('docv', 'withdrawn'), 201);
  await until(() => first.ledger().webhooks[0], 'a try');
  await first.close();
  await start({ emulator: { stateFile } });
  const answers = async () => {
    const { ledger } = JSON.parse(await readFile(stateFile, 'utf8'));
    return ledger.webhooks.map(({ status }: { status: unknown }) => status);
  };
  await expect.poll(answers).toContain(200);
  expect(await answers()).not.toContain('dropped');
});
