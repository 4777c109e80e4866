import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createArchiveKey } from '../../src/archive/index.ts';
import { lookAtSettings } from '../../src/cli/doctor/settings.ts';
import { createPayloadIdentity, openKeyStore } from '../../src/codec/index.ts';
import {
  allSettings,
  codecClientSettings,
  codecServerSettings,
  readSettings,
  relaySettings,
  workerSettings,
} from '../../src/config.ts';
import { dispatcherOfSettings } from '../../src/network.ts';
import { exampleApplication } from '../support/application.ts';
import { apiKey, token } from '../support/constants.ts';
import { run } from '../support/processes.ts';

type Environment = Record<string, string>;
type Process = 'worker' | 'relay' | 'codec-server' | 'verbs' | 'start' | 'all';

/** A value that is wrong, and the process that says so: as soon as it reads its settings, or when it first uses the value. */
type Row = { wrong: string; in: Process; when: 'read' | 'used' } | { never: string };

const read = (process: Process, wrong: string): Row => ({ wrong, in: process, when: 'read' });
const used = (process: Process, wrong: string): Row => ({ wrong, in: process, when: 'used' });

/** A setting without a row does not compile. */
const rows: Record<keyof typeof allSettings, Row> = {
  RISKOS_BASE_URL: read('worker', 'canary.example'),
  RISKOS_API_KEY: read('worker', 'canary key'),
  RISKOS_API_VERSION: read('worker', 'canary version'),
  RISKOS_ENVIRONMENT: read('worker', 'canary'),
  RISKOS_WORKFLOW: read('worker', ' '),
  RISKOS_PREVIOUS_REFERENCE_PLACEMENT: read('worker', 'canary'),
  RISKOS_REASON_CODES_FILE: used('worker', '/no/such/canary.json'),
  RISKOS_REQUESTS_PER_SECOND: read('worker', 'canary'),
  ARCHIVE_URL: used('worker', 'ftp://canary.example'),
  ARCHIVE_RECIPIENTS: used('worker', 'age1canary'),
  ARCHIVE_MEMORY_MB: read('worker', '1'),
  NOTIFY_URL: read('worker', 'http://canary.example/'),
  NOTIFY_SECRETS: read('worker', 'canary'),
  METRICS_ADDRESS: read('worker', 'canary'),
  FUNNEL_TASK_QUEUE: read('worker', ' '),
  WORKER_DEPLOYMENT_NAME: read('worker', 'canary.name'),
  WORKER_BUILD_ID: read('worker', 'canary:id'),
  PAYLOAD_ENCRYPTION: read('worker', 'canary'),
  KEY_STORE_URL: used('worker', 'ftp://canary.example'),
  PAYLOAD_RECIPIENTS: used('worker', 'age1canary'),
  PAYLOAD_IDENTITY: used('worker', 'AGE-SECRET-KEY-CANARY'),
  LOG_LEVEL: read('worker', 'canary'),
  RELAY_HOST: read('relay', 'canary host'),
  RELAY_PORT: read('relay', 'canary'),
  RELAY_AUTH: read('relay', 'canary'),
  RELAY_BEARER_TOKENS: read('relay', 'canary'),
  RELAY_BASIC_CREDENTIALS: read('relay', 'canary'),
  RELAY_OAUTH_ISSUER: read('relay', ' '),
  RELAY_OAUTH_AUDIENCE: read('relay', ','),
  RELAY_OAUTH_JWKS_URL: read('relay', 'canary'),
  RELAY_OAUTH_ALGORITHMS: read('relay', 'canary'),
  RELAY_TRUSTED_PROXIES: read('relay', 'canary'),
  RELAY_MAX_CONNECTIONS: read('relay', 'canary'),
  RELAY_MAX_CONNECTIONS_PER_ADDRESS: read('relay', '0'),
  RELAY_MAX_IN_FLIGHT: read('relay', '1.5'),
  RELAY_REQUESTS_PER_SECOND: read('relay', 'canary'),
  CODEC_HOST: read('codec-server', 'canary host'),
  CODEC_PORT: read('codec-server', 'canary'),
  CODEC_AUTH: read('codec-server', 'canary'),
  CODEC_JWKS_URL: read('codec-server', 'canary'),
  CODEC_ISSUER: read('codec-server', ' '),
  CODEC_AUDIENCE: read('codec-server', ','),
  CODEC_ALGORITHMS: read('codec-server', 'canary'),
  CODEC_ROLES_CLAIM: read('codec-server', ' '),
  CODEC_ROLES_ALL: read('codec-server', ','),
  CODEC_ROLES_STATUS: read('codec-server', ','),
  CODEC_ORIGINS: read('codec-server', 'https://canary.example/path'),
  CODEC_TRUSTED_PROXIES: read('codec-server', 'canary'),
  CODEC_REQUESTS_PER_SECOND: read('codec-server', 'canary'),
  CODEC_URL: read('verbs', 'canary'),
  CODEC_TOKEN: read('verbs', ' '),
  HTTPS_PROXY: read('all', 'ftp://canary.example'),
  HTTP_PROXY: read('all', 'ftp://canary.example'),
  NO_PROXY: { never: 'any text is a list of hosts' },
  FUNNEL_POLICY_FILE: used('start', '/no/such/canary.json'),
};

