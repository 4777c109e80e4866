import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type DevServer, findTemporal, startDevServer } from '../../src/dev-server/index.ts';
import { exampleApplication } from '../support/application.ts';
import { canariesIn } from '../support/canary.ts';
import { killProcess, run, startProcess } from '../support/processes.ts';
import { createForgetting, type Forgetting, forgetting } from './forgetting.ts';
import { payloadsIn } from './payloads.ts';

let binary: string;
let server: DevServer;
let folder: string;
let dbFolder: string;
let place: Forgetting;

const startServer = (dbFile: string, port = 0) => startDevServer({ binary, uiPort: false, dbFile, port });

beforeAll(async () => {
  binary = await findTemporal({ env: process.env, onProgress: () => {} });
  folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-forget-'));
  dbFolder = join(folder, 'temporal');
  server = await startServer(join(dbFolder, 'temporal.db'));
  place = await createForgetting(server.address, folder);
  await place.startWorker();
});
afterAll(async () => {
  await place.close();
  await server.stop();
  await rm(folder, { recursive: true });
});

async function copyOfDatabase(name: string): Promise<string> {
  await server.stop();
  const copy = join(folder, name);
  await cp(dbFolder, copy, { recursive: true });
  server = await startServer(join(dbFolder, 'temporal.db'), Number(server.address.split(':')[1]));
  return copy;
}

