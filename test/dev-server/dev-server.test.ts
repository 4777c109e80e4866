import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Client, Connection } from '@temporalio/client';
import getPort from 'get-port';
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  type DevServer,
  DevServerError,
  type DevServerOptions,
  ensureTemporal,
  findTemporal,
  startDevServer,
} from '../../src/dev-server/index.ts';
import { script, temporaryFolder } from './support.ts';

let binary: string;
beforeAll(async () => {
  binary = await findTemporal({ env: process.env, onProgress: () => {} });
});

async function started(options: Partial<DevServerOptions> = {}): Promise<DevServer> {
  const server = await startDevServer({ binary, uiPort: false, ...options });
  onTestFinished(() => server.stop());
  return server;
}

async function clientOf({ address }: { address: string }): Promise<Client> {
  const connection = await Connection.connect({ address });
  onTestFinished(() => connection.close());
  return new Client({ connection });
}

async function occupiedPort(): Promise<number> {
  const other = createServer();
  const port = await getPort({ host: '127.0.0.1' });
  other.listen(port, '127.0.0.1');
  onTestFinished(() => void other.close());
  await once(other, 'listening');
  return port;
}

async function refusal(options: Partial<DevServerOptions>): Promise<DevServerError> {
  const outcome: unknown = await started(options).catch((thrown: unknown) => thrown);
  if (outcome instanceof DevServerError) return outcome;
  throw new Error('it started');
}

