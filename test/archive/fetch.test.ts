import { Context } from '@temporalio/activity';
import { ApplicationFailure, defaultPayloadConverter, RawValue } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createImageActivities } from '../../activities/images.ts';
import {
  type Archive,
  ArchiveError,
  type Budget,
  createBudget,
  StorageError,
  type StorageProblem,
} from '../../src/archive/index.ts';
import { isClear, type ImagesAsk, type ImagesFailure, imagesFailures } from '../../src/contract/index.ts';
import { type CallOptions, createRiskosClient, RiskosError } from '../../src/riskos/index.ts';
import { apiKey, silent } from '../support/constants.ts';
import { serve } from '../support/serve.ts';
import { archiveFixture, because, keysIn, ref } from './fixture.ts';
import { hostileZips, picture } from './hostile-zips.ts';
import { forgedZip, goodZip, paths } from './zips.ts';

interface Answer {
  status: number;
  body: string | Uint8Array;
  type?: string;
  headers?: Record<string, string>;
  /** Without a content-length. */
  chunked?: boolean;
}

const mebibyte = 1024 ** 2;
const zip = forgedZip([{ name: paths.front, data: picture }]);
const good: Answer = { status: 200, body: zip, type: 'application/zip' };
const ask: ImagesAsk = {
  ...ref,
  evalId: 'eval-1',
  documentType: null,
  reasonCodes: [],
  lag: 1,
  keepFor: 1000,
};

/** RiskOS, which gives these answers one after the other, and the last one from then on. */
async function riskosThat(
  answers: Answer[],
  { memory = 96 * mebibyte, ...faults }: { memory?: number } & Partial<Archive> = {},
) {
  let asked = 0;
  const served = await serve(async (_, outgoing) => {
    const answer = answers[Math.min(asked, answers.length - 1)] ?? good;
    asked += 1;
    const body = Buffer.from(answer.body);
    outgoing.writeHead(answer.status, {
      'content-type': answer.type ?? 'application/json',
      ...(answer.chunked ? {} : { 'content-length': String(body.length) }),
      ...answer.headers,
    });
    outgoing.end(body);
  });
  onTestFinished(() => served.close());
  const riskos = createRiskosClient({
    baseUrl: served.url,
    apiKey,
    environment: 'Sandbox',
    workflow: 'w',
    logger: silent,
  });
  const fixture = await archiveFixture();
  const activities = createImageActivities({
    riskos,
    archive: { ...fixture.archive, ...faults },
    budget: createBudget(memory),
    noticesConfigured: true,
  });
  return { ...fixture, activities, asked: () => asked, riskos };
}

function inActivity<T>(work: () => Promise<T>): Promise<T> {
  return new MockActivityEnvironment({ attempt: 1 }, { logger: new DefaultLogger('ERROR') }).run(work);
}

async function failureOf(work: Promise<unknown>): Promise<ApplicationFailure> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof ApplicationFailure) return error;
  throw new Error('did not fail as it should', { cause: error });
}

const noDocuments = '{"message":"No Documents Found"}';

