import { randomBytes } from 'node:crypto';
import { readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import {
  type Archive,
  createArchiveKey,
  deleteImages,
  openArchive,
  readArchived,
  storageAt,
} from '../../src/archive/index.ts';
import { type EvaluationImages, FunnelError } from '../../src/client/index.ts';
import {
  type ImagesAsk,
  type ImagesStatus,
  imagesUpdates,
  imagesWorkflowIdOf,
  imagesWorkflowType,
  type TimelineEntry,
  timelineQuery,
  clearPayload,
  firstFields,
  searchAttributes,
} from '../../src/contract/index.ts';
import type { Storage } from '../../src/storage/index.ts';
import { createNotifier } from '../../src/notifier/index.ts';
import { picture } from '../archive/hostile-zips.ts';
import { forgedZip, paths } from '../archive/zips.ts';
import { run } from '../support/processes.ts';
import { createReceiver, type Receiver } from '../support/receiver.ts';
import { serve, type Served } from '../support/serve.ts';
import { createWorld, type World } from '../support/world.ts';

interface Answer {
  status: number;
  body: string | Uint8Array;
  type?: string;
  /** The answer comes when it resolves. */
  held?: Promise<void>;
}

const zip = forgedZip([{ name: paths.front, data: picture }]);
const good: Answer = { status: 200, body: zip, type: 'application/zip' };
const noDocuments: Answer = { status: 404, body: '{"message":"No Documents Found"}' };
const forbidden: Answer = { status: 403, body: '{}' };
const unavailable: Answer = { status: 503, body: '{}' };

const secret = `whsec_${Buffer.alloc(32, 'a').toString('base64')}`;
const because = { by: 'Mo Ito', reason: 'case 7' };
const day = 24 * 3_600_000;

let world: World;
let riskos: Served;
let receiver: Receiver;
let archive: Archive;
let storage: ReturnType<typeof storageAt>;
/** What RiskOS answers to each evalId, one after the other, and the last one from then on. */
const answers = new Map<string, Answer[]>();
const asked = new Map<string, number>();
/** Erasures under way: one that the archive delays is answered after ten seconds. */
const erasures: Promise<ImagesStatus>[] = [];

beforeAll(async () => {
  world = await createWorld();
  receiver = await createReceiver(secret);
  const { recipient } = await createArchiveKey();
  archive = openArchive({ url: `file://${world.archiveFolder}`, recipients: [recipient] });
  storage = storageAt(`file://${world.archiveFolder}`);
  riskos = await serve(async ({ url = '' }, outgoing) => {
    const evalId = /evaluation\/([^/]+)\/documents/.exec(url)?.[1] ?? '';
    const nth = asked.get(evalId) ?? 0;
    asked.set(evalId, nth + 1);
    const list = answers.get(evalId) ?? [];
    const answer = list[Math.min(nth, list.length - 1)] ?? noDocuments;
    await answer.held;
    const body = Buffer.from(answer.body);
    outgoing.writeHead(answer.status, {
      'content-type': answer.type ?? 'application/json',
      'content-length': String(body.length),
    });
    outgoing.end(answer.status === 204 ? undefined : body);
  });
  await world.startWorker(riskos.url, createNotifier({ url: receiver.url, secrets: [secret] }));
});
afterAll(async () => {
  await Promise.all(erasures);
  await world.close();
  await riskos.close();
  await receiver.close();
});

interface Standing {
  images: EvaluationImages;
  ref: { applicationId: string; evaluationId: string };
  handle: ReturnType<World['temporal']['workflow']['getHandle']>;
}

interface Times {
  lag?: number;
  keepFor?: number;
  giveUpAfter?: number;
}

/** A retention workflow of its own, without a funnel: RiskOS gives it these answers. */
async function start(
  given: Answer[],
  { lag = 1, keepFor = day, giveUpAfter = 3000 }: Times = {},
): Promise<Standing> {
  const applicationId = `kept-${randomBytes(4).toString('hex')}`;
  const evaluationId = `${applicationId}~0a1b2c3d~document_verification~1`;
  const evalId = `eval-${applicationId}`;
  answers.set(evalId, given);
  const ask: ImagesAsk = {
    applicationId,
    evaluationId,
    evalId,
    documentType: null,
    reasonCodes: [],
    lag,
    keepFor,
  };
  const handle = await world.temporal.workflow.start(imagesWorkflowType, {
    taskQueue: world.taskQueue,
    workflowId: imagesWorkflowIdOf(evaluationId),
    args: [{ ask, keepFor, giveUpAfter }],
  });
  return { images: world.funnels.images(evaluationId), ref: { applicationId, evaluationId }, handle };
}

async function comesTo({ images }: Standing, wanted: Partial<ImagesStatus>): Promise<void> {
  await expect.poll(() => images.status(), { interval: 50 }).toMatchObject(wanted);
}

/** The archive is gone until the test gives it back. */
async function breakArchive(): Promise<() => Promise<void>> {
  const aside = `${world.archiveFolder}-aside`;
  let isBroken = true;
  await rename(world.archiveFolder, aside);
  await writeFile(world.archiveFolder, 'not a folder');
  const mend = async () => {
    if (!isBroken) return;
    isBroken = false;
    await rm(world.archiveFolder);
    await rename(aside, world.archiveFolder);
  };
  onTestFinished(mend);
  return mend;
}

const timelineOf = async ({ handle }: Standing) => {
  const lines = await handle.query<TimelineEntry[]>(timelineQuery);
  return lines.map(({ what, by }) => (by === undefined ? what : `${what} (${by})`));
};

const noticesOf = ({ ref }: Standing) =>
  receiver.received.flatMap(({ type, data }) =>
    type === 'images.changed' && data.evaluationId === ref.evaluationId ? [data] : [],
  );

const isDeleting = {
  state: 'deleting',
  trouble: expect.objectContaining({ reason: 'storage_unsafe' }),
  action: expect.stringContaining('ARCHIVE_URL'),
} as const;

/** Where each message is sent, by the states of docs/images.md. */
const standingAt: Record<ImagesStatus['state'], () => Promise<Standing & { mend?: () => Promise<void> }>> = {
  fetching: async () => {
    const standing = await start([noDocuments], { lag: 3_600_000, giveUpAfter: day });
    await comesTo(standing, { state: 'fetching', result: 'pending' });
    return standing;
  },
  stopped: async () => {
    const standing = await start([forbidden, good]);
    await comesTo(standing, { state: 'stopped', result: 'failed', reason: 'permission_denied' });
    return standing;
  },
  kept: async () => {
    const standing = await start([good]);
    await comesTo(standing, { state: 'kept', result: 'archived', count: 1 });
    return standing;
  },
  deleting: async () => {
    const standing = await standingAt.kept();
    const mend = await breakArchive();
    erasures.push(standing.images.erase(because));
    await comesTo(standing, isDeleting);
    return { ...standing, mend };
  },
  ended: async () => {
    const standing = await start([noDocuments]);
    await comesTo(standing, { state: 'ended', result: 'none' });
    await standing.handle.result();
    return standing;
  },
};

const deleted = { state: 'ended', result: 'deleted', hold: null, keepUntil: null } as const;

/** The table of docs/images.md: the answer of each message in each state, without a hold. */
const table: Record<
  keyof typeof imagesUpdates,
  Record<ImagesStatus['state'], Partial<ImagesStatus> | 'WrongState' | 'NotHeld'>
> = {
  retry: {
    fetching: 'WrongState',
    stopped: { state: 'fetching', result: 'pending', action: null },
    kept: 'WrongState',
    deleting: { state: 'deleting', hold: null },
    ended: 'WrongState',
  },
  hold: {
    fetching: { state: 'fetching', hold: expect.objectContaining(because) },
    stopped: { state: 'stopped', hold: expect.objectContaining(because) },
    kept: { state: 'kept', hold: expect.objectContaining(because) },
    deleting: 'WrongState',
    ended: 'WrongState',
  },
  release: {
    fetching: 'NotHeld',
    stopped: 'NotHeld',
    kept: 'NotHeld',
    deleting: 'NotHeld',
    ended: 'WrongState',
  },
  erase: { fetching: deleted, stopped: deleted, kept: deleted, deleting: deleted, ended: 'WrongState' },
};

const rows = (['retry', 'hold', 'release', 'erase'] as const).flatMap((name) =>
  (['fetching', 'stopped', 'kept', 'deleting', 'ended'] as const).map((state) => ({
    name,
    state,
    answer: table[name][state],
  })),
);
const refusedRows = rows.flatMap(({ name, state, answer }) =>
  typeof answer === 'string' ? [{ name, state, type: answer }] : [],
);
const takenRows = rows.flatMap(({ name, state, answer }) =>
  typeof answer === 'string' ? [] : [{ name, state, answer }],
);

function send(images: EvaluationImages, name: keyof typeof imagesUpdates): Promise<ImagesStatus> {
  return name === 'retry' ? images.retry({ by: because.by }) : images[name](because);
}

/** The updates that history has: none that was refused. */
const updatesOf = async ({ handle }: Standing) =>
  (await handle.fetchHistory()).events?.filter(
    (event) => event.workflowExecutionUpdateAcceptedEventAttributes,
  ).length;

async function refusalOf(work: Promise<unknown>): Promise<FunnelError> {
  const error: unknown = await work.then(
    () => new Error('it was not refused'),
    (reason: unknown) => reason,
  );
  if (error instanceof FunnelError) return error;
  throw error;
}

describe('the table of docs/images.md:', () => {
  test.each(refusedRows)(
    '$name in $state is refused before history, $type',
    async ({ name, state, type }) => {
      const standing = await standingAt[state]();
      const before = await updatesOf(standing);
      const refusal = await refusalOf(send(standing.images, name));
      expect(refusal.type).toBe(type);
      expect(refusal.message).toContain(standing.ref.evaluationId);
      expect(await updatesOf(standing)).toBe(before);
    },
  );

  test.each(takenRows)('$name in $state is taken', async ({ name, state, answer }) => {
    const standing = await standingAt[state]();
    await standing.mend?.();
    const status = await send(standing.images, name);
    // A deletion that is tried at once may be over before the answer.
    expect(status.state === 'ended' ? { ...status, state: answer.state } : status).toMatchObject(answer);
  });

  test.each(['fetching', 'stopped', 'kept', 'deleting'] as const)(
    'an erasure in %s leaves nothing, and the result of the workflow is the proof',
    async (state) => {
      const standing = await standingAt[state]();
      await standing.mend?.();
      await standing.images.erase(because);
      expect(await standing.handle.result()).toMatchObject(deleted);
      expect((await archive.find(standing.ref))?.kind).toBe('deleted');
    },
  );

  test('a retry in deleting tries the deletion at once', async () => {
    const standing = await standingAt.kept();
    const mend = await breakArchive();
    // Answered while the archive is still away.
    expect(await standing.images.erase(because)).toMatchObject(isDeleting);
    await mend();
    await standing.images.retry({ by: 'Ada' });
    expect(await standing.handle.result()).toMatchObject(deleted);
  });
});

describe('a hold', () => {
  test.each(['fetching', 'stopped', 'kept'] as const)(
    'in %s refuses an erasure, is answered to the second one, and is dropped by a release',
    async (state) => {
      const standing = await standingAt[state]();
      const { images } = standing;
      const { hold } = await images.hold(because);
      expect((await images.hold({ by: 'Ada', reason: 'case 8' })).hold).toEqual(hold);
      const refusal = await refusalOf(images.erase(because));
      expect(refusal.type).toBe('Held');
      expect(refusal.message).toContain(`${hold?.since} by Mo Ito`);
      expect((await images.release({ by: 'Ada', reason: 'closed' })).hold).toBeNull();
      expect((await refusalOf(images.release(because))).type).toBe('NotHeld');
      expect(await timelineOf(standing)).toEqual(
        expect.arrayContaining([
          'held: case 7 (Mo Ito)',
          'already on hold; new request: case 8 (Ada)',
          'released: closed (Ada)',
        ]),
      );
      expect(await images.erase(because)).toMatchObject(deleted);
    },
  );

  // That it outlasts the time of the images, test/simulation/retention.test.ts tries over years.
  test('while fetching is carried into the archive once the images are stored, and its release deletes what is over', async () => {
    let answer = (): void => undefined;
    const held = new Promise<void>((resolve) => (answer = resolve));
    const standing = await start([{ ...good, held }], { keepFor: 1, giveUpAfter: day });
    await standing.images.hold(because);
    answer();
    await comesTo(standing, { state: 'kept', result: 'archived' });
    await expect.poll(async () => (await readArchived(storage, standing.ref)).hold).toMatchObject(because);
    expect(await standing.images.status()).toMatchObject({ state: 'kept' });
    await standing.images.release(because);
    expect(await standing.handle.result()).toMatchObject(deleted);
    expect((await archive.find(standing.ref))?.kind).toBe('deleted');
  });

  test('of a stopped workflow stands in the archive once a retry has stored the images', async () => {
    const standing = await start([forbidden, good]);
    await comesTo(standing, { state: 'stopped' });
    await standing.images.hold(because);
    expect(await standing.images.retry({ by: 'Ada' })).toMatchObject({ state: 'fetching' });
    await comesTo(standing, { state: 'kept', hold: expect.objectContaining(because) });
    await expect.poll(async () => (await readArchived(storage, standing.ref)).hold).toMatchObject(because);
  });

  test('on images whose deletion the archive records ends the workflow as deleted, and is refused', async () => {
    const standing = await standingAt.kept();
    await archive.remove(standing.ref, { by: 'Eve', reason: 'by hand' });
    const refusal = await refusalOf(standing.images.hold(because));
    expect(refusal).toMatchObject({
      type: 'WrongState',
      message: expect.stringContaining('hold is not possible: the deletion has begun'),
    });
    expect(await standing.handle.result()).toMatchObject(deleted);
    await expect.poll(() => noticesOf(standing).map(({ result }) => result)).toContain('deleted');
  });

  test('on images whose deletion was interrupted is refused, and the deletion is finished before it is reported', async () => {
    const standing = await standingAt.kept();
    const killed: Storage = { ...storage, delete: () => Promise.reject(new Error('killed')) };
    const killedAfterRecord = deleteImages({ storage: killed, now: () => new Date() }, standing.ref, because);
    await expect(killedAfterRecord).rejects.toThrow('killed');
    expect((await refusalOf(standing.images.hold(because))).type).toBe('WrongState');
    expect(await standing.handle.result()).toMatchObject(deleted);
    const { applicationId, evaluationId } = standing.ref;
    expect(await readdir(join(world.archiveFolder, applicationId, evaluationId))).toEqual(['deleted.json']);
  });

  test('on images that somebody removed from the archive is shown as failed; a retry fetches them again', async () => {
    const standing = await standingAt.kept();
    const { applicationId, evaluationId } = standing.ref;
    await rm(join(world.archiveFolder, applicationId, evaluationId), { recursive: true });
    expect(await standing.images.hold(because)).toMatchObject({
      state: 'stopped',
      result: 'failed',
      reason: 'storage_unsafe',
      hold: because,
      action: expect.stringContaining('restore'),
    });
    await expect
      .poll(() => noticesOf(standing).at(-1))
      .toMatchObject({ state: 'stopped', reason: 'storage_unsafe' });
    await standing.images.retry({ by: 'Ada' });
    await comesTo(standing, { state: 'kept', result: 'archived', hold: expect.objectContaining(because) });
    await expect(archive.remove(standing.ref, because)).rejects.toMatchObject({ type: 'ArchiveHeld' });
  });

  test('that is only in the archive is obeyed and shown; released, the images can be erased', async () => {
    const standing = await standingAt.kept();
    const lost = { by: 'Ada', reason: 'case 9' };
    await archive.hold(standing.ref, lost);
    expect((await refusalOf(standing.images.erase(because))).type).toBe('Held');
    await comesTo(standing, { state: 'kept', hold: expect.objectContaining(lost) });
    await standing.images.release(because);
    expect(await standing.images.erase(because)).toMatchObject(deleted);
  });

  test('that cannot be written is tried again, with the reason shown, and stands meanwhile', async () => {
    const standing = await standingAt.kept();
    const mend = await breakArchive();
    expect(await standing.images.hold(because)).toMatchObject({
      hold: because,
      trouble: { reason: 'storage_missing' },
    });
    expect((await refusalOf(standing.images.erase(because))).type).toBe('Held');
    await expect
      .poll(() => noticesOf(standing).at(-1))
      .toMatchObject({ trouble: { reason: 'storage_missing' } });
    await mend();
    // Whatever is sent ends the back-off.
    await standing.images.hold(because);
    await comesTo(standing, { state: 'kept', trouble: null });
    await expect.poll(() => noticesOf(standing).at(-1)).toMatchObject({ trouble: null });
    await expect(archive.remove(standing.ref, because)).rejects.toMatchObject({ type: 'ArchiveHeld' });
  });
});

describe('fetching', () => {
  const html = '<html>welcome</html>';
  test.each<[string, Answer, Partial<ImagesStatus>]>([
    ['401', { status: 401, body: '{}' }, { result: 'failed', reason: 'api_key_refused' }],
    ['403', forbidden, { result: 'failed', reason: 'permission_denied' }],
    ['404', { status: 404, body: '{}' }, { result: 'failed', reason: 'evaluation_unknown' }],
    ['410', { status: 410, body: '{}' }, { result: 'failed', reason: 'evaluation_unknown' }],
    ['422', { status: 422, body: '{}' }, { result: 'failed', reason: 'request_refused' }],
    ['204', { status: 204, body: '' }, { result: 'failed', reason: 'riskos_unreadable' }],
    ['500', { status: 500, body: '{}' }, { result: 'failed', reason: 'riskos_unavailable' }],
    [
      'HTML',
      { status: 200, body: html, type: 'text/html' },
      { result: 'failed', reason: 'riskos_unreadable' },
    ],
    [
      'an empty body',
      { status: 200, body: '', type: 'application/zip' },
      { result: 'failed', reason: 'riskos_unreadable' },
    ],
    [
      '65 MiB',
      { status: 200, body: Buffer.alloc(65 * 1024 ** 2), type: 'application/zip' },
      { result: 'refused', reason: 'zip_too_large' },
    ],
    [
      'a hostile ZIP',
      { ...good, body: forgedZip([{ name: '../front.jpg', data: picture }]) },
      { result: 'refused', reason: 'unsafe_name' },
    ],
  ])('of %s ends in a result with a reason and what to do, told to HR', async (_, answer, expected) => {
    const standing = await start([answer]);
    await comesTo(standing, {
      state: 'stopped',
      ...expected,
      count: 0,
      action: expect.stringMatching(/^.{10,}$/),
    });
    await expect.poll(() => noticesOf(standing)).toMatchObject([{ state: 'stopped', ...expected }]);
    expect((await timelineOf(standing)).at(-1)).toContain(expected.reason?.replaceAll('_', ' '));
  });

  test('asks three times before it believes that there are none, the lag apart', async () => {
    const standing = await start([noDocuments]);
    expect(await standing.handle.result()).toMatchObject({ state: 'ended', result: 'none' });
    expect(asked.get(`eval-${standing.ref.applicationId}`)).toBe(3);
    const late = await start([noDocuments, noDocuments, good]);
    await comesTo(late, { state: 'kept', result: 'archived', count: 1 });
  });

  test('that fails for long is shown as trouble, and goes on by itself', async () => {
    const standing = await start([unavailable, unavailable, unavailable, good], { giveUpAfter: day });
    await comesTo(standing, {
      state: 'fetching',
      result: 'pending',
      trouble: { reason: 'riskos_unavailable', since: expect.any(String) },
    });
    await comesTo(standing, { state: 'kept', result: 'archived', trouble: null });
  });

  test('after a retry has its whole time again', async () => {
    const standing = await start([unavailable]);
    await comesTo(standing, { state: 'stopped', reason: 'riskos_unavailable' });
    answers.set(`eval-${standing.ref.applicationId}`, [good]);
    await standing.images.retry({ by: 'Ada' });
    await comesTo(standing, { state: 'kept', result: 'archived', count: 1 });
    await expect.poll(() => noticesOf(standing).map(({ result }) => result)).toEqual(['failed', 'archived']);
    expect((await timelineOf(standing)).slice(-3)).toEqual([
      'images: failed: riskos unavailable',
      'retried (Ada)',
      'images: archived (1)',
    ]);
  });

  test('is ended by an erasure, and nothing of a download that was under way is kept', async () => {
    let answer = (): void => undefined;
    const held = new Promise<void>((resolve) => (answer = resolve));
    const standing = await start([{ ...good, held }], { giveUpAfter: day });
    await expect.poll(() => asked.get(`eval-${standing.ref.applicationId}`)).toBe(1);
    await standing.images.erase(because);
    answer();
    expect(await standing.handle.result()).toMatchObject(deleted);
    expect((await archive.find(standing.ref))?.kind).toBe('deleted');
  });

  test('that nobody retries ends when the images would be deleted anyway', async () => {
    const standing = await start([forbidden], { keepFor: 3000 });
    expect(await standing.handle.result()).toMatchObject({
      state: 'ended',
      result: 'failed',
      reason: 'permission_denied',
    });
  });

  test('of what was deleted before brings nothing back', async () => {
    const standing = await standingAt.kept();
    await standing.images.erase(because);
    await standing.handle.result();
    const { ref } = standing;
    const ask: ImagesAsk = {
      ...ref,
      evalId: `eval-${ref.applicationId}`,
      documentType: null,
      reasonCodes: [],
      lag: 1,
    };
    const again = await world.temporal.workflow.start(imagesWorkflowType, {
      taskQueue: world.taskQueue,
      workflowId: imagesWorkflowIdOf(ref.evaluationId),
      args: [{ ask, keepFor: day, giveUpAfter: 3000 }],
    });
    expect(await again.result()).toMatchObject({ state: 'ended', result: 'deleted' });
    expect(asked.get(ask.evalId)).toBe(1);
  });
});

describe('the retention workflow', () => {
  test('deletes when the time is over, verifies it, and tells HR of each step once', async () => {
    const standing = await start([good], { keepFor: 1500 });
    expect(await standing.handle.result()).toMatchObject({ ...deleted, count: 1 });
    expect((await archive.find(standing.ref))?.kind).toBe('deleted');
    await expect
      .poll(() => noticesOf(standing).map(({ state, result }) => [state, result]))
      .toEqual([
        ['kept', 'archived'],
        ['ended', 'deleted'],
      ]);
  });

  test('does not report as deleted what a wrong or unmounted archive never had, and deletes it once it is back', async () => {
    const standing = await standingAt.kept();
    const aside = `${world.archiveFolder}-aside`;
    await rename(world.archiveFolder, aside);
    const answer = standing.images.erase(because);
    await comesTo(standing, {
      state: 'deleting',
      result: 'archived',
      trouble: expect.objectContaining({ reason: 'storage_unsafe' }),
    });
    await rm(world.archiveFolder, { recursive: true, force: true });
    await rename(aside, world.archiveFolder);
    await standing.images.retry({ by: 'Ada' });
    await answer;
    expect(await standing.handle.result()).toMatchObject(deleted);
    expect((await archive.find(standing.ref))?.kind).toBe('deleted');
  });

  test('refuses what it does not know or cannot read, by field, before history', async () => {
    const standing = await standingAt.kept();
    const before = await updatesOf(standing);
    const failureOf = (name: string, message: unknown) =>
      standing.handle
        .executeUpdate<unknown, [unknown]>(name, { args: [message] })
        .catch((error: unknown) => error);
    const refusals: [string, unknown, RegExp][] = [
      ['hold', { by: 'Ada' }, /reason: is missing/],
      ['hold', { by: ' ', reason: 'x' }, /by: must not be blank/],
      ['hold', { by: 'Ada', reason: 'x', until: 1 }, /until: is not a known field/],
      ['erase', 'now', /must be an object/],
      ['retry', undefined, /./],
    ];
    for (const [name, message, expected] of refusals) {
      expect(await failureOf(name, message)).toMatchObject({
        cause: { type: 'InvalidMessage', message: expect.stringMatching(expected) },
      });
    }
    expect(await failureOf('destroy', {})).toBeInstanceOf(Error);
    expect(await updatesOf(standing)).toBe(before);
  });

  test('neither deletes nor ends when somebody cancels it in Temporal, and still answers', async () => {
    const standing = await standingAt.kept();
    await standing.handle.cancel();
    await expect
      .poll(() => timelineOf(standing))
      .toContainEqual(expect.stringContaining('cancellation in Temporal ignored'));
    expect(await standing.images.hold(because)).toMatchObject({ state: 'kept', hold: because });
    await standing.images.release(because);
    expect(await standing.images.erase(because)).toMatchObject(deleted);
    expect(await standing.handle.result()).toMatchObject(deleted);
  });

  test('is shown as ended when somebody terminates it', async () => {
    const standing = await standingAt.kept();
    await standing.handle.terminate();
    expect(await standing.images.status()).toMatchObject({ state: 'kept', ended: { how: 'terminated' } });
    expect((await refusalOf(standing.images.hold(because))).message).toContain('was terminated in Temporal');
  });

  test('takes an update that comes before its first task', async () => {
    await world.stopWorker();
    const standing = await start([noDocuments], { lag: 3_600_000, giveUpAfter: day });
    const answer = standing.images.hold(because);
    // The update is on its way while no worker runs.
    await setTimeout(0);
    await world.startWorker(riskos.url, createNotifier({ url: receiver.url, secrets: [secret] }));
    expect(await answer).toMatchObject({ state: 'fetching', hold: because });
  });

  test('is listed for its application and no other', async () => {
    const standing = await standingAt.kept();
    const listed = () => world.funnels.listImages(standing.ref.applicationId);
    await expect.poll(listed).toMatchObject([{ ...standing.ref, state: 'kept', result: 'archived' }]);
    expect(await world.funnels.listImages(standing.ref.applicationId.slice(0, -1))).toEqual([]);
  });

  test('that does not exist is named', async () => {
    const images = world.funnels.images('nobody~0a1b2c3d~document_verification~1');
    expect((await refusalOf(images.status())).type).toBe('NotFound');
    expect((await refusalOf(images.retry({ by: 'Ada' }))).type).toBe('NotFound');
  });

  test('that the funnel could not start is named as such, with what to do instead of a retry', async () => {
    const applicationId = `not-started-${randomBytes(4).toString('hex')}`;
    const evaluationId = `${applicationId}~0a1b2c3d~document_verification~1`;
    const { status } = firstFields(applicationId, false);
    const images = [{ evaluationId, result: 'failed', count: 0, reason: 'not_started' }];
    await world.temporal.workflow.start('candidateFunnel', {
      workflowId: `funnel-${applicationId}`,
      taskQueue: 'polled-by-nobody',
      memo: { status: clearPayload({ ...status, images }) },
      typedSearchAttributes: [{ key: searchAttributes.stage, value: 'verified' }],
    });
    const named = { type: 'NotFound', message: expect.stringMatching(/never started.*reset it/) };
    expect(await refusalOf(world.funnels.images(evaluationId).retry({ by: 'Ada' }))).toMatchObject(named);
    const env = { TEMPORAL_ADDRESS: inject('temporalAddress') };
    for (const id of [evaluationId, applicationId]) {
      const { code, stderr } = await run(['images', 'retry', id], env);
      expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringMatching(/never started.*reset it/) });
    }
  });
});

