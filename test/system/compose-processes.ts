import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import getPort, { portNumbers } from 'get-port';
import { createPayloadIdentity } from '../../src/codec/index.ts';
import { openComposeReader, type Project, root } from '../compose/project.ts';
import { killProcess, run, type Running, startProcess } from '../support/processes.ts';

/** The containers of docker-compose.yml as processes on loopback: the same commands with the same settings. */
export interface ComposeProcesses {
  worker: Running;
  relay: Running;
  emulator: Running;
  emulatorUrl: string;
  /** SIGTERM for all; their exit codes. */
  stop(): Promise<(number | null)[]>;
  kill(): Promise<void>;
}

export interface Surroundings {
  project: Project;
  /** Of Temporal's frontend. */
  address: string;
  /** Where the volumes are, each a folder. */
  volumes: string;
  /** The folder that deploy/make-secrets.sh made. */
  secrets: string;
  /** A file from which an emulator goes on. */
  state?: string;
}

/** What an operator prepares for docker-compose.yml: the secrets below `folder`, and what it makes of them. */
export async function prepareCompose(folder: string, archiveRecipient: string) {
  const secrets = join(folder, 'secrets');
  const payload = await createPayloadIdentity();
  await mkdir(secrets);
  await writeFile(join(secrets, 'riskos-api-key'), 'the-key-of-riskos\n');
  await writeFile(join(secrets, 'payload-identity'), `${payload.identity}\n`);
  await promisify(execFile)('/bin/sh', [join(root, 'deploy', 'make-secrets.sh'), secrets]);
  const compose = await openComposeReader();
  const project = await compose.load({
    RISKOS_BASE_URL: 'http://emulator:8090',
    RISKOS_ENVIRONMENT: 'Sandbox',
    // As in the demo, whose candidates cannot wait.
    RISKOS_REQUESTS_PER_SECOND: '100',
    RELAY_BEARER_TOKENS_FILE: 'secrets/relay-bearer-tokens',
    ARCHIVE_RECIPIENTS: archiveRecipient,
    PAYLOAD_RECIPIENTS: payload.recipient,
  });
  await compose.close();
  return { secrets, payload, project };
}

export async function startComposeProcesses(surroundings: Surroundings): Promise<ComposeProcesses> {
  const { volumes, state } = surroundings;
  await Promise.all(['archive', 'keys'].map((name) => mkdir(join(volumes, name), { recursive: true })));
  const ports = {
    relay: await freePort(),
    emulator: await freePort(),
    metrics: await freePort(),
  };
  const environmentOf = (name: string) => onThisMachine(surroundings, ports, name);
  const { code, stderr } = await run(['setup'], environmentOf('setup'));
  if (code !== 0) throw new Error(`setup failed: ${stderr}`);
  const started: Running[] = [];
  const start = async (args: string[], name: string, ready: RegExp) => {
    const process = await startProcess(args, environmentOf(name), ready);
    started.push(process);
    return process;
  };
  const kill = async () => {
    for (const process of started) await killProcess(process);
  };
  try {
    const options = state === undefined ? [] : ['--state', state];
    const emulator = await start(['emulator', ...options], 'emulator', /RiskOS emulator/);
    const relay = await start(['relay'], 'relay', /relay listens/);
    const worker = await start(['worker'], 'worker', /worker runs/);
    const emulatorUrl = `http://127.0.0.1:${ports.emulator}`;
    return { worker, relay, emulator, emulatorUrl, stop: () => Promise.all(started.map(stopped)), kill };
  } catch (error) {
    await kill();
    throw error;
  }
}

async function stopped(process: Running): Promise<number | null> {
  if (process.exitCode === null && process.signalCode === null) {
    const gone = once(process, 'exit');
    process.kill('SIGTERM');
    await gone;
  }
  return process.exitCode;
}

/** One service's settings, with this machine's addresses for the names of the Compose network. */
function onThisMachine(
  { project, address, volumes, secrets }: Surroundings,
  ports: { relay: number; emulator: number; metrics: number },
  name: string,
): Record<string, string> {
  const host = '127.0.0.1';
  const environment = project.services[name]?.environment ?? {};
  const translated = Object.entries(environment).map(([variable, value]): [string, string] => [
    variable,
    value
      .replace('temporal:7233', address)
      .replace('emulator:8090', `${host}:${ports.emulator}`)
      .replace('relay:8080', `${host}:${ports.relay}`)
      .replace(/^\/run\/secrets\//, `${secrets}/`)
      .replace(/^file:\/\/\/(archive|keys)/, `file://${volumes}/$1`)
      .replace(/^0\.0\.0\.0:\d+$/, `${host}:${ports.metrics}`)
      .replace(/^0\.0\.0\.0$/, host),
  ]);
  return {
    ...Object.fromEntries(translated),
    PAYLOAD_ENCRYPTION: environment['PAYLOAD_ENCRYPTION'] ?? 'on',
    ...(name === 'relay' ? { RELAY_PORT: String(ports.relay) } : {}),
    ...(name === 'emulator'
      ? { EMULATOR_PORT: String(ports.emulator), EMULATOR_PUBLIC_URL: `http://${host}:${ports.emulator}` }
      : {}),
  };
}

/** Below those that the system gives to whoever asks: it must still be free when its process comes back. */
async function freePort(): Promise<number> {
  const from = 15_000 + Math.floor(Math.random() * 15_000);
  return getPort({ host: '127.0.0.1', port: portNumbers(from, from + 100) });
}
