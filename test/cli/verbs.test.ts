import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Funnel } from '../../src/client/index.ts';
import type { UpdateName } from '../../src/contract/index.ts';
import { exampleApplication } from '../support/application.ts';
import { run } from '../support/processes.ts';
import { createWorld, quickPolicy, until, type World } from '../support/world.ts';

let world: World;
let folder: string;
let env: Record<string, string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-verbs-'));
  world = await createWorld({
    scenarios: {
      absent: { documents: [{ candidate: 'absent' }] },
      code: { passive: [{ waitsFor: ['one_time_code'] }] },
      more: { passive: [{ waitsFor: ['more_information'], missing: ['individual.national_id'] }] },
      refused: {
        passive: [{ faults: [{ at: 'create', kind: 'answer', status: 403, code: 'PERMISSION_DENIED' }] }],
      },
    },
  });
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

const example = (name: string) => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));

async function atRest(scenario: string, kind: string): Promise<Funnel> {
  const funnel = await world.start(scenario, { custom: { scenario } });
  await until(funnel, ({ nextAction }) => nextAction.kind === kind);
  return funnel;
}

/** What the last update of a funnel carried. */
async function lastUpdate({ applicationId }: Funnel): Promise<unknown> {
  const history = await world.temporal.workflow.getHandle(`funnel-${applicationId}`).fetchHistory();
  const accepted = (history.events ?? []).flatMap(
    ({ workflowExecutionUpdateAcceptedEventAttributes: attributes }) => (attributes ? [attributes] : []),
  );
  const data = accepted.at(-1)?.acceptedRequest?.input?.args?.payloads?.[0]?.data;
  return JSON.parse(Buffer.from(data ?? []).toString());
}

describe('who asks for an update', () => {
  test('is the user of the machine, unless --by says otherwise', async () => {
    const funnel = await atRest('absent', 'show_capture_link');
    expect(await run(['withdraw', funnel.applicationId, '--by', 'hr-system-7'], env)).toMatchObject({
      code: 0,
    });
    expect(await lastUpdate(funnel)).toEqual({ by: 'hr-system-7' });

    const other = await atRest('code', 'enter_one_time_code');
    expect(await run(['resend-code', other.applicationId], env)).toMatchObject({ code: 0 });
    expect(await lastUpdate(other)).toEqual({ by: userInfo().username });
  });

  const messages: Record<UpdateName, (funnel: Funnel, by: string) => Promise<unknown>> = {
    requestDocuments: (funnel, by) => funnel.requestDocuments({ by }),
    requestReverification: (funnel, by) => funnel.requestReverification({ by }),
    requestPayrollSetup: (funnel, by) => funnel.requestPayrollSetup({ by }),
    submitOneTimeCode: (funnel, by) => funnel.submitOneTimeCode({ code: '123456', by }),
    resendOneTimeCode: (funnel, by) => funnel.resendOneTimeCode({ by }),
    provideInformation: (funnel, by) => funnel.provideInformation({ candidate: { nationalId: '1' }, by }),
    review: (funnel, by) => funnel.review({ verdict: 'accept', reason: 'same person', by }),
    readNow: (funnel, by) => funnel.readNow({ by }),
    correct: (funnel, by) => funnel.correct({ candidate: { nationalId: '1' }, by }),
    retry: (funnel, by) => funnel.retry({ by }),
    withdraw: (funnel, by) => funnel.withdraw({ by }),
    complete: (funnel, by) => funnel.complete({ by }),
  };

  test.each(Object.entries(messages))('is a field of %s, checked as every other', async (_name, send) => {
    const nobody = world.funnels.funnel('nobody-at-all');
    await expect(send(nobody, ' \u0000 ')).rejects.toMatchObject({
      type: 'InvalidMessage',
      message: expect.stringMatching(/ by: has a control character/),
    });
    await expect(send(nobody, 'operator-3')).rejects.toMatchObject({ type: 'NotFound' });
  });
});

describe('what the status says to do', () => {
  test('names the application, so that it can be copied', async () => {
    const code = await atRest('code', 'enter_one_time_code');
    const asked = await run(['status', code.applicationId], env);
    expect(asked.stdout).toContain(`"candidate-funnel code ${code.applicationId} CODE"`);
    const done = await run(['code', code.applicationId, '123456'], env);
    expect(done).toMatchObject({ code: 0, stderr: '' });
    const more = await atRest('more', 'provide_information');
    expect((await run(['status', more.applicationId], env)).stdout).toContain(
      `"candidate-funnel information ${more.applicationId} --candidate FILE"`,
    );
    expect(
      await run(['information', more.applicationId, '--candidate', example('payroll.json')], env),
    ).toMatchObject({ code: 0 });
  });

  test('says at verified what is possible, and the payroll example works as shipped', async () => {
    const { applicationId } = await world.start('verified', { custom: { scenario: 'accept' } });
    const funnel = world.funnels.funnel(applicationId);
    await until(funnel, ({ stage }) => stage === 'verified');
    expect((await run(['status', applicationId], env)).stdout).toContain(
      `nothing to do; possible now: "candidate-funnel reverify ${applicationId}", "candidate-funnel payroll ${applicationId}", "candidate-funnel complete ${applicationId}"`,
    );
    expect(await run(['payroll', applicationId, '--candidate', example('payroll.json')], env)).toMatchObject({
      code: 0,
      stderr: '',
    });
    await until(funnel, ({ verdicts }) => verdicts.at(-1)?.stage === 'payroll_setup');
  });

  test('refuses what payroll does not take, instead of leaving it out', async () => {
    const path = join(folder, 'too-much.json');
    await writeFile(path, JSON.stringify({ dateOfBirth: '1990-02-11', email: 'robin@example.com' }));
    expect(await run(['payroll', 'app-1', '--candidate', path], env)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/candidate\.email: is not a known field/),
    });
  });

  test('has the time of each change in a watch', async () => {
    const { applicationId } = await world.start('watched', { custom: { scenario: 'passive-reject' } });
    const { stdout } = await run(['watch', applicationId], env);
    expect(stdout).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\n/);
    expect(stdout).toMatch(/UTC\n\S+ {2}closed: rejected\n/);
  });
});