function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('the dev server', () => {
  test('its UI asks the codec server that it is given', async () => {
    const server = await started({ uiPort: 0, uiCodecEndpoint: 'http://127.0.0.1:18081' });
    const answer = await fetch(`${server.uiUrl}/api/v1/settings`);
    expect(await answer.json()).toMatchObject({ Codec: { Endpoint: 'http://127.0.0.1:18081' } });
  });

  test('answers, knows the search attributes and shows its UI as soon as it is handed over', async () => {
    const server = await started({ uiPort: 0 });
    const { connection } = await clientOf(server);
    const { customAttributes } = await connection.operatorService.listSearchAttributes({
      namespace: 'default',
    });
    expect(customAttributes).toMatchObject({
      FunnelStage: 2,
      FunnelOutcome: 2,
      FunnelAttempt: 3,
      FunnelWaitingFor: 2,
      FunnelDeadline: 6,
    });
    const page = await fetch(server.uiUrl ?? '');
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toContain('text/html');
  });

  test('is out of reach from other machines', async () => {
    const server = await started({ uiPort: 0 });
    const ports = [server.address, new URL(server.uiUrl ?? '').host].map((at) => Number(at.split(':')[1]));
    const outside = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ family, internal }) => family === 'IPv4' && !internal);
    for (const { address } of outside) {
      for (const port of ports)
        await expect(once(connect(port, address), 'connect')).rejects.toThrow('ECONNREFUSED');
    }
    expect((await refusal({ host: '0.0.0.0' })).type).toBe('NotLoopback');
  });

  test('is told the settings without which it stalls and throttles itself', async () => {
    const folder = await temporaryFolder();
    const args: string[] = [];
    await refusal({
      binary: await script(join(folder, 'temporal'), 'printf "%s\\n" "$@"; exit 1'),
      dbFile: join(folder, 'temporal.db'),
      dynamicConfig: { 'history.timerProcessorMaxPollRPS': '7', 'frontend.rps': '9' },
      extraArgs: ['--namespace=other'],
      onLog: (line) => args.push(line),
    });
    expect(args).toEqual(
      expect.arrayContaining([
        '--ip=127.0.0.1',
        '--headless',
        '--dynamic-config-value=history.transferProcessorMaxPollRPS=5000',
        '--dynamic-config-value=history.timerProcessorMaxPollRPS=7',
        '--dynamic-config-value=history.visibilityProcessorMaxPollRPS=5000',
        '--dynamic-config-value=history.timerProcessorMaxTimeShift="1ms"',
        '--dynamic-config-value=matching.numTaskqueueReadPartitions=1',
        '--dynamic-config-value=matching.numTaskqueueWritePartitions=1',
        '--dynamic-config-value=frontend.rps=9',
        '--search-attribute=FunnelStage=Keyword',
        '--search-attribute=FunnelDeadline=Datetime',
        '--sqlite-pragma=journal_mode=wal',
        '--namespace=other',
      ]),
    );
  });

  test('is not misled by TEMPORAL_ variables that are meant for clients', async () => {
    const server = await started({ env: { ...process.env, TEMPORAL_ENV: 'for-clients' } });
    const { connection } = await clientOf(server);
    await expect(connection.workflowService.getSystemInfo({})).resolves.toBeDefined();
  });

  test('starts beside another one that starts at the same moment', async () => {
    const servers = await Promise.all([started(), started(), started()]);
    expect(new Set(servers.map(({ address }) => address)).size).toBe(3);
    for (const server of servers) {
      const { connection } = await clientOf(server);
      await expect(connection.workflowService.getSystemInfo({})).resolves.toBeDefined();
    }
  });

  test('takes other free ports when a free one is snatched away', async () => {
    const folder = await temporaryFolder();
    const unlucky = await script(
      join(folder, 'temporal'),
      `echo x >> ${folder}/tries
if [ "$(wc -l < ${folder}/tries)" -lt 3 ]; then echo 'listen: bind: address already in use' >&2; exit 1; fi
exec '${binary}' "$@"`,
    );
    const { connection } = await clientOf(await started({ binary: unlucky }));
    await expect(connection.workflowService.getSystemInfo({})).resolves.toBeDefined();
  });

  test.each(['port', 'uiPort'] as const)('says which port is taken when its %s is', async (name) => {
    const port = await occupiedPort();
    const error = await refusal({ [name]: port });
    expect(error.type).toBe('PortInUse');
    expect(error.message).toContain(`port ${port} of 127.0.0.1 is in use`);
  });

  test("does not take another server's answer for its own", async () => {
    const other = await started();
    const silent = await script(join(await temporaryFolder(), 'temporal'), 'exec sleep 600');
    const port = Number(other.address.split(':')[1]);
    const error = await refusal({ binary: silent, port, startWithin: 1000 });
    expect(error.type).toBe('DevServerFailed');
    expect(error.message).toContain(`${other.address} was not ready within 1 s`);
  });

  test('that dies at once is reported with what it said last', async () => {
    const error = await refusal({ dynamicConfig: { 'history.timerProcessorMaxTimeShift': 'not JSON' } });
    expect(error.type).toBe('DevServerFailed');
    expect(error.message).toContain('ended before it was ready (exit code 1)');
    expect(error.message).toContain('invalid dynamic config values');
  });

  test('that dies is reported with its very last word, even if that comes late', async () => {
    const late = '(sleep 0.3; echo "the reason" >&2) & exit 1';
    const error = await refusal({ binary: await script(join(await temporaryFolder(), 'temporal'), late) });
    expect(error.message).toContain('the reason');
  });

  test('that does not exist is reported', async () => {
    expect((await refusal({ binary: '/nowhere/temporal' })).message).toContain('/nowhere/temporal');
  });

  test('killed and started again with the same file and port goes on where it was', async () => {
    const dbFile = join(await temporaryFolder(), 'data', 'temporal.db');
    const first = await started({ dbFile });
    const handle = await (
      await clientOf(first)
    ).workflow.start('anything', {
      workflowId: 'before-the-kill',
      taskQueue: 'nobody-polls',
    });
    first.kill();
    await first.stop();
    expect(runs(first.pid)).toBe(false);

    const port = Number(first.address.split(':')[1]);
    const client = await clientOf(await started({ dbFile, port }));
    const { status, runId } = await client.workflow.getHandle('before-the-kill').describe();
    expect(status.name).toBe('RUNNING');
    expect(runId).toBe(handle.firstExecutionRunId);
  });

  test('that does not react to SIGTERM is killed', async () => {
    const server = await started({ stopWithin: 100 });
    process.kill(server.pid, 'SIGSTOP');
    await server.stop();
    expect(runs(server.pid)).toBe(false);
    await server.stop();
  });

  test('dies with the process that started it, even by SIGKILL', async () => {
    const parent = spawn(
      process.execPath,
      ['--import', 'tsx', join(import.meta.dirname, 'parent.ts'), binary],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const [line]: unknown[] = await once(createInterface({ input: parent.stdout }), 'line');
    const pid = Number(line);
    expect(runs(pid)).toBe(true);
    parent.kill('SIGKILL');
    await vi.waitFor(() => expect(runs(pid)).toBe(false), { timeout: 50_000 });
  });
});

describe('ensuring that there is a Temporal server', () => {
  const nowhere = { PATH: '/nowhere', CANDIDATE_FUNNEL_CACHE: '/nowhere' };

  test('takes the one TEMPORAL_ADDRESS names, and starts and stops nothing', async () => {
    const env = { ...nowhere, TEMPORAL_ADDRESS: 'temporal.example:7233' };
    const server = await ensureTemporal({ env, onProgress: () => {} });
    expect(server).toMatchObject({ address: 'temporal.example:7233', started: false });
    await server.stop();
  });

  test('starts one when TEMPORAL_ADDRESS is empty, and stops it', async () => {
    const env = { ...process.env, TEMPORAL_ADDRESS: '' };
    const server = await ensureTemporal({ env, onProgress: () => {} });
    expect(server.started).toBe(true);
    expect(server.uiUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const { connection } = await clientOf(server);
    await connection.workflowService.getSystemInfo({});
    await server.stop();
    const [host, port] = server.address.split(':');
    await expect(once(connect(Number(port), host), 'connect')).rejects.toThrow('ECONNREFUSED');
  });
});
