import { DefaultLogger } from '@temporalio/worker';
import { MockActivityEnvironment } from '@temporalio/testing';
import { Encrypter } from 'age-encryption';
import { createImageActivities } from '../activities/images.ts';
import { createArchiveKey, createBudget, openArchive } from '../src/archive/index.ts';
import type { ImagesFound } from '../src/contract/index.ts';
import { createRiskosClient } from '../src/riskos/index.ts';

/**
 * Archives in one process, as a worker does, and encrypts the same bytes with the library alone, in turn. Prints a line of
 * JSON for each round. Arguments: the archive's URL, RiskOS's port, archives at once, rounds.
 */
const [url = '', port = '', archives = '', rounds = ''] = process.argv.slice(2);

/** What some work took for each MB of images. */
interface Took {
  /** MB/s by the clock. */
  speed: number;
  /** Milliseconds of CPU for each MB, over all threads of the process. */
  cpu: number;
}

interface Round {
  archive: Took;
  age: Took;
  /** Bytes more than before the first round; after that, memory that the library left would count as well. */
  rss: number | null;
}

async function main(): Promise<void> {
  const { recipient } = await createArchiveKey();
  globalThis.gc?.();
  const idle = process.memoryUsage.rss();
  let before: Took | undefined;
  for (let round = 0; round < Number(rounds); round += 1) {
    let peak = idle;
    const sampling = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 10);
    const timed = stopwatch();
    await archiveAll(recipient, round);
    clearInterval(sampling);
    const took = timed();
    const bytes = await zipOf();
    const archive = took(Number(archives) * bytes.byteLength);
    const after = await ageAlone(recipient, bytes);
    const age = before ? mean(before, after) : after;
    before = after;
    const measured: Round = { archive, age, rss: round === 0 ? peak - idle : null };
    process.stdout.write(`${JSON.stringify(measured)}\n`);
  }
}

function stopwatch() {
  const [started, cpu] = [performance.now(), process.cpuUsage()];
  return () => {
    const milliseconds = performance.now() - started;
    const { user, system } = process.cpuUsage(cpu);
    return (bytes: number): Took => ({
      speed: bytes / 1e3 / milliseconds,
      cpu: (user + system) / 1e3 / (bytes / 1e6),
    });
  };
}

const mean = (one: Took, other: Took): Took => ({
  speed: (one.speed + other.speed) / 2,
  cpu: (one.cpu + other.cpu) / 2,
});

async function archiveAll(recipient: string, round: number): Promise<void> {
  const riskos = createRiskosClient({
    baseUrl: `http://127.0.0.1:${port}`,
    apiKey: 'key-of-the-bench',
    environment: 'Sandbox',
    workflow: 'bench',
  });
  const archive = openArchive({ url, recipients: [recipient] });
  const activities = createImageActivities({
    riskos,
    archive,
    budget: createBudget(64 * 1024 ** 2),
    noticesConfigured: false,
  });
  const one = (nth: number): Promise<ImagesFound> => {
    const ask = {
      applicationId: `bench-${round}`,
      evaluationId: `bench-${round}~0a1b2c3d~document_verification~${nth}`,
      evalId: `eval-${nth}`,
      documentType: null,
      reasonCodes: [],
      lag: 0,
    };
    const environment = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
    const work = (): Promise<ImagesFound> => activities.archiveImages(ask);
    return environment.run<[], ImagesFound, typeof work>(work);
  };
  const results: ImagesFound[] = await Promise.all(
    Array.from({ length: Number(archives) }, (_, nth) => one(nth + 1)),
  );
  const failed = results.filter(({ result }) => result !== 'archived').length;
  if (failed > 0) throw new Error(`${failed} of ${archives} were not archived`);
  archive.close();
  await riskos.close();
}

/** The bytes that each archive is made of. */
async function zipOf(): Promise<Uint8Array> {
  return new Uint8Array(await (await fetch(`http://127.0.0.1:${port}/`)).arrayBuffer());
}

/** The library alone, as a stream from memory to nowhere. */
async function ageAlone(recipient: string, bytes: Uint8Array): Promise<Took> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  const pieces = async function* () {
    for (let at = 0; at < bytes.byteLength; at += 65_536) yield bytes.subarray(at, at + 65_536);
  };
  const times = 4;
  const timed = stopwatch();
  for (let time = 0; time < times; time += 1) {
    const encrypted = await encrypter.encrypt(ReadableStream.from(pieces()));
    for await (const _ of encrypted);
  }
  return timed()(times * bytes.byteLength);
}

await main();
