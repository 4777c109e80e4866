import { spawn } from 'node:child_process';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { request } from 'undici';
import { token } from '../../test/support/constants.ts';
import { killProcess } from '../../test/support/processes.ts';

export interface Served {
  url: string;
  stop(): Promise<void>;
}

const command = fileURLToPath(new URL('../../bin/candidate-funnel.js', import.meta.url));

/** `candidate-funnel relay` as a process of its own. One client stands for all of RiskOS here, so its limits are higher. */
export function startRelay(address: string): Promise<Served> {
  return start([command, 'relay'], /relay listens/, {
    TEMPORAL_ADDRESS: address,
    RELAY_PORT: '0',
    RELAY_BEARER_TOKENS: token,
    RELAY_REQUESTS_PER_SECOND: '1000000',
  });
}

export function startBare(address: string): Promise<Served> {
  const script = fileURLToPath(new URL('bare.ts', import.meta.url));
  return start(['--import', 'tsx', script], /bare route listens/, { TEMPORAL_ADDRESS: address });
}

/** Logs into a file: through a pipe, whoever measures would be the one who makes it wait. */
async function start(args: string[], ready: RegExp, env: Record<string, string>): Promise<Served> {
  const folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-bench-'));
  const file = join(folder, 'log');
  const log = await open(file, 'a');
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', log.fd],
  });
  for (;;) {
    const text = await readFile(file, 'utf8');
    const url = ready.test(text) ? /http:\/\/[\d.]+:\d+/.exec(text)?.[0] : undefined;
    const stop = async () => {
      await killProcess(child);
      await log.close();
      await rm(folder, { recursive: true, force: true });
    };
    if (url) return { url, stop };
    if (child.exitCode !== null) throw new Error(`${args.join(' ')} ended early: ${text}`);
    await setTimeout(50);
  }
}

/** Mebibytes of resident memory. */
export async function memoryOf(url: string): Promise<number> {
  return Math.round((await metric(url, 'process_resident_memory_bytes')) / 1024 / 1024);
}

/** Seconds of processor time so far. */
export function cpuOf(url: string): Promise<number> {
  return metric(url, 'process_cpu_seconds_total');
}

export async function metric(url: string, series: string): Promise<number> {
  const answer = await request(`${url}/metrics`);
  const line = (await answer.body.text()).split('\n').find((one) => one.startsWith(`${series} `));
  return Number(line?.slice(series.length));
}
