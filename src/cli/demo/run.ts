import { setMaxListeners } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ownArchiveSettings, readSettings } from '../../config.ts';
import { createLogger } from '../../logging.ts';
import { play, type Progress } from './play.ts';
import { applicationOf, type Scenario, scenarios } from './scenarios.ts';
import { comparison, display, jsonLine, sumOf } from './table.ts';
import { InputError } from '../errors.ts';
import { archiveInWords, ownArchive } from '../own-archive.ts';
import { startLocalCodecServer } from '../local-codec-server.ts';
import { type Parts, startParts } from '../parts.ts';
import { stopSignal, usualTemporal } from '../process.ts';
import { installRuntime } from '../runtime.ts';

export interface DemoOptions {
  exit?: boolean;
  json?: boolean;
  only?: string;
}

/** A demo that is not through by then has failed, in milliseconds. */
const patience = 180_000;

export async function runDemo(options: DemoOptions): Promise<void> {
  const chosen = choose(options.only);
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const logger = createLogger('demo', { environment: { LOG_LEVEL: 'silent', ...process.env } });
  installRuntime(logger);
  const folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-'));
  const archive = await archiveOfDemo(folder);
  const codec = await startLocalCodecServer(folder, logger);
  const temporal = await usualTemporal({ onProgress: say, uiCodecEndpoint: codec.url }).catch(
    async (error: unknown) => {
      await codec.close();
      throw error;
    },
  );
  codec.allow(temporal.uiUrl);
  try {
    const parts = await startParts({
      address: temporal.address,
      taskQueue: 'candidate-funnel-demo',
      archive,
      keys: codec.keys,
      pace: 300,
      logger,
      emulator: { port: 8090 },
    });
    try {
      const stays = process.stdout.isTTY && !options.exit && !options.json;
      if (!temporal.started) say(`Temporal         ${temporal.address}, named by TEMPORAL_ADDRESS`);
      if (temporal.uiUrl) say(`Temporal UI      ${temporal.uiUrl}`);
      say(`Codec server     ${codec.url}, which decrypts for the UI, without a token on this machine`);
      say(`Capture page     ${parts.emulatorUrl}/`);
      if (archive.named || stays) say(archiveInWords(archive, addressInWords(temporal.address)));
      const stopped = new AbortController();
      const stop = stopSignal().then(() => stopped.abort());
      const suffix = Date.now().toString(36).slice(-5);
      const results = await playAll(parts, chosen, suffix, {
        json: options.json === true,
        stopped: stopped.signal,
      });
      process.exitCode = results.every(({ asExpected }) => asExpected) ? 0 : 1;
      if (stays && !stopped.signal.aborted) {
        await invite(parts, suffix, say);
        if (temporal.uiUrl) say(`Temporal UI       ${temporal.uiUrl}`);
        await Promise.race([stop, parts.running]);
      }
    } finally {
      await parts.close();
    }
  } finally {
    await temporal.stop();
    await codec.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Of its own and gone when the demo ends, unless `ARCHIVE_URL` names another: then its key is kept beside that of `dev`. */
async function archiveOfDemo(folder: string): ReturnType<typeof ownArchive> {
  const isNamed = readSettings(ownArchiveSettings).ARCHIVE_URL !== undefined;
  const keys = isNamed ? resolve('.data') : folder;
  await mkdir(keys, { recursive: true, mode: 0o700 });
  return ownArchive({ folder: join(folder, 'images'), keyFile: join(keys, 'archive-key.txt') });
}

function addressInWords(address: string): string {
  return address.endsWith(':7233') ? '' : `TEMPORAL_ADDRESS=${address} `;
}

function choose(only: string | undefined): Scenario[] {
  if (only === undefined) return scenarios;
  return only.split(',').map((name) => {
    const found = scenarios.find((scenario) => scenario.name === name);
    if (!found)
      throw new InputError(
        `--only: there is no candidate "${name}"; there are ${scenarios.map((known) => known.name).join(', ')}`,
      );
    return found;
  });
}

async function playAll(
  parts: Parts,
  chosen: Scenario[],
  suffix: string,
  { json, stopped }: { json: boolean; stopped: AbortSignal },
): Promise<Progress[]> {
  const shown = json ? undefined : display(chosen.map(({ name }) => name));
  const signal = AbortSignal.any([AbortSignal.timeout(patience), stopped]);
  setMaxListeners(0, signal);
  const changed = (progress: Progress) => {
    shown?.show(progress);
    if (json && progress.asExpected !== undefined) process.stdout.write(`${jsonLine(progress)}\n`);
  };
  const results = await Promise.all(
    chosen.map((scenario) => play(parts.funnels, scenario, suffix, { signal, changed })),
  );
  shown?.done();
  if (!json) {
    process.stdout.write(`\n${comparison(results)}\n\n${sumOf(results)}\n`);
  }
  return results;
}

/** One more candidate, for the person at the keyboard. */
async function invite(parts: Parts, suffix: string, say: (line: string) => void): Promise<void> {
  const funnel = await parts.funnels.startFunnel(applicationOf('interactive', suffix));
  for await (const { nextAction } of funnel.watch({ interval: 250 })) {
    if (nextAction.kind !== 'show_capture_link') continue;
    say(`\nPlay a candidate  ${nextAction.url}`);
    break;
  }
  say('Everything stays up until Ctrl-C.');
}
