import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { exampleApplication } from '../support/application.ts';
import { killProcess, startProcess } from '../support/processes.ts';

const run = promisify(execFile);
const example = fileURLToPath(new URL('../../examples/python/start_encrypted.py', import.meta.url));
const temporalio = 'temporalio==1.35.0';

/** A Python with Temporal's SDK. */
async function python(folder: string): Promise<string> {
  const venv = join(folder, 'venv');
  try {
    await run('python3', ['-m', 'venv', venv]);
    await run(join(venv, 'bin/pip'), ['install', '--quiet', temporalio]);
  } catch (error) {
    throw new Error(
      `This test needs Python 3.10 with venv, and a package registry that has ${temporalio}: apt-get install python3-venv`,
      { cause: error },
    );
  }
  return join(venv, 'bin/python');
}

test('a Python program starts a funnel encrypted through the codec server of "dev", and reads its status', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-python-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const interpreter = await python(folder);
  const data = join(folder, 'data');
  const dev = await startProcess(['dev', '--data', data], {}, /In another terminal/);
  onTestFinished(() => killProcess(dev));
  const said = (pattern: RegExp) => pattern.exec(dev.log())?.[1] ?? '';
  const endpoint = said(/^Codec server +(http\S+?),/m);
  const settings = await fetch(`${said(/^Temporal UI +(\S+)/m)}/api/v1/settings`);
  expect(await settings.json()).toMatchObject({ Codec: { Endpoint: endpoint } });

  const file = join(folder, 'application.json');
  const application = exampleApplication('app-python');
  await writeFile(file, JSON.stringify(application));
  const env = { CODEC_ENDPOINT: endpoint, TEMPORAL_ADDRESS: said(/^Temporal +(\S+)/m) };
  const { stdout } = await run(interpreter, [example, file], { env: { ...process.env, ...env } });
  expect(stdout).toContain('started funnel-app-python');
  expect(JSON.parse(stdout.slice(stdout.indexOf('{')))).toMatchObject({ applicationId: 'app-python' });

  const stored = await Promise.all(
    ['temporal.db', 'temporal.db-wal'].map((name) => readFile(join(data, name), 'latin1').catch(() => '')),
  );
  expect(stored.join('')).toContain('funnel-app-python');
  for (const secret of Object.values(application.candidate).filter((value) => typeof value === 'string'))
    expect(stored.join('').includes(secret)).toBe(false);
});
