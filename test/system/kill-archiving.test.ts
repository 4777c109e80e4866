import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, inject, onTestFinished, test } from 'vitest';
import {
  createArchiveKey,
  openImages,
  readArchived,
  storageAt,
  surveyArchive,
} from '../../src/archive/index.ts';
import { createFunnelClient, temporalClient } from '../../src/client/index.ts';
import { type ImagesAsk, imagesWorkflowIdOf, imagesWorkflowType } from '../../src/contract/index.ts';
import { picture } from '../archive/hostile-zips.ts';
import { goodZip, paths } from '../archive/zips.ts';
import { apiKey } from '../support/constants.ts';
import { killProcess, startProcess, type Running } from '../support/processes.ts';
import { serve } from '../support/serve.ts';

/** Of this many bytes each, so that a worker is seconds at encrypting them. */
const imageBytes = 12 * 1024 ** 2;
const day = 24 * 3_600_000;

test('a worker killed with SIGKILL while it stores images: another one leaves one whole archive and nothing else', async () => {
  const images = [paths.front, paths.back, paths.selfie].map(
    (path) => [path, Buffer.concat([picture, randomBytes(imageBytes)])] as const,
  );
  const zip = await goodZip(Object.fromEntries(images));
  const riskos = await serve((_, outgoing) => {
    outgoing.writeHead(200, { 'content-type': 'application/zip', 'content-length': String(zip.length) });
    outgoing.end(zip);
    return Promise.resolve();
  });
  onTestFinished(() => riskos.close());
  const folder = await mkdtemp(join(tmpdir(), 'kill-archiving-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const { identity, recipient } = await createArchiveKey();
  const url = pathToFileURL(folder).href;
  const taskQueue = `kill-archiving-${randomBytes(4).toString('hex')}`;
  const env = {
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    FUNNEL_TASK_QUEUE: taskQueue,
    RISKOS_BASE_URL: riskos.url,
    RISKOS_API_KEY: apiKey,
    RISKOS_ENVIRONMENT: 'Sandbox',
    ARCHIVE_URL: url,
    ARCHIVE_RECIPIENTS: recipient,
  };
  const start = async (): Promise<Running> => {
    const worker = await startProcess(['worker'], env, /worker runs/);
    onTestFinished(() => killProcess(worker));
    return worker;
  };

  const applicationId = `killed-${randomBytes(4).toString('hex')}`;
  const evaluationId = `${applicationId}~0a1b2c3d~document_verification~1`;
  const ask: ImagesAsk = {
    applicationId,
    evaluationId,
    evalId: 'eval-1',
    documentType: null,
    reasonCodes: [],
    lag: 1,
    keepFor: day,
  };
  const temporal = temporalClient(env.TEMPORAL_ADDRESS);
  const funnels = createFunnelClient({ temporal, taskQueue });
  onTestFinished(() => funnels.close());
  const first = await start();
  await temporal.workflow.start(imagesWorkflowType, {
    taskQueue,
    workflowId: imagesWorkflowIdOf(evaluationId),
    args: [{ ask, keepFor: day, giveUpAfter: day }],
  });
  // One image is stored, the others are not, and neither is the manifest.
  const filesOf = async () => {
    const found = await readdir(join(folder, applicationId), { recursive: true }).catch(() => []);
    return found.filter((name) => /\.age$|manifest/.test(name));
  };
  await expect.poll(filesOf, { interval: 5 }).toHaveLength(1);
  await killProcess(first);
  const [left = ''] = await filesOf();
  expect(left).toMatch(/\.age$/);

  await start();
  await expect
    .poll(() => funnels.images(evaluationId).status())
    .toMatchObject({ state: 'kept', result: 'archived', count: 3 });
  const storage = storageAt(url);
  const survey = [];
  for await (const each of surveyArchive(storage)) survey.push(each);
  expect(survey).toMatchObject([{ evaluationId, unaccounted: [] }]);
  const { manifest } = await readArchived(storage, { applicationId, evaluationId });
  if (!manifest) throw new Error('there is no manifest');
  expect(left).not.toContain(manifest.run);
  const opened: Uint8Array[] = [];
  for await (const { bytes } of openImages(storage, manifest, identity)) opened.push(bytes);
  expect(opened.map((bytes) => bytes.length)).toEqual(images.map(([, bytes]) => bytes.length));
});
