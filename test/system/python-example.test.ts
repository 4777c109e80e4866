import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import getPort from 'get-port';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { temporalClient } from '../../src/client/index.ts';
import { exampleApplication } from '../support/application.ts';
import { killProcess, run as runCommand, startProcess } from '../support/processes.ts';

const run = promisify(execFile);
const exampleAt = (name: string) => fileURLToPath(new URL(`../../examples/python/${name}`, import.meta.url));
const packages = ['temporalio==1.35.0', 'standardwebhooks==1.1.0'];

let interpreter: string;
beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-python-'));
  const venv = join(folder, 'venv');
  try {
    await run('python3', ['-m', 'venv', venv]);
    await run(join(venv, 'bin/pip'), ['install', '--quiet', ...packages]);
  } catch (error) {
    throw new Error(
      `These tests need Python 3.10 with venv, and a package registry that has ${packages.join(' and ')}: apt-get install python3-venv`,
      { cause: error },
    );
  }
  interpreter = join(venv, 'bin/python');
  return () => rm(folder, { recursive: true, force: true });
});

interface Dev {
  data: string;
  said(pattern: RegExp): string;
  /** For a program that reaches Temporal and the codec server. */
  env: Record<string, string>;
}

async function startDev(settings: Record<string, string> = {}): Promise<Dev> {
  const folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-python-dev-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const data = join(folder, 'data');
  const dev = await startProcess(['dev', '--data', data, '--pace', '2000'], settings, /In another terminal/);
  onTestFinished(() => killProcess(dev));
  const said = (pattern: RegExp) => pattern.exec(dev.log())?.[1] ?? '';
  const env = {
    CODEC_ENDPOINT: said(/^Codec server +(http\S+?),/m),
    TEMPORAL_ADDRESS: said(/^Temporal +(\S+)/m),
  };
  return { data, said, env };
}

async function fileOf(dev: Dev, application: object): Promise<string> {
  const file = join(dev.data, 'application.json');
  await writeFile(file, JSON.stringify(application));
  return file;
}

test('a Python program starts a funnel encrypted through the codec server of "dev", and reads its status', async () => {
  const dev = await startDev();
  const settings = await fetch(`${dev.said(/^Temporal UI +(\S+)/m)}/api/v1/settings`);
  expect(await settings.json()).toMatchObject({ Codec: { Endpoint: dev.env['CODEC_ENDPOINT'] } });

  const application = exampleApplication('app-python');
  const { stdout } = await run(
    interpreter,
    [exampleAt('start_encrypted.py'), await fileOf(dev, application)],
    {
      env: { ...process.env, ...dev.env },
    },
  );
  expect(stdout).toContain('started funnel-app-python');
  expect(JSON.parse(stdout.slice(stdout.indexOf('{')))).toMatchObject({ applicationId: 'app-python' });
  await expectNothingInClear(dev, 'app-python', application.candidate);
});

test('a Python program acts on each next action, and another one receives the notices', async () => {
  const secret = `whsec_${randomBytes(24).toString('base64')}`;
  const port = await getPort({ host: '127.0.0.1' });
  const receiver = spawn(interpreter, ['-u', exampleAt('receive_notices.py'), String(port)], {
    env: { ...process.env, NOTIFY_SECRET: secret },
  });
  onTestFinished(() => killProcess(receiver));
  let received = '';
  receiver.stdout.on('data', (chunk: Buffer) => (received += chunk.toString()));

  const notify = { NOTIFY_URL: `http://127.0.0.1:${port}/hr`, NOTIFY_SECRETS: secret };
  const dev = await startDev(notify);
  const application = exampleApplication('app-python', { custom: { scenario: 'accept' } });
  const file = await fileOf(dev, application);
  const env = { ...process.env, ...dev.env };
  const { stdout } = await run(interpreter, [exampleAt('hr.py'), file], { env });
  expect(stdout).toMatch(/^show the candidate http\S+\ndone\n$/);
  await expect.poll(() => received, { timeout: 60_000 }).toMatch(/app-python verified none/);
  expect(received).toMatch(/app-python document_verification show_capture_link/);
  await expectNothingInClear(dev, 'app-python', application.candidate);

  await expect(run(interpreter, [exampleAt('hr.py'), file], { env })).rejects.toMatchObject({
    stderr: expect.stringContaining('already started'),
  });
  expect(await runCommand(['notices', 'test'], notify)).toMatchObject({ code: 0 });
  const forged = { ...notify, NOTIFY_SECRETS: `whsec_${randomBytes(24).toString('base64')}` };
  expect(await runCommand(['notices', 'test'], forged)).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('401'),
  });
});

test('a Python program ends when its funnel is terminated, and says so', async () => {
  const dev = await startDev();
  const temporal = temporalClient(dev.env['TEMPORAL_ADDRESS']);
  onTestFinished(() => temporal.connection.close());
  const file = await fileOf(dev, exampleApplication('app-python', { custom: { scenario: 'withdrawn' } }));
  const program = spawn(interpreter, [exampleAt('hr.py'), file], { env: { ...process.env, ...dev.env } });
  onTestFinished(() => killProcess(program));
  const said = text(program.stderr);
  await once(program.stdout, 'data');
  await temporal.workflow.getHandle('funnel-app-python').terminate();
  if (program.exitCode === null) await once(program, 'close');
  expect(program.exitCode).toBe(1);
  expect(await said).toContain('RuntimeError: funnel-app-python was ended in Temporal: TERMINATED');
});

async function expectNothingInClear({ data }: Dev, id: string, candidate: object): Promise<void> {
  const stored = await Promise.all(
    ['temporal.db', 'temporal.db-wal'].map((name) => readFile(join(data, name), 'latin1').catch(() => '')),
  );
  expect(stored.join('')).toContain(`funnel-${id}`);
  for (const secret of Object.values(candidate).filter((value) => typeof value === 'string'))
    expect(stored.join('').includes(secret)).toBe(false);
}
