import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { findTemporal } from '../../src/dev-server/index.ts';
import { exampleApplication } from '../support/application.ts';
import { createInstallation, type Installation } from '../support/installation.ts';
import { quickPolicy, until } from '../support/world.ts';

import { blocksOf, readPage, root } from './pages.ts';
import { writeCommands } from './stand-ins.ts';

const page = readPage('docs/integration.md');
const textOf = (name: string) => readFileSync(join(root, 'examples', name), 'utf8');

test('the programs of the page are those of examples/, which are compiled or run by tests', () => {
  const python = textOf('python/hr.py') + textOf('python/receive_notices.py');
  const blocks = blocksOf(page, ['python']);
  expect(blocks.length).toBeGreaterThan(2);
  const functions = blocks.flatMap(({ value }) => value.split('\n\n\n'));
  expect(functions.filter((text) => !python.includes(text))).toEqual([]);
  const [, receiver] = blocksOf(page, ['ts']);
  expect(`${receiver?.value}\n`).toBe(
    textOf('receive-notices.ts').replace('candidate-funnel/contract', 'candidate-funnel-client/contract'),
  );
});

/** The commands of a reader: jq as far as the page uses it. */
const standIns = {
  'candidate-funnel': `exec "${process.execPath}" "${join(root, 'bin/candidate-funnel.js')}" "$@"`,
  jq: `[ "$*" = "-r .nextAction.kind" ] && exec "${process.execPath}" -p "JSON.parse(fs.readFileSync(0)).nextAction.kind"`,
};

let installation: Installation;
let folder: string;
const queue = `integration-page-${randomBytes(4).toString('hex')}`;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-integration-'));
  await mkdir(join(folder, 'examples'));
  await mkdir(join(folder, 'bin'));
  await writeCommands(join(folder, 'bin'), standIns);
  await symlink(
    await findTemporal({ env: process.env, onProgress: () => {} }),
    join(folder, 'bin', 'temporal'),
  );
  installation = await createInstallation(inject('temporalAddress'), queue);
  await installation.start('relay');
  await installation.start('codec-server');
  await installation.start('worker');
});
afterAll(async () => {
  await installation.close();
  await rm(folder, { recursive: true });
});

/** Runs a script as a reader does, to its end. */
async function shell(script: string): Promise<{ stdout: string; stderr: string }> {
  return promisify(execFile)('sh', ['-e', '-c', script], {
    cwd: folder,
    timeout: 150_000,
    env: {
      PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`,
      HOME: folder,
      NO_COLOR: '1',
      TEMPORAL_ADDRESS: inject('temporalAddress'),
      FUNNEL_TASK_QUEUE: queue,
    },
  });
}

test('the commands of the page start funnels, wait for the next action and act', async () => {
  const ids = { 'app-1042': `${queue}-1`, 'app-1044': `${queue}-2` };
  const ours = (text: string) =>
    Object.entries(ids)
      .reduce((all, [id, id2]) => all.replaceAll(id, id2), text)
      .replaceAll('http://127.0.0.1:8081', installation.urls['codec-server'])
      .replaceAll('--task-queue candidate-funnel', `--task-queue ${queue}`);
  // As the example, with a candidate that is played, and quickly.
  const application: object = JSON.parse(
    ours(await readFile(join(root, 'examples/application.json'), 'utf8')),
  );
  const file = join(folder, 'examples/application.json');
  await writeFile(file, JSON.stringify({ ...application, custom: { scenario: 'accept' } }));
  const lines = (await readFile(join(root, 'examples/applications.ndjson'), 'utf8')).replaceAll(
    '"app-',
    `"${queue}-`,
  );
  await writeFile(join(folder, 'examples/applications.ndjson'), lines);

  const script = blocksOf(page, ['sh'])
    .map(({ value }) => ours(value))
    .join('\n');
  const { stdout } = await shell(script);
  expect(stdout).toContain(`"applicationId"`);
  expect((await installation.funnels.funnel(ids['app-1042']).status()).stage).toBe('verified');
  await until(
    installation.funnels.funnel(ids['app-1044']),
    ({ stage }) => stage === 'awaiting_document_request',
  );
  for (const id of Object.values(ids)) {
    const handle = installation.temporal.workflow.getHandle(`funnel-${id}`);
    expect(JSON.stringify(await handle.fetchHistory())).not.toContain('Quill');
  }
}, 180_000);

describe('the loop of the page ends', () => {
  const loopFor = (applicationId: string) => {
    const [loop = ''] =
      /^while [^]*?^done$/m.exec(
        blocksOf(page, ['sh'])
          .map(({ value }) => value)
          .join('\n'),
      ) ?? [];
    return loop.replaceAll('app-1042', applicationId);
  };

  test('where the status cannot be read', async () => {
    const { stderr } = await shell(loopFor(`${queue}-nobody`));
    expect(stderr).toMatch(/^candidate-funnel: \S+-nobody: there is no such funnel\n$/);
  }, 180_000);

  test('at an action that it does not handle, which it names', async () => {
    const application = exampleApplication(`${queue}-absent`, {
      custom: { scenario: 'withdrawn' },
      policy: quickPolicy,
    });
    const funnel = await installation.funnels.startFunnel(application);
    await until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
    // Without CODEC_URL, the link cannot be read.
    const { stdout } = await shell(loopFor(application.applicationId));
    expect(stdout).toMatch(/^a person has to look: unreadable\n/);
  }, 180_000);
});
