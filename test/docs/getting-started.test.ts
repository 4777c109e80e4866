import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import getPort from 'get-port';
import { afterAll, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { startEmulator } from '../../src/emulator/index.ts';
import { apiKey } from '../support/constants.ts';

import { blocksOf, readPage, root } from './pages.ts';
import { writeCommands } from './stand-ins.ts';

/** The commands of docs/getting-started.md that are not ours, as far as the page uses them. */
const standIns = {
  npm: `[ "$*" = ci ]`,
  npx: `[ "$1" = candidate-funnel ] && shift && exec "${process.execPath}" "${join(root, 'bin/candidate-funnel.js')}" "$@"`,
  // The tests have a server.
  temporal: `[ "$*" = "server start-dev --db-filename sandbox/temporal.db" ] && echo started && exec sleep 600`,
  openssl: `[ "$*" = "rand -hex 24" ] && exec "${process.execPath}" -p "crypto.randomBytes(24).toString('hex')"`,
  'age-keygen': `exec "${process.execPath}" "$(dirname "$0")/age-keygen.mjs" "$@"`,
};
const ageKeygen = `
import { readFileSync, writeFileSync } from 'node:fs';
import { generateX25519Identity, identityToRecipient } from ${JSON.stringify(join(root, 'node_modules/age-encryption/dist/index.js'))};
const [option, file] = process.argv.slice(2);
if (option === '-y') {
  const identity = readFileSync(file, 'utf8').split('\\n').find((line) => line.startsWith('AGE-SECRET-KEY-'));
  console.log(await identityToRecipient(identity));
} else if (option === '-o') {
  const identity = await generateX25519Identity();
  writeFileSync(file, '# public key: ' + (await identityToRecipient(identity)) + '\\n' + identity + '\\n', { flag: 'wx' });
} else process.exit(1);
`;

const children: ChildProcess[] = [];
const undo: (() => unknown)[] = [];
afterAll(async () => {
  for (const child of children) await stop(child, 'SIGKILL');
  for (const one of undo.toReversed()) await one();
});

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'close');
  // It leads a group of its own.
  process.kill(-child.pid, signal);
  await gone;
}

interface Block {
  child: ChildProcess;
  said: string;
}

/** What the candidate does on the emulator's capture page. */
async function takePictures(link: string): Promise<void> {
  const press = async (does: string): Promise<string> => {
    const answer = await fetch(link, {
      method: 'POST',
      body: new URLSearchParams({ does }),
    });
    return answer.text();
  };
  let page = await press('agree');
  while (!page.includes('Your pictures were submitted')) {
    expect(await press('take')).toContain('value="use"');
    page = await press('use');
  }
}

/** A folder like a fresh clone, with the commands on the path of its reader. */
async function freshClone(): Promise<{ clone: string; commands: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'candidate-funnel getting started '));
  undo.push(() => rm(folder, { recursive: true }));
  const [clone, commands] = [join(folder, 'clone'), join(folder, 'commands')];
  await mkdir(clone);
  await mkdir(commands);
  await symlink(join(root, 'examples'), join(clone, 'examples'));
  await writeCommands(commands, standIns);
  await writeFile(join(commands, 'age-keygen.mjs'), ageKeygen);
  return { clone, commands };
}

test('every block of docs/getting-started.md does what the page says, with the emulator in the place of the sandbox', async () => {
  const { clone, commands } = await freshClone();
  const emulator = await startEmulator({
    apiKey,
    pace: 5,
    retry: { firstDelay: 100, longestDelay: 500 },
    logger: false,
  });
  undo.push(() => emulator.close());
  const relayPort = String(await getPort({ host: '127.0.0.1' }));
  const applicationId = `getting-started-${relayPort}-${process.pid}`;
  const env = {
    PATH: `${commands}:${process.env['PATH'] ?? ''}`,
    HOME: clone,
    NO_COLOR: '1',
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    FUNNEL_TASK_QUEUE: applicationId,
    RELAY_PORT: relayPort,
  };

  const blocks = blocksOf(readPage('docs/getting-started.md'), ['sh']).map(({ value }) =>
    value.replaceAll('https://riskos.sandbox.socure.com', emulator.url).replaceAll('app-1042', applicationId),
  );
  const seen: string[] = [];
  /** Runs the next block, to its end or until it has said this. */
  const next = async (begins: RegExp, says: RegExp, { ends = true } = {}): Promise<Block> => {
    const text = blocks[seen.length] ?? '';
    expect(text).toMatch(begins);
    seen.push(text);
    const child = spawn('sh', ['-e', '-c', text], { cwd: clone, env, detached: true });
    children.push(child);
    let said = '';
    // A block that reads nothing can end before it is written to.
    child.stdin.once('error', () => undefined);
    child.stdin.end(`${apiKey}\n`);
    const done = once(child, 'close');
    await new Promise<void>((resolve) => {
      const listen = (chunk: Buffer) => {
        said += chunk.toString();
        if (!ends && says.test(said)) resolve();
      };
      child.stdout.on('data', listen);
      child.stderr.on('data', listen);
      void done.then(() => resolve());
    });
    expect({ said, code: child.exitCode }).toEqual({
      said: expect.stringMatching(says),
      code: ends ? 0 : null,
    });
    return { child, said };
  };

  await next(/^npm ci/, /^$/);
  await next(/riskos-api-key/, /^$/);
  await next(/^openssl/, /^$/);
  await next(/settings\.sh/, /^$/);
  await next(/^cp examples\/identities/, /^$/);
  await next(/check-riskos/, /pass/);
  await next(/^temporal/, /started/, { ends: false });
  await next(/worker$/, /worker runs/, { ends: false });
  await next(/relay$/, /relay listens/, { ends: false });
  const token = (await readFile(join(clone, 'sandbox/relay-token.txt'), 'utf8')).trim();
  emulator.setWebhook({
    url: `http://127.0.0.1:${relayPort}/webhooks/riskos`,
    auth: { type: 'bearer', token },
  });
  await next(/doctor/, /riskos/i);
  await next(/^cp examples\/application/, /^$/);
  const file = join(clone, 'sandbox/application.json');
  const application = z.looseObject({}).parse(JSON.parse(await readFile(file, 'utf8')));
  await writeFile(file, JSON.stringify({ ...application, applicationId }));
  // The reader is in the terminal in which doctor ran.
  const inFourthTerminal = '. sandbox/settings.sh\n';
  for (let at = seen.length; at < blocks.length; at++) blocks[at] = inFourthTerminal + (blocks[at] ?? '');
  const watching = await next(/start[^]*watch/, /to request documents/, { ends: false });
  await stop(watching.child, 'SIGINT');
  const { said } = await next(/documents/, /show the candidate this link/);
  await takePictures(/http\S+\/capture\/\S+/.exec(said)?.[0] ?? '');
  await next(/watch/, /verified/, { ends: false });
  expect(seen).toEqual(blocks);
}, 180_000);
