import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { randomUUID } from 'node:crypto';
import { expect, inject, onTestFinished, test } from 'vitest';
import { temporalClient } from '../../src/client/index.ts';
import { token } from '../support/constants.ts';
import { killProcess, run, type Running, startProcess } from '../support/processes.ts';
import { head, open, send } from './support.ts';

async function startRelay(env: Record<string, string> = {}): Promise<{ url: string; child: Running }> {
  const child = await startProcess(
    ['relay'],
    { TEMPORAL_ADDRESS: inject('temporalAddress'), RELAY_PORT: '0', RELAY_BEARER_TOKENS: token, ...env },
    /relay listens/,
  );
  onTestFinished(() => killProcess(child));
  const url = /"address":"([^"]+)"/.exec(child.log())?.[1];
  if (!url) throw new Error(`the relay did not say where it listens: ${child.log()}`);
  return { url, child };
}

async function startFunnel(): Promise<string> {
  const temporal = temporalClient(inject('temporalAddress'));
  const application = `relay-${randomUUID().slice(0, 8)}`;
  const handle = await temporal.workflow.start('candidateFunnel', {
    workflowId: `funnel-${application}`,
    taskQueue: 'nobody-works-here',
  });
  onTestFinished(async () => {
    await handle.terminate();
    await temporal.connection.close();
  });
  return `${application}~0123abcd~passive_check~1`;
}

test('every attack of the script: the relay lives, and signals nothing', async () => {
  const { url, child } = await startRelay({ RELAY_REQUESTS_PER_SECOND: '100000' });
  const evaluationId = await startFunnel();
  const script = new URL('attack.ts', import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      '--import',
      'tsx',
      script,
      '--url',
      url,
      '--token',
      token,
      '--target',
      evaluationId,
      '--count=600',
      '--sockets=20',
      '--json',
    ],
    { maxBuffer: 10_000_000 },
  );
  const { sent, crashes, signals, faults, results } = JSON.parse(stdout);
  expect({ crashes, signals, faults }).toEqual({ crashes: 0, signals: 0, faults: 0 });
  expect(sent).toBeGreaterThan(700);
  expect(results).toContainEqual({ attack: 'slow body without a token', sent: 20, statuses: { 401: 20 } });
  expect(results).toContainEqual({ attack: 'slow body with a token', sent: 20, statuses: { 408: 20 } });
  expect(results).toContainEqual({ attack: 'gzip that unpacks to 64 MiB', sent: 4, statuses: { 413: 4 } });
  expect((await send(url, { data: { id: evaluationId } })).body).toBe('{"result":"signalled"}');
  expect(child.log()).not.toContain(token);
});

test('SIGTERM: what is under way is finished, and the process ends whatever clients do', async () => {
  const { url, child } = await startRelay();
  const clients = await Promise.all(Array.from({ length: 30 }, () => open(url)));
  const beginnings = [head(100_000), 'POST /webhooks/riskos HT', head(100_000, ''), ''];
  for (const [nth, { socket }] of clients.entries()) socket.write(beginnings[nth % 4] ?? '');
  await send(url, { data: { id: 'verify-ping1' } });
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
  expect(child.log()).toContain('relay stopped');
});

test('SIGTERM while Temporal does not answer: the process ends', async () => {
  const { url, child } = await startRelay({ TEMPORAL_ADDRESS: '127.0.0.1:1' });
  expect((await send(url)).status).toBe(503);
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});

test('each kind of authentication that RELAY_AUTH names is what the process takes, and no other', async () => {
  const { url } = await startRelay({
    RELAY_AUTH: 'basic',
    RELAY_BEARER_TOKENS: '',
    RELAY_BASIC_CREDENTIALS: `riskos:${token}`,
  });
  const ping = { data: { id: 'verify-ping1' } };
  const basic = `Basic ${Buffer.from(`riskos:${token}`).toString('base64')}`;
  expect((await send(url, ping)).status).toBe(401);
  expect((await send(url, { ...ping, headers: { authorization: basic } })).status).toBe(200);
});

test('a secret that no header can match stops the process at its start, in one line that names it', async () => {
  const { code, stderr } = await run(['relay'], { RELAY_BEARER_TOKENS: `"${token}"` });
  expect(code).toBe(2);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(stderr).toContain('RELAY_BEARER_TOKENS');
  expect(stderr).not.toContain(token);
});
