import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { request } from 'undici';
import { token } from '../../test/support/constants.ts';
import { killProcess, startProcess } from '../../test/support/processes.ts';

export interface Served {
  url: string;
  stop(): Promise<void>;
}

/** `candidate-funnel relay` as a process of its own. One client stands for all of RiskOS here, so its limits are higher. */
export async function startRelay(address: string): Promise<Served> {
  const child = await startProcess(
    ['relay'],
    {
      TEMPORAL_ADDRESS: address,
      RELAY_PORT: '0',
      RELAY_BEARER_TOKENS: token,
      RELAY_REQUESTS_PER_SECOND: '1000000',
    },
    /relay listens/,
  );
  const url = /"address":"([^"]+)"/.exec(child.log())?.[1] ?? '';
  return { url, stop: () => killProcess(child) };
}

export async function startBare(address: string): Promise<Served> {
  const script = fileURLToPath(new URL('bare.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script], {
    env: { ...process.env, TEMPORAL_ADDRESS: address },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [line] = await once(child.stderr, 'data');
  const url = /at (\S+)/.exec(String(line))?.[1] ?? '';
  return { url, stop: () => killProcess(child) };
}

/** Mebibytes of resident memory. */
export async function memoryOf(url: string): Promise<number> {
  return Math.round((await metric(url, 'process_resident_memory_bytes')) / 1024 / 1024);
}

export async function metric(url: string, series: string): Promise<number> {
  const answer = await request(`${url}/metrics`);
  const line = (await answer.body.text()).split('\n').find((one) => one.startsWith(`${series} `));
  return Number(line?.slice(series.length));
}