describe('archiveImages', () => {
  test('archives, and a second try says so without asking RiskOS again', async () => {
    const { activities, asked } = await riskosThat([good]);
    const first = await inActivity(() => activities.archiveImages(ask));
    expect(first).toMatchObject({ result: 'archived', count: 1, attachments: 0, noticesConfigured: true });
    expect(await inActivity(() => activities.archiveImages(ask))).toEqual(first);
    expect(asked()).toBe(1);
  });

  test('counts attachments apart', async () => {
    const both = await goodZip({ [paths.front]: picture, 'case_attachments/a.pdf': picture });
    const { activities } = await riskosThat([{ ...good, body: both }]);
    expect(await inActivity(() => activities.archiveImages(ask))).toMatchObject({ count: 1, attachments: 1 });
  });

  test.each([400, 404])('takes "No Documents Found" with %s as none, military or minor', async (status) => {
    const { activities } = await riskosThat([{ status, body: noDocuments }]);
    const resultFor = async (more: Partial<ImagesAsk>) =>
      (await inActivity(() => activities.archiveImages({ ...ask, ...more }))).result;
    expect(await resultFor({})).toBe('none');
    expect(await resultFor({ documentType: 'Military' })).toBe('military');
    expect(await resultFor({ reasonCodes: ['R845'] })).toBe('minor');
  });

  test('takes a ZIP of attachments only as none, military or minor, and stores nothing', async () => {
    const body = await goodZip({ 'case_attachments/a.pdf': picture });
    const { activities, storage } = await riskosThat([{ ...good, body }]);
    expect(await inActivity(() => activities.archiveImages(ask))).toMatchObject({
      result: 'none',
      attachments: 1,
    });
    const minor = { ...ask, reasonCodes: ['R845'] };
    expect(await inActivity(() => activities.archiveImages(minor))).toMatchObject({
      result: 'minor',
      count: 0,
    });
    expect(await keysIn(storage)).toEqual([]);
  });

  test.each([
    ['404 for another reason', { status: 404, body: '{"message":"Not Found"}' }, 'evaluation_unknown'],
    ['410', { status: 410, body: '' }, 'evaluation_unknown'],
    ['400 for another reason', { status: 400, body: '{"error":"bad"}' }, 'request_refused'],
    ['422', { status: 422, body: '{}' }, 'request_refused'],
    ['405', { status: 405, body: '' }, 'request_refused'],
  ])('ends at once with failed: %s', async (_, answer: Answer, reason) => {
    const { activities, asked } = await riskosThat([answer]);
    expect(await inActivity(() => activities.archiveImages(ask))).toMatchObject({ result: 'failed', reason });
    expect(asked()).toBe(1);
  });

  test.each([
    ['401', { status: 401, body: '{"code":"AUTHENTICATION_FAILED"}' }, 'api_key_refused'],
    ['403', { status: 403, body: '' }, 'permission_denied'],
    ['a redirect', { status: 302, body: '', headers: { location: 'http://x/' } }, 'connection_refused'],
    [
      'a compressed answer',
      { status: 200, body: zip, headers: { 'content-encoding': 'gzip' } },
      'connection_refused',
    ],
  ])('asks an operator: %s', async (_, answer: Answer, reason) => {
    const { activities } = await riskosThat([answer]);
    const failure = await failureOf(inActivity(() => activities.archiveImages(ask)));
    expect(failure).toMatchObject({ type: 'ImagesNeedOperator', nonRetryable: true });
    expect(failure.details).toEqual([
      { reason, action: expect.stringContaining('retry'), noticesConfigured: true },
    ]);
  });

  test.each([
    ['500', { status: 500, body: '' }, 'riskos_unavailable'],
    ['503', { status: 503, body: '' }, 'riskos_unavailable'],
    ['429', { status: 429, body: '', headers: { 'retry-after': '7' } }, 'riskos_unavailable'],
    ['204', { status: 204, body: '' }, 'riskos_unreadable'],
    ['an empty body', { status: 200, body: '' }, 'riskos_unreadable'],
    ['HTML', { status: 200, body: '<html>sorry</html>', type: 'text/html' }, 'riskos_unreadable'],
    ['text', { status: 200, body: 'later' }, 'riskos_unreadable'],
    ['JSON', { status: 200, body: '{"message":"later"}' }, 'riskos_unreadable'],
  ])('is retried: %s', async (_, answer: Answer, reason) => {
    const { activities } = await riskosThat([answer]);
    const failure = await failureOf(inActivity(() => activities.archiveImages(ask)));
    expect(failure).toMatchObject({ type: 'ImagesUnavailable', nonRetryable: false });
    expect(failure.details).toMatchObject([{ reason }]);
    const asked = Number(answer.headers?.['retry-after'] ?? 0) * 1000;
    expect(Number(failure.nextRetryDelay)).toBeGreaterThanOrEqual(asked);
  });

  const ofStorage = {
    InvalidStorageUrl: 'storage_missing',
    StorageUnavailable: 'storage_unavailable',
    StorageFull: 'storage_full',
    StorageDenied: 'storage_denied',
    StorageMissing: 'storage_missing',
    StorageClockSkewed: 'clock_skewed',
    StorageUnsupported: 'storage_denied',
    StorageUnsafe: 'storage_unsafe',
    StorageCorrupt: 'storage_unsafe',
    StorageHeld: 'storage_denied',
  } as const satisfies Record<StorageProblem, ImagesFailure>;
  const isStorageProblem = (word: string): word is StorageProblem => Object.hasOwn(ofStorage, word);
  const storageProblems = Object.keys(ofStorage).filter(isStorageProblem);
  const faults: [string, unknown, ImagesFailure][] = [
    ...storageProblems.map((type): [string, unknown, ImagesFailure] => [
      type,
      new StorageError(type, 'of the test'),
      ofStorage[type],
    ]),
    ['an archive that was changed', new ArchiveError('ArchiveUnsafe', 'of the test'), 'storage_unsafe'],
    ['another environment', new RiskosError('WrongEnvironment'), 'wrong_environment'],
  ];

  test.each(faults)('names what an archive or RiskOS fails with: %s', async (_, error, reason) => {
    const { activities } = await riskosThat([good], { find: () => Promise.reject(error) });
    const failure = await failureOf(inActivity(() => activities.archiveImages(ask)));
    const { handling, action } = imagesFailures[reason];
    expect(failure).toMatchObject({
      type: handling === 'retried' ? 'ImagesUnavailable' : 'ImagesNeedOperator',
      nonRetryable: handling !== 'retried',
      details: [{ reason, action }],
    });
  });

  test.each([true, false])('refuses 65 MiB, whether it says so (chunked: %s)', async (chunked) => {
    const { activities } = await riskosThat([{ ...good, body: Buffer.alloc(65 * mebibyte, zip), chunked }]);
    expect(await inActivity(() => activities.archiveImages(ask))).toMatchObject({
      result: 'refused',
      reason: 'zip_too_large',
    });
  });

  test('downloads a damaged ZIP three times before it is refused', async () => {
    const damaged = { ...good, body: zip.subarray(0, 5000) };
    const lasting = await riskosThat([damaged]);
    expect(await inActivity(() => lasting.activities.archiveImages(ask))).toMatchObject({
      result: 'refused',
      reason: 'truncated',
    });
    expect(lasting.asked()).toBe(3);
    const mended = await riskosThat([damaged, damaged, good]);
    expect(await inActivity(() => mended.activities.archiveImages(ask))).toMatchObject({
      result: 'archived',
    });
  });

  test('waits between those downloads for a minute at most, since all belong to one try', async () => {
    const { activities } = await riskosThat([{ ...good, body: zip.subarray(0, 5000) }]);
    const pauses: unknown[] = [];
    const found = await inActivity(() => {
      const context = Context.current();
      Object.defineProperty(context, 'sleep', { value: async (pause: unknown) => void pauses.push(pause) });
      return activities.archiveImages({ ...ask, lag: 3_600_000 });
    });
    expect(found).toMatchObject({ result: 'refused', reason: 'truncated' });
    expect(pauses).toEqual([60_000, 60_000]);
  });

  test('refuses a hostile ZIP at the first download, with its reason', async () => {
    const hostile = hostileZips.find(({ reason }) => reason === 'unsafe_name');
    const { activities, asked } = await riskosThat([{ ...good, body: hostile?.zip ?? '' }]);
    expect(await inActivity(() => activities.archiveImages(ask))).toMatchObject({ reason: 'unsafe_name' });
    expect(asked()).toBe(1);
  });

  test('takes a ZIP with bytes before it', async () => {
    const body = Buffer.concat([Buffer.from('\r\n'), zip]);
    const { activities } = await riskosThat([{ ...good, body }]);
    expect(await inActivity(() => activities.archiveImages(ask))).toMatchObject({ result: 'archived' });
  });

  test('never fetches again what was deleted', async () => {
    const { activities, asked } = await riskosThat([good]);
    await inActivity(() => activities.archiveImages(ask));
    const deletion = await inActivity(() => activities.deleteImages({ ...ref }));
    expect(deletion).toMatchObject({ removed: 2, verifiedAt: expect.any(String), noticesConfigured: true });
    expect(await inActivity(() => activities.archiveImages(ask))).toMatchObject({
      result: 'deleted',
      count: 0,
    });
    expect(asked()).toBe(1);
  });

  test('holds no more of all ZIPs in memory than its budget, and serves all', async () => {
    const large = forgedZip([{ name: paths.front, data: Buffer.alloc(3 * mebibyte, picture) }]);
    const { activities } = await riskosThat([{ ...good, body: large }], { memory: 5 * mebibyte });
    const ids = Array.from({ length: 8 }, (_, nth) => `app-1042~0a1b2c3d~document_verification~${nth + 1}`);
    const results = await Promise.all(
      ids.map((evaluationId) => inActivity(() => activities.archiveImages({ ...ask, evaluationId }))),
    );
    expect(results.map(({ result }) => result)).toEqual(ids.map(() => 'archived'));
  });

  test.each([
    ['of the length that RiskOS named', {}],
    ['of a length that RiskOS did not name', { chunked: true }],
  ])('wipes the memory of a ZIP %s, whether it was archived or not', async (_, answer) => {
    const seen: Uint8Array[] = [];
    const watched =
      (store: Archive['store']): Archive['store'] =>
      async (images) => {
        seen.push(images.zip);
        return store(images);
      };
    const { archive } = await archiveFixture();
    const accept: Archive['store'] = (images) => archive.store(images);
    const refuse = () => Promise.reject(new StorageError('StorageFull', 'full'));
    for (const store of [accept, refuse]) {
      const { activities } = await riskosThat([{ ...good, ...answer }], { store: watched(store) });
      await inActivity(() => activities.archiveImages(ask)).catch(() => undefined);
    }
    expect(seen.map(({ byteLength }) => byteLength)).toEqual([zip.byteLength, zip.byteLength]);
    for (const memory of seen) expect(memory.every((byte) => byte === 0)).toBe(true);
  });

  test('stops when it is cancelled while it waits for memory, and gives nothing away', async () => {
    const { riskos, archive } = await riskosThat([good]);
    const budget = createBudget(64 * mebibyte);
    const holder = await budget.lease(64 * mebibyte, new AbortController().signal);
    const activities = createImageActivities({ riskos, archive, budget, noticesConfigured: false });
    const environment = new MockActivityEnvironment({ attempt: 1 }, { logger: new DefaultLogger('ERROR') });
    const phases: unknown[] = [];
    const waits = new Promise<void>((resolve) => {
      environment.on('heartbeat', (details: unknown) => {
        // What needs a key cannot be encoded while the key store is away, and the SDK would cancel the attempt.
        if (!(details instanceof RawValue) || !isClear(details.payload)) throw new Error('not in clear');
        phases.push(defaultPayloadConverter.fromPayload(details.payload));
        resolve();
      });
    });
    const work = environment.run(() => activities.archiveImages(ask)).catch((error: unknown) => error);
    await waits;
    environment.cancel('WORKER_SHUTDOWN');
    expect(await work).toBeInstanceOf(Error);
    expect(phases).toMatchObject([{ phase: 'waiting_for_memory' }]);
    holder.release();
    expect((await budget.lease(64 * mebibyte, new AbortController().signal)).memory).toHaveLength(
      64 * mebibyte,
    );
  });

  test.each(['before the memory is there', 'just as the memory is there'])(
    'that loses the connection %s gives the memory back',
    async (when) => {
      const { riskos, archive } = await riskosThat([good]);
      const budget = createBudget(mebibyte);
      const holder = await budget.lease(mebibyte, new AbortController().signal);
      const losing = {
        ...riskos,
        documents: async (_: string, { memory }: CallOptions = {}) => {
          memory?.(mebibyte).catch(() => undefined);
          if (when.startsWith('just')) holder.release();
          throw new RiskosError('ConnectionLost', { call: 'GET', processed: 'no' });
        },
      };
      const activities = createImageActivities({ riskos: losing, archive, budget, noticesConfigured: false });
      expect(await failureOf(inActivity(() => activities.archiveImages(ask)))).toMatchObject({
        type: 'ImagesUnavailable',
      });
      holder.release();
      expect((await budget.lease(mebibyte, new AbortController().signal)).memory).toHaveLength(mebibyte);
    },
  );
});

