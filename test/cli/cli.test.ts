import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { exampleApplication } from '../support/application.ts';
import { run } from '../support/processes.ts';
import { createWorld, quickPolicy, until, type World } from '../support/world.ts';

let world: World;
let folder: string;
let env: Record<string, string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-cli-'));
  world = await createWorld({ scenarios: { absent: { documents: [{ candidate: 'absent' }] } } });
  await world.startRelay();
  await world.startWorker();
  env = {
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    FUNNEL_TASK_QUEUE: world.taskQueue,
    PAYLOAD_ENCRYPTION: 'off',
  };
});
afterAll(async () => {
  await world.close();
  await rm(folder, { recursive: true, force: true });
});

const id = (name: string) => `${name}-${world.taskQueue.slice(-8)}`;

async function file(name: string, content: unknown): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

describe('candidate-funnel', () => {
  test('carries an application from start to withdrawal, and prints what people and programs need', async () => {
    const applicationId = id('cli');
    const path = await file(
      'app.json',
      exampleApplication(applicationId, { custom: { scenario: 'absent' } }),
    );
    const policy = await file('policy.json', { documents: { deadline: '3 days' } });
    const started = await run(['start', path, '--policy', policy], env);
    expect(started).toMatchObject({ code: 0, stderr: '' });
    expect(started.stdout).toMatch(new RegExp(`^${applicationId}  `));

    await until(world.funnels.funnel(applicationId), ({ stage }) => stage === 'awaiting_document_request');
    expect(await run(['documents', applicationId], env)).toMatchObject({ code: 0 });
    await until(
      world.funnels.funnel(applicationId),
      ({ nextAction }) => nextAction.kind === 'show_capture_link',
    );

    const status = await run(['status', applicationId], env);
    expect(status.stdout).toMatch(/waits for  the candidate, until \d{4}-\d\d-\d\d \d\d:\d\d UTC/);
    expect(status.stdout).toMatch(/show the candidate this link \(attempt 1 of 3\): http/);
    const json = await run(['status', applicationId, '--json'], env);
    expect(JSON.parse(json.stdout)).toEqual(await world.funnels.funnel(applicationId).status());

    await expect
      .poll(async () => (await run(['list', '--stage', 'document_verification', '--json'], env)).stdout)
      .toContain(`"applicationId":"${applicationId}"`);
    expect((await run(['timeline', applicationId], env)).stdout).toMatch(/passive check, attempt 1: accept/);

    expect(await run(['complete', applicationId], env)).toMatchObject({
      code: 4,
      stderr: expect.stringMatching(
        /complete is not possible at document_verification; possible now: read, withdraw\n$/,
      ),
    });
    const again = await run(['start', path], env);
    expect(again).toMatchObject({
      code: 4,
      stderr: expect.stringMatching(/a funnel of this application is open/),
    });

    const withdrawn = await run(['withdraw', applicationId, '--reason', 'position filled', '--json'], env);
    expect(JSON.parse(withdrawn.stdout)).toMatchObject({ stage: 'closed', outcome: 'withdrawn' });
    expect((await run(['watch', applicationId], env)).stdout).toMatch(/closed: withdrawn/);
  });

  test('starts from standard input', async () => {
    const application = exampleApplication(id('stdin'), {
      custom: { scenario: 'passive-reject' },
      policy: quickPolicy,
    });
    expect(await run(['start', '-', '--json'], env, JSON.stringify(application))).toMatchObject({ code: 0 });
    expect((await world.funnels.funnel(application.applicationId).result()).outcome).toBe('rejected');
  });

  test('setup registers the search attributes, also the second time', async () => {
    expect(await run(['setup'], env)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/has every search attribute/),
    });
  });

  test('gives examples with --help, for each verb', async () => {
    const { stdout } = await run(['--help'], {});
    const verbs = [...stdout.matchAll(/^ {2}([a-z-]+) \S/gm)].map(([, verb = '']) => verb);
    expect(verbs.length).toBeGreaterThan(20);
    for (const verb of verbs.filter((one) => one !== 'help')) {
      const help = await run([verb, '--help'], {});
      expect(help.stdout).toMatch(new RegExp(`\\$ candidate-funnel ${verb}\\b`));
    }
  });

  test('without a verb, and with --help, says what it can do', async () => {
    const help = await run(['--help'], {});
    expect(help.code).toBe(0);
    for (const verb of [
      'demo',
      'dev',
      'start',
      'status',
      'watch',
      'list',
      'documents',
      'reverify',
      'withdraw',
      'complete',
      'worker',
      'relay',
      'codec-server',
      'emulator',
      'setup',
      'check-riskos',
    ]) {
      expect(help.stdout).toMatch(new RegExp(`^  ${verb}\\b`, 'm'));
    }
  });
});