describe('several ids', () => {
  test('are each asked; one that is refused is a line, and the others go on', async () => {
    const both = await Promise.all([
      atRest('absent', 'show_capture_link'),
      atRest('absent', 'show_capture_link'),
    ]);
    const ids = both.map(({ applicationId }) => applicationId);
    const { code, stdout, stderr } = await run(
      ['withdraw', ids[0] ?? '', 'nobody', ids[1] ?? '', '--json'],
      env,
    );
    expect({ code, stderr }).toEqual({
      code: 3,
      stderr: 'candidate-funnel: nobody: there is no such funnel\n',
    });
    const closed = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(new Set(closed.map(({ applicationId }) => applicationId))).toEqual(new Set(ids));
    expect(closed.map(({ outcome }) => outcome)).toEqual(['withdrawn', 'withdrawn']);
  });

  test('come from a list too: everything that stopped goes on, as the README says', async () => {
    const { applicationId } = await atRest('refused', 'needs_attention');
    await expect
      .poll(
        async () =>
          (await run(['list', '--waiting-for', 'operator', '--json', '--limit', '1000'], env)).stdout,
      )
      .toContain(applicationId);
    const { stdout } = await run(['list', '--waiting-for', 'operator', '--json', '--limit', '1000'], env);
    const line = stdout.split('\n').find((one) => one.includes(`"${applicationId}"`)) ?? '';
    const retried = await run(['retry', '-', '--json'], env, `${line}\n`);
    expect(retried).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(retried.stdout)).toMatchObject({ applicationId });
  });

  test('that are none are no error', async () => {
    expect(await run(['retry', '-'], env, '')).toEqual({
      code: 0,
      stdout: '',
      stderr: 'no application id was given, so nothing was done\n',
    });
  });
});

test('output that nobody reads any more ends it quietly', async () => {
  const command = fileURLToPath(new URL('../../bin/candidate-funnel.js', import.meta.url));
  const child = spawn(
    process.execPath,
    [command, 'watch', (await atRest('absent', 'show_capture_link')).applicationId, '--json'],
    {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const [first] = await once(child.stdout, 'data');
  const { applicationId } = JSON.parse(String(first));
  child.stdout.destroy();
  const ended = once(child, 'close');
  await world.funnels.funnel(applicationId).withdraw();
  expect({ ended: await ended, stderr }).toEqual({ ended: [0, null], stderr: '' });
});

test('Temporal out of reach is named by its address', async () => {
  const nowhere = { TEMPORAL_ADDRESS: '127.0.0.1:9' };
  const file = join(folder, 'address');
  await writeFile(file, '127.0.0.1:9\n');
  const [given, read] = await Promise.all([
    run(['status', 'a'], nowhere),
    run(['status', 'a'], { TEMPORAL_ADDRESS_FILE: file }),
  ]);
  expect(given.stderr).toContain('no answer from Temporal at 127.0.0.1:9;');
  expect(read.stderr).toContain('at 127.0.0.1:9;');
});

test('start --file starts each application once, also when it is run again', async () => {
  const suffix = world.taskQueue.slice(-8);
  const line = (name: string, candidate: object = {}) => {
    const application = exampleApplication(`${name}-${suffix}`, {
      policy: quickPolicy,
      custom: { scenario: 'absent' },
    });
    return JSON.stringify({ ...application, candidate: { ...application.candidate, ...candidate } });
  };
  const path = join(folder, 'applications.ndjson');
  await writeFile(path, `\ufeff${line('one')}\n${line('two')}\n${line('three', { email: 'robin' })}\n`);
  const first = await run(['start', '--file', path], env);
  expect(first).toEqual({
    code: 2,
    stderr: '',
    stdout: expect.stringMatching(
      /^2 started, 0 had a funnel already, 1 refused\nline 3: candidate\.email: must be an e-mail/,
    ),
  });
  await writeFile(path, (await readFile(path, 'utf8')).replace('"robin"', '"robin@example.com"'));
  const second = await run(['start', '--file', path, '--json'], env);
  expect(second.code).toBe(0);
  const results = second.stdout
    .trim()
    .split('\n')
    .map((one) => JSON.parse(one));
  expect(results.map(({ line: at, result }) => `${at} ${result}`).toSorted()).toEqual([
    '1 already_open',
    '2 already_open',
    '3 started',
  ]);
  expect(await run(['start', '--file', path, '--again'], env)).toMatchObject({ code: 2 });
  expect(await run(['start', '--file', path], { ...env, TEMPORAL_ADDRESS: '127.0.0.1:9' })).toMatchObject({
    code: 5,
    stdout: expect.stringMatching(/3 not tried: run the same command again/),
  });
});