test('RiskOS may hang up while a download waits for memory: it is tried again, and the memory serves others', async () => {
  let hangUp = () => {};
  const served = await serve(async (incoming, outgoing) => {
    outgoing.writeHead(200, { 'content-type': 'application/zip', 'content-length': String(mebibyte) });
    outgoing.write(zip.subarray(0, 1000));
    hangUp = () => incoming.socket.resetAndDestroy();
  });
  onTestFinished(() => served.close());
  const { archive } = await archiveFixture();
  const settings = {
    baseUrl: served.url,
    apiKey,
    environment: 'Sandbox',
    workflow: 'w',
    logger: silent,
  } as const;
  const budget = createBudget(mebibyte);
  const holder = await budget.lease(mebibyte, new AbortController().signal);
  const waiting: Budget = {
    lease: (...asked) => {
      hangUp();
      return budget.lease(...asked);
    },
  };
  const riskos = createRiskosClient(settings);
  const activities = createImageActivities({ riskos, archive, budget: waiting, noticesConfigured: false });
  expect(await failureOf(inActivity(() => activities.archiveImages(ask)))).toMatchObject({
    type: 'ImagesUnavailable',
    details: [{ reason: 'riskos_unavailable' }],
  });
  holder.release();
  expect((await budget.lease(mebibyte, new AbortController().signal)).memory).toHaveLength(mebibyte);
});

