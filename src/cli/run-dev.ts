import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { queueSettings, readSettings } from '../config.ts';
import { defaultTaskQueue } from '../contract/index.ts';
import { createLogger } from '../logging.ts';
import { InputError } from './errors.ts';
import { archiveInWords, ownArchive } from './own-archive.ts';
import { notifierOfSettings } from './notifier.ts';
import { startLocalCodecServer } from './local-codec-server.ts';
import { startParts } from './parts.ts';
import { usualTemporal } from './process.ts';
import { installRuntime } from './runtime.ts';

export interface DevOptions {
  data: string;
  pace: number;
}

export async function runDev(options: DevOptions): Promise<void> {
  const say = (line: string) => process.stderr.write(`${line}\n`);
  // What goes well is no news to somebody who tries it out.
  const logger = createLogger('dev', { environment: { LOG_LEVEL: 'warn', ...process.env } });
  installRuntime(logger);
  const data = resolve(options.data);
  await mkdir(data, { recursive: true });
  await chmod(data, 0o700);
  await lockFolder(data);
  const archive = await ownArchive({
    folder: resolve(data, 'images'),
    keyFile: resolve(data, 'archive-key.txt'),
  });
  const codec = await startLocalCodecServer(data, logger);
  const temporal = await usualTemporal({
    onProgress: say,
    dbFile: resolve(data, 'temporal.db'),
    uiCodecEndpoint: codec.url,
  }).catch(async (error: unknown) => {
    await codec.close();
    throw error;
  });
  codec.allow(temporal.uiUrl);
  const taskQueue = queueFor(temporal.started);
  try {
    const parts = await startParts({
      address: temporal.address,
      taskQueue,
      archive,
      keys: codec.keys,
      pace: options.pace,
      logger,
      notifier: notifierOfSettings({ logger }),
      emulator: { port: 8090, stateFile: resolve(data, 'emulator.json') },
      relayPort: 8080,
    });
    say(`Temporal         ${temporal.address}`);
    if (temporal.uiUrl) say(`Temporal UI      ${temporal.uiUrl}`);
    say(
      `Codec server     ${codec.url}, which decrypts for the UI and everybody else on this machine, without a token`,
    );
    say(`Emulator         ${parts.emulatorUrl}`);
    say(`Relay            ${parts.relayUrl}/webhooks/riskos`);
    const where = [
      temporal.address.endsWith(':7233') ? '' : `TEMPORAL_ADDRESS=${temporal.address} `,
      taskQueue === defaultTaskQueue ? '' : `FUNNEL_TASK_QUEUE=${taskQueue} `,
    ].join('');
    say(archiveInWords(archive, where));
    say(
      `\nIn another terminal:\n  export CODEC_URL=${codec.url}\n  ${where}npx candidate-funnel start examples/application.json`,
    );
    try {
      await parts.running;
    } finally {
      await parts.close();
    }
  } finally {
    await temporal.stop();
    await codec.close();
  }
}

/** On a server that others use too, real applications must never come to the emulator. */
function queueFor(ownServer: boolean): string {
  const { FUNNEL_TASK_QUEUE } = readSettings(queueSettings);
  return ownServer || FUNNEL_TASK_QUEUE !== defaultTaskQueue ? FUNNEL_TASK_QUEUE : `${defaultTaskQueue}-dev`;
}

/** One `dev` a folder: two servers on one database would spoil it. Throws {@link InputError}. */
async function lockFolder(folder: string): Promise<void> {
  const file = resolve(folder, 'dev.pid');
  const holder = Number(await readFile(file, 'utf8').catch(() => ''));
  if (holder > 0 && holder !== process.pid && isAlive(holder)) {
    throw new InputError(
      `${folder} is in use by process ${holder}; stop that, or give --data another folder`,
    );
  }
  await writeFile(file, String(process.pid));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
