import { spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { text as textOf } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { build } from '../../src/build-info.ts';
import { sdkLine } from '../../src/cli/sdk-log.ts';
import { aboutToMove } from '../../src/contract/index.ts';
import { listed, logFields } from '../../src/contract/log-fields.ts';
import { loggedError, speakingErrors } from '../../src/log-error.ts';
import { createLogger, createPino } from '../../src/logging.ts';
import { RiskosError } from '../../src/riskos/index.ts';

const canary = 'Canary Robin';

function recording(context?: () => object) {
  let text = '';
  const options = {
    environment: { LOG_LEVEL: 'trace' },
    destination: { write: (line: string) => void (text += line) },
    ...(context ? { context } : {}),
  };
  const lines = () =>
    text
      .split('\n')
      .filter(Boolean)
      .map((line) => z.record(z.string(), z.unknown()).parse(JSON.parse(line)));
  return { pino: createPino('tried', options), log: createLogger('tried', options), lines, text: () => text };
}

describe('a log line', () => {
  test('is written before the call returns, so that a process that is killed loses none', async () => {
    const logging = new URL('../../dist/src/logging.js', import.meta.url).href;
    // The only thread that could write later has other work.
    const script = `import { pbkdf2 } from 'node:crypto';
      const { createLogger } = await import('${logging}');
      pbkdf2('a', 'b', 1e7, 64, 'sha512', () => undefined);
      createLogger('tried').info('the last words');
      process.kill(process.pid, 'SIGKILL');`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      env: { ...process.env, UV_THREADPOOL_SIZE: '1' },
    });
    expect(await textOf(child.stderr)).toContain('"msg":"the last words"');
  });

  test('is one JSON object with level, time, name, words and listed fields', () => {
    const { log, lines } = recording();
    log.warn({ workflowId: 'funnel-app-1', retryAfter: 5 }, 'RiskOS call failed');
    expect(lines()).toEqual([
      {
        level: 'warn',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        name: 'tried',
        build: build.buildId ?? build.version,
        workflowId: 'funnel-app-1',
        retryAfter: 5,
        msg: 'RiskOS call failed',
      },
    ]);
  });

  test('prints no field that is not listed, whoever adds it, and says how many it left out', () => {
    const { pino, lines, text } = recording(() => ({ candidate: canary }));
    pino.info({ email: canary, taskToken: canary }, 'twice');
    pino.child({ givenName: canary }, { serializers: { who: () => canary } }).info('a child');
    expect(lines()).toMatchObject([
      { msg: 'twice', unlisted: 3 },
      { msg: 'a child', unlisted: 2 },
    ]);
    expect(text()).not.toContain(canary);
  });

  test.each(Object.entries(logFields))('%s prints no value of another form', (name, { form }) => {
    const { pino, lines } = recording();
    const odd = form === 'person' || form === 'text' ? { deep: canary } : `${canary}\n{`;
    pino.info({ [name]: odd }, 'odd');
    expect(lines()[0]).toMatchObject({ [name]: form === 'error' ? { type: 'Canary' } : '(odd)' });
  });

  test('does not compile with a field that is not listed, one that a spread brings too', () => {
    const { log, lines } = recording();
    const more = { email: canary };
    // @ts-expect-error: email is not listed
    log.info({ email: canary }, 'never');
    // @ts-expect-error: email is not listed
    log.info({ ...more }, 'never');
    // @ts-expect-error: email is not listed
    listed({ ...more });
    // @ts-expect-error: email is not listed
    log.child({ email: canary });
    // @ts-expect-error: a count is a number
    log.info({ count: canary }, 'never');
    expect(lines()).toMatchObject([{ unlisted: 1 }, { unlisted: 1 }, { count: '(odd)' }]);
  });

  test('of an error without words has none of the error', () => {
    const { pino, lines, text } = recording();
    pino.error(new Error(canary));
    pino.error({ err: new SyntaxError(canary) }, 'was not read');
    expect(lines()).toMatchObject([
      { msg: 'unexpected error', error: { type: 'Error' } },
      { msg: 'was not read' },
    ]);
    expect(text()).not.toContain(canary);
  });
});