describe('the other activities', () => {
  test('hold, refuse to delete, release and delete', async () => {
    const { activities } = await riskosThat([good]);
    await inActivity(() => activities.archiveImages(ask));
    expect(await inActivity(() => activities.holdImages({ ...ref, ...because }))).toMatchObject({
      ...because,
      archived: true,
    });
    const failure = await failureOf(inActivity(() => activities.deleteImages({ ...ref })));
    expect(failure).toMatchObject({ type: 'ImagesHeld', nonRetryable: true });
    expect(failure.details).toMatchObject([{ reason: 'held', hold: because }]);
    expect(await inActivity(() => activities.releaseImages({ ...ref, ...because }))).toEqual({
      released: true,
    });
    expect(await inActivity(() => activities.releaseImages({ ...ref, ...because }))).toEqual({
      released: false,
    });
    expect(await inActivity(() => activities.deleteImages({ ...ref, ...because }))).toMatchObject({
      removed: 3,
    });
    // Trying again cannot help, and says nothing of a fault.
    expect(await failureOf(inActivity(() => activities.holdImages({ ...ref, ...because })))).toMatchObject({
      type: 'ImagesDeleted',
      nonRetryable: true,
      details: [{ reason: 'deleted', action: expect.any(String) }],
    });
  });
});
