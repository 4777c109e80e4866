import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { createPayloadIdentity } from '../../src/codec/index.ts';
import { openStorage, readObject, type Storage } from '../../src/storage/index.ts';
import { run } from '../support/processes.ts';

interface Pair {
  identity: string;
  recipient: string;
}

let pair: Pair;
let storage: Storage;
let verb: (args: string[], pair?: Pair, recipient?: string) => ReturnType<typeof run>;
beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-keys-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  pair = await createPayloadIdentity();
  const url = pathToFileURL(join(folder, 'store')).href;
  storage = openStorage(url);
  verb = async (args, { identity, recipient } = pair, to = recipient) => {
    const file = join(folder, 'identity.txt');
    await writeFile(file, `# made for a test\n${identity}\n`, { mode: 0o600 });
    return run(['keys', ...args], {
      PAYLOAD_ENCRYPTION: 'on',
      KEY_STORE_URL: url,
      PAYLOAD_RECIPIENTS: to,
      PAYLOAD_IDENTITY_FILE: file,
    });
  };
});

const lines = (text: string): unknown[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line): unknown => JSON.parse(line));

test('a key is made once, listed and checked', async () => {
  const first = await verb(['new', 'app-1', '--json']);
  expect(first.code).toBe(0);
  expect((await verb(['new', 'app-1', '--json'])).stdout).toBe(first.stdout);
  expect(lines((await verb(['list', '--json'])).stdout)).toEqual([{ applicationId: 'app-1' }]);
  expect(lines((await verb(['check', '--json'])).stdout)).toEqual([{ applicationId: 'app-1', state: 'ok' }]);
});

test('rotation past keys that cannot be rotated reaches all others, names those, and says so by its exit code', async () => {
  const next = await createPayloadIdentity();
  await storage.putIfAbsent('keys/app-1/1', Buffer.from('broken'));
  await verb(['new', 'app-2']);
  const wrapped = await readObject(storage, 'keys/app-2/1', 10_000);
  await storage.putIfAbsent('keys/app-0/1', wrapped ?? Buffer.from(''));
  const { code, stdout } = await verb(['rotate', '--json'], pair, next.recipient);
  expect(lines(stdout)).toEqual([
    { applicationId: 'app-0', result: 'KeyUnreadable' },
    { applicationId: 'app-1', result: 'KeyUnreadable' },
    { applicationId: 'app-2', result: 'rotated' },
  ]);
  expect(code).toBe(1);
  const checked = await verb(['check', '--json'], next);
  expect(lines(checked.stdout)).toContainEqual({ applicationId: 'app-2', state: 'ok' });
  expect(checked.code).toBe(1);
});

test('a key that a restored backup brought back is found, and removed again by a rotation', async () => {
  await verb(['new', 'app-1']);
  const tombstone = { v: 1, at: '2026-01-02T03:04:05.000Z', by: 'officer', reason: 'request' };
  await storage.putIfAbsent('tombstones/app-1', Buffer.from(JSON.stringify(tombstone)));
  const found = await verb(['check', '--json']);
  expect(lines(found.stdout)).toEqual([{ applicationId: 'app-1', state: 'revived' }]);
  expect(found.code).toBe(1);
  expect(lines((await verb(['rotate', '--json'])).stdout)).toEqual([
    { applicationId: 'app-1', result: 'KeyForgotten' },
  ]);
  expect((await verb(['check'])).code).toBe(0);
});

test('one key that cannot be opened, asked for by its id, is an error that says what to do', async () => {
  await storage.putIfAbsent('keys/app-1/1', Buffer.from('broken'));
  const { code, stderr } = await verb(['rotate', 'app-1']);
  expect(code).not.toBe(0);
  expect(stderr).toContain('PAYLOAD_IDENTITY_FILE');
  expect(stderr.trim().split('\n')).toHaveLength(1);
});

test.each(['keys list', 'list', 'status app-1'])(
  'a key store URL that is wrong is named by its own setting: %s',
  async (command) => {
    const { code, stderr } = await run(command.split(' '), {
      PAYLOAD_ENCRYPTION: 'on',
      KEY_STORE_URL: 'nonsense',
      PAYLOAD_RECIPIENTS: pair.recipient,
      PAYLOAD_IDENTITY: pair.identity,
    });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^candidate-funnel: KEY_STORE_URL: .*file:\/\/\/.*\n$/);
  },
);
