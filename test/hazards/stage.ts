import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import getPort, { portNumbers } from 'get-port';
import { createArchiveKey } from '../../src/archive/index.ts';
import { createFunnelClient, type FunnelClient, temporalClient } from '../../src/client/index.ts';
import { startDevServer } from '../../src/dev-server/index.ts';
import type { Scenario as Plays } from '../../src/emulator/index.ts';
import { apiKey, token } from '../support/constants.ts';
import { killProcess, startProcess } from '../support/processes.ts';
import { keep, type Keeper, type Mortal } from './keeper.ts';
import type { Kill, Victim } from './plan.ts';

/** Every part as a process of its own, none of which lives for long. */
export interface Stage {
  funnels: FunnelClient;
  temporal: ReturnType<typeof temporalClient>;
  emulatorUrl: string;
  /** Where the emulator keeps what it knows. */
  stateFile: string;
  /** False when the victim was away already. */
  kill(kill: Kill): Promise<boolean>;
  /** How often a process ended by itself. */
  deaths(): number;
  close(): Promise<void>;
}

export interface StageOptions {
  temporal: StageTemporal;
  workers: number;
  seed: number;
  /** The emulator's scenarios. */
  scenarios: Record<string, Plays>;
  /** Milliseconds between two steps of a played candidate. */
  pace?: number;
}

/** The Temporal server of a stage, which is started again at the same address after each kill. */
export interface StageTemporal {
  /** host:port of the frontend. */
  address: string;
  start(): Promise<Mortal>;
  /** Deletes what it keeps. */
  close(): Promise<void>;
}

/** The dev server with a file; `binary` is Temporal's CLI. */
export async function devServerFor(binary: string): Promise<StageTemporal> {
  const folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-hazards-temporal-'));
  const port = await stablePort();
  const dbFile = join(folder, 'temporal.sqlite');
  return {
    address: `127.0.0.1:${port}`,
    start: async () => {
      const server = await startDevServer({ binary, port, uiPort: false, dbFile });
      const kill = async () => {
        server.kill();
        await server.stop();
      };
      const ended = new Promise<void>((resolve) => {
        const look = setInterval(() => {
          if (isAlive(server.pid)) return;
          clearInterval(look);
          resolve();
        }, 20);
      });
      return { kill, ended };
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

export async function openStage(options: StageOptions): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-hazards-'));
  const scenarioFile = join(folder, 'scenarios.json');
  const stateFile = join(folder, 'emulator.json');
  await writeFile(scenarioFile, JSON.stringify(options.scenarios));
  const host = '127.0.0.1';
  const [relayPort, emulatorPort] = [await stablePort(), await stablePort()];
  const { address } = options.temporal;
  const emulatorUrl = `http://${host}:${emulatorPort}`;
  const { recipient } = await createArchiveKey();

  const parts = new Map<string, Keeper>();
  const open = async () => {
    parts.set('temporal', await keep(() => options.temporal.start()));
    const emulator = keep(() =>
      mortal(
        [
          'emulator',
          `--port=${emulatorPort}`,
          `--api-key=${apiKey}`,
          `--webhook-url=http://${host}:${relayPort}/webhooks/riskos`,
          `--webhook-token=${token}`,
          `--scenarios=${scenarioFile}`,
          `--state=${stateFile}`,
          `--pace=${options.pace ?? 200}`,
          `--seed=${options.seed}`,
        ],
        {},
        /RiskOS emulator/,
      ),
    );
    const relay = keep(() =>
      mortal(
        ['relay'],
        { TEMPORAL_ADDRESS: address, RELAY_PORT: String(relayPort), RELAY_BEARER_TOKENS: token },
        /relay listens/,
      ),
    );
    const workers = Array.from({ length: options.workers }, () =>
      keep(() =>
        mortal(
          ['worker'],
          {
            TEMPORAL_ADDRESS: address,
            RISKOS_BASE_URL: emulatorUrl,
            RISKOS_API_KEY: apiKey,
            RISKOS_ENVIRONMENT: 'Sandbox',
            RISKOS_REQUESTS_PER_SECOND: '1000',
            ARCHIVE_URL: `file://${join(folder, 'archive')}`,
            ARCHIVE_RECIPIENTS: recipient,
          },
          /worker runs/,
        ),
      ),
    );
    const starting: [string, Promise<Keeper>][] = [
      ['emulator', emulator],
      ['relay', relay],
      ...workers.map((worker, which): [string, Promise<Keeper>] => [`worker ${which}`, worker]),
    ];
    // Those that start are kept even if another one does not, so that `close` stops them.
    const errors: unknown[] = [];
    await Promise.allSettled(starting.map(([, part]) => part));
    for (const [name, part] of starting) {
      await part.then(
        (kept) => parts.set(name, kept),
        (error: unknown) => errors.push(error),
      );
    }
    if (errors.length > 0) throw new AggregateError(errors, 'a part of the stage did not start');
  };

  const temporal = temporalClient(address);
  const funnels = createFunnelClient({ temporal, deadline: 4000 });
  const close = async () => {
    await funnels.close();
    for (const part of [...parts.values()].toReversed()) await part.stop();
    await options.temporal.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await open();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    funnels,
    temporal,
    emulatorUrl,
    stateFile,
    kill: async ({ victim, which, downFor }) =>
      (await parts.get(nameOf(victim, which))?.kill(downFor)) ?? false,
    deaths: () => [...parts.values()].reduce((sum, part) => sum + part.deaths(), 0),
    close,
  };
}

/** Below those that the system gives to whoever asks: it must still be free when its process comes back. */
function stablePort(): Promise<number> {
  const from = 15_000 + Math.floor(Math.random() * 15_000);
  return getPort({ host: '127.0.0.1', port: portNumbers(from, from + 100) });
}

function nameOf(victim: Victim, which: number): string {
  return victim === 'worker' ? `worker ${which}` : victim;
}

/** One of our own commands as a process. */
async function mortal(args: string[], env: Record<string, string>, ready: RegExp): Promise<Mortal> {
  const child = await startProcess(args, env, ready);
  const dieTogether = () => child.kill('SIGKILL');
  process.once('exit', dieTogether);
  child.once('exit', () => process.off('exit', dieTogether));
  const ended =
    child.exitCode === null && child.signalCode === null ? once(child, 'exit') : Promise.resolve();
  return { ended, kill: () => killProcess(child) };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