const readers: Record<Process, (environment: Environment) => unknown> = {
  worker: (environment) => readSettings(workerSettings, environment),
  relay: (environment) => readSettings(relaySettings, environment),
  'codec-server': (environment) => readSettings(codecServerSettings, environment),
  verbs: (environment) => readSettings(codecClientSettings, environment),
  start: () => undefined,
  all: (environment) => dispatcherOfSettings(environment),
};

let folder: string;
let right: Record<Process, Environment>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-every-setting-'));
  const { identity, recipient } = await createPayloadIdentity();
  const temporal = { TEMPORAL_ADDRESS: inject('temporalAddress') };
  const keys = {
    KEY_STORE_URL: pathToFileURL(join(folder, 'keys')).href,
    PAYLOAD_RECIPIENTS: recipient,
    PAYLOAD_IDENTITY: identity,
  };
  // An empty store is warned of.
  const store = openKeyStore({ url: keys.KEY_STORE_URL, recipients: [recipient] });
  await store.create('app-1');
  store.close();
  right = {
    worker: {
      ...temporal,
      ...keys,
      PAYLOAD_ENCRYPTION: 'on',
      RISKOS_BASE_URL: 'http://127.0.0.1:9',
      RISKOS_API_KEY: apiKey,
      RISKOS_ENVIRONMENT: 'Sandbox',
      ARCHIVE_URL: pathToFileURL(join(folder, 'images')).href,
      ARCHIVE_RECIPIENTS: (await createArchiveKey()).recipient,
    },
    relay: { ...temporal, RELAY_BEARER_TOKENS: token, RELAY_PORT: '0' },
    'codec-server': {
      ...keys,
      CODEC_PORT: '0',
      CODEC_JWKS_URL: 'http://127.0.0.1:9/jwks.json',
      CODEC_ISSUER: 'https://issuer.example',
      CODEC_AUDIENCE: 'codec',
    },
    verbs: temporal,
    start: temporal,
    all: {},
  };
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const wrongRows = Object.entries(rows).flatMap(([name, row]) => ('wrong' in row ? [{ name, ...row }] : []));
const readRows = wrongRows.filter(({ when }) => when === 'read');
const usedRows = wrongRows.filter(({ when }) => when === 'used');
const names = Object.keys(rows);

/** The settings that a text names, by themselves or by the file that holds them. */
const namedIn = (text: string) =>
  [...new Set(text.match(/\b[A-Z][A-Z_]+\b/g))]
    .map((word) => (names.includes(word) ? word : word.replace(/_FILE$/, '')))
    .filter((word) => names.includes(word));