describe('a candidate who is forgotten', () => {
  test('by a command that is killed at each step: nothing of them decrypts, in the database, its backup and the archive; the others do', async () => {
    const gone = await place.verified('gone');
    const kept = await place.verified('kept');
    expect((await place.imagesOf(gone.applicationId)).length).toBeGreaterThan(0);
    const before = await copyOfDatabase('before');

    const seen = await place.killedAtEachStep(gone.applicationId);
    // Before the request nothing is changed; from then on it is found, and no start is possible.
    const [check, , ...later] = seen;
    expect(check).toMatchObject({ step: 'check', state: 'ok', start: 'AlreadyOpen' });
    expect(later.map(({ state, start }) => `${state} ${start}`)).toEqual(
      later.map(() => 'unfinished Forgotten'),
    );
    expect(seen.find(({ step }) => step === 'delete_images')?.workflows).toContain('notices');
    const done = await run(forgetting(gone.applicationId), place.settings);
    expect(done).toMatchObject({ code: 0 });
    expect(JSON.parse(done.stdout)).toMatchObject({
      applicationId: gone.applicationId,
      by: 'Mo Ito',
      reason: 'erasure request 7/2026',
      foreignObjects: [],
    });
    expect(await place.stateOf(gone.applicationId)).toBe('forgotten');

    expect(await place.imagesOf(gone.applicationId)).toEqual([]);
    expect(
      (await readdir(join(folder, 'images', gone.applicationId), { recursive: true })).filter((name) =>
        name.includes('.'),
      ),
    ).toEqual([expect.stringMatching(/deleted\.json$/)]);
    expect((await place.imagesOf(kept.applicationId)).length).toBeGreaterThan(0);

    const after = await copyOfDatabase('after');
    for (const copy of [before, after]) {
      for (const file of await readdir(copy)) {
        const bytes = await readFile(join(copy, file));
        expect(canariesIn(bytes.toString('latin1'), gone.canaries)).toEqual([]);
      }
    }
    const backup = await startServer(join(before, 'temporal.db'));
    onTestFinished(() => backup.stop());
    const ofGone = await place.readable(backup.address, gone.applicationId);
    expect(ofGone.payloads).toBeGreaterThan(20);
    expect(ofGone.decoded).toBe(0);
    const ofKept = await place.readable(backup.address, kept.applicationId);
    expect(ofKept.payloads).toBeGreaterThan(20);
    expect(ofKept.decoded).toBe(ofKept.payloads);

    const restored = await startServer(join(after, 'temporal.db'));
    onTestFinished(() => restored.stop());
    expect(await place.readable(restored.address, gone.applicationId)).toEqual({ payloads: 0, decoded: 0 });
    expect((await place.readable(restored.address, kept.applicationId)).decoded).toBe(
      (await place.readable(restored.address, kept.applicationId)).payloads,
    );
  });

  test('is named so by status, and refused by start, start --again and a start in clear', async () => {
    const { applicationId } = await place.verified('named');
    expect((await run(forgetting(applicationId), place.settings)).code).toBe(0);
    const status = await run(['status', applicationId, '--json'], place.settings);
    expect(status.code).toBe(0);
    expect(JSON.parse(status.stdout)).toMatchObject({
      applicationId,
      stage: 'forgotten',
      forgotten: { by: 'Mo Ito', reason: 'erasure request 7/2026' },
    });
    // And to who holds no key, by the codec server.
    const codec = await startProcess(
      ['codec-server'],
      { ...place.settings, CODEC_AUTH: 'off', CODEC_PORT: '0' },
      /codec server listens/,
    );
    onTestFinished(() => killProcess(codec));
    const keyless = {
      TEMPORAL_ADDRESS: server.address,
      CODEC_URL: /"address":"([^"]+)"/.exec(codec.log())?.[1] ?? '',
    };
    expect(await run(['status', applicationId, '--json'], keyless)).toEqual(status);
    expect(await run(['status', 'nobody'], keyless)).toMatchObject({ code: 3 });
    expect((await run(['timeline', applicationId], place.settings)).stderr).toMatch(
      /was forgotten at .* by Mo Ito/,
    );
    const input = JSON.stringify(exampleApplication(applicationId));
    for (const more of [[], ['--again']]) {
      const started = await run(['start', '-', ...more], place.settings, input);
      expect(started).toMatchObject({ code: 4, stderr: expect.stringContaining('was forgotten') });
    }
    // By a program that holds no key and does not know.
    const { temporal } = place.world;
    await temporal.workflow.start('candidateFunnel', {
      workflowId: `funnel-${applicationId}`,
      taskQueue: place.world.taskQueue,
      args: [exampleApplication(applicationId)],
    });
    await expect(place.funnels.funnel(applicationId).result()).rejects.toMatchObject({ type: 'Forgotten' });
    await expect(place.funnels.funnel(applicationId).status()).rejects.toMatchObject({ type: 'Forgotten' });
    const again = await run(forgetting(applicationId), place.settings);
    expect(JSON.parse(again.stdout)).toMatchObject({ deleted: { workflows: 1 } });
    expect(await payloadsIn(temporal, applicationId)).toEqual([]);
  });

  test('is forgotten by two commands at once, and of an unknown id is said that nothing is known', async () => {
    const { applicationId } = await place.verified('twice');
    const both = await Promise.all([1, 2].map(() => run(forgetting(applicationId), place.settings)));
    expect(both.map(({ code, stderr }) => (code === 0 ? 0 : stderr))).toEqual([0, 0]);
    expect(await place.stateOf(applicationId)).toBe('forgotten');
    expect(await run(forgetting('nobody'), place.settings)).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('nothing is known'),
    });
  });

  test('under a legal hold is not forgotten, nothing is changed, and after its release they are', async () => {
    const { applicationId } = await place.verified('held');
    const [record] = (await place.funnels.funnel(applicationId).status()).images;
    const images = place.funnels.images(record?.evaluationId ?? '');
    await images.hold({ by: 'court', reason: 'case 7' });
    expect(await run(forgetting(applicationId), place.settings)).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('legal hold'),
    });
    expect((await place.funnels.funnel(applicationId).status()).stage).toBe('verified');
    expect(await place.stateOf(applicationId)).toBe('ok');
    await images.release({ by: 'court', reason: 'case 7 is closed' });
    expect((await run(forgetting(applicationId), place.settings)).code).toBe(0);
    expect(await place.imagesOf(applicationId)).toEqual([]);
  });

  test('whose images the archive lacks is not forgotten, nothing is changed, and --images-lost forgets', async () => {
    const { applicationId } = await place.verified('lost');
    await rm(join(folder, 'images', applicationId), { recursive: true });
    expect(await run(forgetting(applicationId), place.settings)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('--images-lost'),
    });
    expect(await place.stateOf(applicationId)).toBe('ok');
    expect((await run(forgetting(applicationId, '--images-lost'), place.settings)).code).toBe(0);
    expect(await place.stateOf(applicationId)).toBe('forgotten');
  });

  test('while no worker runs: the command says so, and --terminate forgets', async () => {
    const { applicationId } = await place.verified('workerless');
    await place.killWorker();
    const stuck = await run(forgetting(applicationId), place.settings);
    expect(stuck).toMatchObject({ code: 5, stderr: expect.stringContaining('--terminate') });
    expect(await place.stateOf(applicationId)).toBe('unfinished');
    expect((await run(forgetting(applicationId, '--terminate'), place.settings)).code).toBe(0);
    expect(await place.imagesOf(applicationId)).toEqual([]);
    expect(await payloadsIn(place.world.temporal, applicationId)).toEqual([]);
    await place.startWorker();
  });
});