describe('bad input is one line that names the field or the remedy', () => {
  const riskos = {
    RISKOS_BASE_URL: 'http://127.0.0.1:1',
    RISKOS_API_KEY: 'k',
    RISKOS_ENVIRONMENT: 'Sandbox',
  };
  const archive = { ARCHIVE_URL: 'file:///nowhere', ARCHIVE_RECIPIENTS: 'age1x' };
  const bad: [string, () => Promise<string[]> | string[], Record<string, string>, number, RegExp][] = [
    ['an unknown verb', () => ['statsu', 'x'], {}, 2, /unknown command 'statsu'.*status/],
    ['a missing file', () => ['start', 'nowhere.json'], {}, 2, /nowhere\.json cannot be read/],
    [
      'a file that is not JSON',
      async () => ['start', await file('bad.json', '{')],
      {},
      2,
      /bad\.json is not JSON/,
    ],
    [
      'an application without a candidate',
      async () => ['start', await file('empty.json', { applicationId: 'a' })],
      {},
      2,
      /candidate: /,
    ],
    [
      'an invalid policy',
      async () => [
        'start',
        await file('p.json', exampleApplication('a', { policy: { documents: { maxAttempts: 99 } } })),
      ],
      {},
      2,
      /policy\.documents\.maxAttempts: /,
    ],
    ['an id that cannot be one', () => ['status', 'jane doe'], {}, 2, /the application id must be 1 to 64/],
    ['an unknown application', () => ['status', 'nobody'], {}, 3, /nobody: there is no such funnel/],
    [
      'an update of an unknown application',
      () => ['withdraw', 'nobody'],
      {},
      3,
      /nobody: there is no such funnel/,
    ],
    [
      'a pace for one retry',
      () => ['retry', 'a', '--rate', '2', '--limit', '3'],
      {},
      2,
      /--limit, --rate: only with --all/,
    ],
    ['an unknown stage', () => ['list', '--stage', 'nowhere'], {}, 2, /Allowed choices are passive_check/],
    [
      'a review without a reason',
      () => ['review', 'a', '--verdict', 'accept', '--by', 'me'],
      {},
      2,
      /--reason/,
    ],
    ['a worker without settings', () => ['worker'], {}, 2, /RISKOS_BASE_URL is not set/],
    [
      'a worker with a wrong environment',
      () => ['worker'],
      { RISKOS_BASE_URL: 'http://127.0.0.1:1', RISKOS_API_KEY: 'k', RISKOS_ENVIRONMENT: 'sandbox' },
      2,
      /RISKOS_ENVIRONMENT /,
    ],
    [
      'an API key with text around it',
      () => ['worker'],
      { RISKOS_BASE_URL: 'http://127.0.0.1:1', RISKOS_API_KEY: 'key: abc', RISKOS_ENVIRONMENT: 'Sandbox' },
      2,
      /RISKOS_API_KEY must be the key alone/,
    ],
    [
      'an archive that is no URL',
      () => ['worker'],
      {
        RISKOS_BASE_URL: 'http://127.0.0.1:1',
        RISKOS_API_KEY: 'k',
        RISKOS_ENVIRONMENT: 'Sandbox',
        ARCHIVE_URL: '/tmp',
        ARCHIVE_RECIPIENTS: 'age1x',
      },
      2,
      /file:\/\/\/|ARCHIVE/,
    ],
    [
      'a placement that nobody documented',
      () => ['worker'],
      { ...riskos, RISKOS_PREVIOUS_REFERENCE_PLACEMENT: 'data.somewhere' },
      2,
      /RISKOS_PREVIOUS_REFERENCE_PLACEMENT /,
    ],
    [
      'a table of reason codes that is none',
      async () => ['worker'],
      { ...riskos, ...archive, RISKOS_REASON_CODES_FILE: '/dev/null' },
      2,
      /RISKOS_REASON_CODES_FILE/,
    ],
    [
      'a relay without a token',
      () => ['relay'],
      {},
      2,
      /RELAY_BEARER_TOKENS \(or RELAY_BEARER_TOKENS_FILE\) is needed/,
    ],
    [
      'a relay with a short token',
      () => ['relay'],
      { RELAY_BEARER_TOKENS: 'short' },
      2,
      /RELAY_BEARER_TOKENS must have tokens of at least 16/,
    ],
    [
      'a setting given twice',
      () => ['relay'],
      { RELAY_BEARER_TOKENS: 'x'.repeat(20), RELAY_BEARER_TOKENS_FILE: '/x' },
      2,
      /are both set/,
    ],
    [
      'Temporal out of reach',
      () => ['status', 'a'],
      { TEMPORAL_ADDRESS: '127.0.0.1:1' },
      5,
      /no answer from Temporal/,
    ],
    [
      'a setup that Temporal never answers',
      () => ['setup'],
      { TEMPORAL_ADDRESS: '127.0.0.1:1' },
      5,
      /Temporal is out of reach at 127\.0\.0\.1:1/,
    ],
    [
      'a watch that Temporal never answers',
      () => ['watch', 'a'],
      { TEMPORAL_ADDRESS: '127.0.0.1:1' },
      5,
      /no answer from Temporal at 127\.0\.0\.1:1/,
    ],
  ];

  test.each(bad)('%s', async (_what, args, more, code, message) => {
    const result = await run(await args(), { ...env, ...more }, undefined, { refused: true });
    expect(result).toMatchObject({ code, stdout: '', stderr: expect.stringMatching(message) });
    expect(result.stderr.trim().split('\n').length).toBe(1);
    expect(result.stderr).not.toMatch(/\n\s+at /);
  });
});