function messageOf(work: () => unknown): string {
  try {
    work();
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

describe('a wrong value of', () => {
  test.each(readRows)('$name is named, alone and without the value, as soon as $in reads it', (row) => {
    const environment = { ...right[row.in], [row.name]: row.wrong };
    const message = messageOf(() => readers[row.in](environment));
    expect(message).toMatch(new RegExp(`^${row.name}\\b`));
    expect(message).not.toMatch(/canary/i);
    expect(messageOf(() => readers[row.in](right[row.in]))).toBe('');
  });

  test.each(readRows)('$name is named by doctor, without the value', ({ name, wrong, in: process }) => {
    const found = lookAtSettings({ ...right[process], [name]: wrong });
    const faults = found.filter(({ result }) => result === 'fault');
    expect(faults.map(({ says }) => says).join('\n')).toContain(name);
    expect(JSON.stringify(found)).not.toMatch(/canary/i);
    expect(lookAtSettings(right[process]).filter(({ result }) => result === 'fault')).toEqual([]);
  });

  test.each(['worker', 'relay', 'codec-server'] as const)(
    'each setting of %s at once stops the process with one line that names them all',
    async (process) => {
      const ofProcess = readRows.filter((row) => row.in === process);
      const wrong = Object.fromEntries(ofProcess.map(({ name, wrong: value }) => [name, value]));
      const { code, stdout, stderr } = await run([process], { ...right[process], ...wrong }, undefined, {
        refused: true,
      });
      expect({ code, stdout, lines: stderr.trim().split('\n').length }).toEqual({
        code: 2,
        stdout: '',
        lines: 1,
      });
      expect(namedIn(stderr)).toEqual(expect.arrayContaining(ofProcess.map(({ name }) => name)));
      expect(stderr).not.toMatch(/canary/i);
    },
  );

  test.each([
    [['relay'], 'HTTPS_PROXY'],
    [['relay'], 'LOG_LEVEL'],
    [['codec-server'], 'LOG_LEVEL'],
    [['monitor'], 'METRICS_ADDRESS'],
    [['start', '-'], 'CODEC_URL'],
  ] as const)('what %s reads later stops it too: %s', async ([process, ...args], name) => {
    const environment = process === 'monitor' || process === 'start' ? right.verbs : right[process];
    const row = rows[name];
    const input = JSON.stringify(exampleApplication('every-setting'));
    const ended = await run(
      [process, ...args],
      { ...environment, [name]: 'wrong' in row ? row.wrong : '' },
      input,
      { refused: true },
    );
    expect(ended.code).toBe(2);
    expect(namedIn(ended.stderr)).toContain(name);
  });

  test.each(usedRows)('$name stops $in when it is used, with a line that names it', async (row) => {
    const args = row.in === 'start' ? ['start', '-'] : [row.in];
    const input = JSON.stringify(exampleApplication('every-setting'));
    const ended = await run(args, { ...right[row.in], [row.name]: row.wrong }, input, { refused: true });
    expect({ ...ended, stderr: '' }).toEqual({ code: 2, stdout: '', stderr: '' });
    expect(ended.stderr.trim().split('\n')).toHaveLength(1);
    expect(namedIn(ended.stderr)).toContain(row.name);
  });

  test('each that is wrong only when it is used is named by doctor', async () => {
    for (const { name, wrong, in: process } of usedRows) {
      const { code, stdout } = await run(['doctor', '--json'], {
        ...right[process],
        TEMPORAL_ADDRESS: '',
        [name]: wrong,
      });
      const faults = stdout.split('\n').filter((line) => line.includes('"fault"'));
      expect({ name, code, named: namedIn(faults.join('\n')).includes(name) }).toEqual({
        name,
        code: 1,
        named: true,
      });
    }
  });
});

describe('what is not there', () => {
  const below = (name: string) => pathToFileURL(join(folder, 'file', name)).href;
  beforeAll(async () => {
    // Nothing can be made below a file.
    await writeFile(join(folder, 'file'), '');
  });

  test.each<[string, string, () => Environment]>([
    ['Temporal', 'Temporal', () => ({ TEMPORAL_ADDRESS: '127.0.0.1:9' })],
    ['RiskOS', 'RiskOS', () => right.worker],
    ['the archive', 'archive', () => ({ ...right.worker, ARCHIVE_URL: below('images') })],
    [
      'the receiver',
      'receiver',
      () => ({ NOTIFY_URL: 'http://127.0.0.1:9/', NOTIFY_SECRETS: `whsec_${'C'.repeat(32)}` }),
    ],
    [
      'the codec server',
      'codec server',
      () => ({ ...right.verbs, CODEC_URL: 'http://127.0.0.1:9', CODEC_TOKEN: 'token' }),
    ],
  ])('%s is named by doctor, with what to do', async (_name, about, missing) => {
    const { code, stdout } = await run(['doctor', '--json'], missing());
    const found: { about: string; result: string }[] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(code).toBe(1);
    expect(found.find((finding) => finding.about === about)).toMatchObject({
      result: 'fault',
      remedy: expect.stringMatching(/./),
    });
  });

  // What is not in this table stops no process: it is retried, counted and logged.
  test.each<[string, string[], number, RegExp, () => Environment]>([
    [
      'Temporal',
      ['worker'],
      5,
      /Temporal is out of reach.*TEMPORAL_ADDRESS/,
      () => ({ ...right.worker, TEMPORAL_ADDRESS: '127.0.0.1:9' }),
    ],
    ['the archive', ['worker'], 2, /ARCHIVE_URL/, () => ({ ...right.worker, ARCHIVE_URL: below('images') })],
    [
      'the key store',
      ['worker'],
      1,
      /key store.*KEY_STORE_URL/,
      () => ({ ...right.worker, KEY_STORE_URL: below('keys') }),
    ],
    [
      'the codec server',
      ['start', '-'],
      1,
      /codec server.*CODEC_URL/,
      () => ({ ...right.verbs, CODEC_URL: 'http://127.0.0.1:9', CODEC_TOKEN: 'token' }),
    ],
  ])('%s is named by the process that cannot start without it', async (_name, args, code, says, missing) => {
    const ended = await run(args, missing(), JSON.stringify(exampleApplication('missing')));
    expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code, stderr: expect.stringMatching(says) });
    expect(ended.stderr.trim().split('\n')).toHaveLength(1);
  });
});
