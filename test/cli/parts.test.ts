import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { request } from 'undici';
import { expect, inject, onTestFinished, test } from 'vitest';
import { createArchiveKey } from '../../src/archive/index.ts';
import { startParts } from '../../src/cli/parts.ts';
import { serve } from '../support/serve.ts';

async function portInUse(): Promise<number> {
  const served = await serve(() => Promise.reject(new Error('this one is not asked')));
  onTestFinished(() => served.close());
  return Number(new URL(served.url).port);
}

test('the demo and dev take other ports when somebody else has the usual ones', async () => {
  const parts = await startParts({
    address: inject('temporalAddress'),
    taskQueue: 'ports-in-use',
    archive: {
      folder: await mkdtemp(join(tmpdir(), 'ports-')),
      recipient: (await createArchiveKey()).recipient,
    },
    pace: 10,
    logger: pino({ level: 'silent' }),
    emulator: { port: await portInUse() },
    relayPort: await portInUse(),
  });
  onTestFinished(() => parts.close());
  const answers = await Promise.all(
    [`${parts.emulatorUrl}/`, `${parts.relayUrl}/readyz`].map((url) => request(url)),
  );
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200]);
});