describe('the command, beside the workflow,', () => {
  const verb = (name: string, { ref }: Standing) =>
    run(['images', name, ref.evaluationId, '--by', 'Ada', '--reason', 'case 9'], {
      TEMPORAL_ADDRESS: inject('temporalAddress'),
      ARCHIVE_URL: `file://${world.archiveFolder}`,
    });

  test('releases a hold that only the archive knows, and shows what the workflow does then', async () => {
    const standing = await start([good]);
    await comesTo(standing, { state: 'kept', hold: null });
    await archive.hold(standing.ref, because);
    expect(await verb('release', standing)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/kept, archived.*kept until/s),
    });
    expect((await readArchived(storage, standing.ref)).hold).toBeUndefined();
    expect(await verb('release', standing)).toMatchObject({ code: 4 });
  });

  test('shows that a hold is not in the archive yet, and why', async () => {
    const standing = await start([good]);
    await comesTo(standing, { state: 'kept' });
    await breakArchive();
    expect(await verb('hold', standing)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/held +since.*trouble +since .*: storage missing\n *next .*ARCHIVE_URL/s),
    });
  });

  test('holds in the archive what a terminated workflow no longer can', async () => {
    const standing = await start([good]);
    await comesTo(standing, { state: 'kept' });
    await standing.handle.terminate('a mistake');
    await expect(standing.images.hold(because)).rejects.toMatchObject({
      type: 'WrongState',
      message: expect.stringContaining('in the archive itself'),
    });
    expect(await verb('hold', standing)).toMatchObject({ code: 0 });
    expect((await readArchived(storage, standing.ref)).hold).toMatchObject({ by: 'Ada' });
  });
});