describe('a logged error', () => {
  test('has type, place and causes, and no message that may hold data', () => {
    let caught: unknown;
    try {
      JSON.parse(`{"givenName": ${canary}`);
    } catch (error) {
      caught = new Error(`outer ${canary}`, { cause: error });
    }
    const shown = loggedError(caught);
    expect(shown).toMatchObject({
      type: 'Error',
      at: expect.arrayContaining([expect.stringMatching(/logging\.test\.ts/)]),
      cause: { type: 'SyntaxError' },
    });
    expect(JSON.stringify(shown)).not.toContain('Canary');
  });

  test('has the message of our own classes, of failures of ours, and of connections', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' });
    const error = new RiskosError('Unreachable', { call: 'GET /api/evaluation/1', cause: refused });
    expect(loggedError(error)).toEqual({
      type: 'Unreachable',
      message: expect.stringContaining('GET /api/evaluation/1'),
      cause: { type: 'Error', code: 'ECONNREFUSED', message: 'connect ECONNREFUSED 127.0.0.1:1' },
    });
    const both = Object.assign(new AggregateError([refused]), { code: 'ECONNREFUSED' });
    expect(loggedError(both)).toMatchObject({ code: 'ECONNREFUSED', at: expect.any(Array) });
    const failure = ApplicationFailure.nonRetryable('nothing was sent', 'RiskosNotProcessed');
    expect(loggedError(failure)).toMatchObject({ type: 'RiskosNotProcessed', message: 'nothing was sent' });
    const foreign = loggedError(ApplicationFailure.nonRetryable(canary, 'TypeError'));
    expect(foreign).toMatchObject({ type: 'TypeError' });
    expect(JSON.stringify(foreign)).not.toContain(canary);
  });

  test('of gRPC has the name of the code, and details of the connection only', () => {
    const grpc = (code: number) => Object.assign(new Error(`${code}: ${canary}`), { code, details: canary });
    expect(loggedError(grpc(14))).toMatchObject({
      code: 'UNAVAILABLE',
      message: `14: ${canary}`,
      at: expect.any(Array),
    });
    expect(loggedError(grpc(3))).toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(JSON.stringify(loggedError(grpc(3)))).not.toContain(canary);
  });

  test('that crossed a thread or goes through two loggers keeps its type', () => {
    const crossed: unknown = structuredClone(new RiskosError('Unreachable'));
    expect(loggedError(crossed).type).toBe('RiskosError');
    const ofTheSandbox = Object.assign(new Error('the state cannot be read'), {
      stack: 'StateError: x\n    at y (z:1:2)',
    });
    expect(loggedError(ofTheSandbox)).toMatchObject({
      type: 'StateError',
      message: 'the state cannot be read',
    });
    const once = loggedError(new RangeError(canary));
    expect(loggedError(once)).toBe(once);
  });

  test('never goes deeper than five causes, and takes anything', () => {
    const loop = new Error('loop');
    loop.cause = loop;
    expect(JSON.stringify(loggedError(loop)).match(/"type"/g)).toHaveLength(5);
    for (const odd of [
      undefined,
      null,
      7,
      canary,
      Symbol('x'),
      {},
      [],
      Object.create(null),
      new Date(),
      () => 1,
    ]) {
      expect(loggedError(odd).type).toMatch(/^\w+$/);
    }
  });

  test('may speak if it is a class of ours, but for a Refusal of the emulator, which quotes', async () => {
    const roots = ['src', 'activities', 'workflows'].map((room) =>
      fileURLToPath(new URL(`../../${room}`, import.meta.url)),
    );
    const names: string[] = [];
    for (const root of roots) {
      for (const file of await readdir(root, { recursive: true })) {
        if (!file.endsWith('.ts')) continue;
        const text = await readFile(`${root}/${file}`, 'utf8');
        names.push(...Array.from(text.matchAll(/class (\w+) extends Error/g), ([, name = '']) => name));
      }
    }
    expect(new Set([...speakingErrors, 'Refusal'])).toEqual(new Set(names));
  });
});

describe("a line of Temporal's SDK", () => {
  const line = (message: string, meta = {}, level: 'WARN' | 'ERROR' | 'INFO' = 'WARN') =>
    sdkLine({ level, message, meta });

  test('keeps what is listed and the constant part of its words', () => {
    expect(
      line('Activity not found on completion. Details: Status { code: NotFound, message: "x" }', {
        sdkComponent: 'core',
        task_token: 'CjFrZXk=',
        taskToken: 'CjFrZXk=',
        run_id: 'a-run',
        details: `Status { code: NotFound, message: "${canary}", source: None }`,
      }),
    ).toEqual({
      level: 'warn',
      message: 'Activity not found on completion. Details …',
      fields: { sdkComponent: 'core', runId: 'a-run', error: expect.any(String) },
    });
    const { pino, lines } = recording();
    pino.warn({ error: `Status { code: NotFound, message: "${canary}", source: None }` }, 'core');
    expect(lines()).toMatchObject([{ error: { type: 'Status', code: 'NotFound' } }]);
    const failure = `Failure { failure: Some(Failure { message: "${canary}", source: "TypeScriptSDK", failure_info: Some(ApplicationFailureInfo(ApplicationFailureInfo { r#type: "StateTooNew" })) }) }`;
    expect(loggedError(failure)).toEqual({ type: 'StateTooNew' });
    expect(line(`Error while processing ActivityTask.start: ${canary}`, {}, 'ERROR')?.message).toBe(
      'Error while processing ActivityTask.start …',
    );
  });

  test('keeps the words of our own workflows and activities', () => {
    const message = 'Temporal could not be asked for earlier POSTs; nothing was sent: later';
    expect(line(message, { sdkComponent: 'activity' })?.message).toBe(message);
  });

  test('of a refused early query is no trouble', () => {
    const error = new Error(aboutToMove);
    expect(line('Failed to process Workflow Activation', { error }, 'ERROR')?.level).toBe('debug');
    expect(
      line('Failing legacy query request', { failure: `Failure { message: "${aboutToMove}" }` })?.level,
    ).toBe('debug');
    expect(line('Failed to process Workflow Activation', { error: new Error('other') }, 'ERROR')?.level).toBe(
      'error',
    );
  });

  test('that nothing is registered on a queue is left out', () => {
    expect(line('No workflows registered, not polling for workflow tasks')).toBeUndefined();
  });
});
