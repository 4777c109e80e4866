import { describe, expect, test } from 'vitest';
import { type Answers, completed, day, evaluationId, failed, iso, retentionLife } from './retention-life.ts';
import { sandbox } from './shared-sandbox.ts';

/** The retention workflow over days and years, which no test on a real server can wait for. */
const hold = { by: 'Ada', reason: 'case 7' };
const refused = (reason: string) =>
  failed('ImagesNeedOperator', true, { reason, action: 'mend it', noticesConfigured: true });

const held = (known?: object) =>
  failed('ImagesHeld', true, {
    reason: 'held',
    action: 'release it',
    noticesConfigured: true,
    ...(known ? { hold: known } : {}),
  });
const deletion = { removed: 4, verifiedAt: iso(0), noticesConfigured: true };

describe('archived images', () => {
  test('are deleted when their time is over, and not a day before', () => {
    const life = retentionLife(sandbox);
    life.pass(89 * day);
    expect(life.status()).toMatchObject({ state: 'kept', result: 'archived' });
    expect(life.calls).not.toContain('deleteImages');
    life.pass(2 * day);
    expect(life.status()).toMatchObject({ state: 'ended', result: 'deleted' });
  });

  test('under a hold outlast their time by years, and are deleted at its release', () => {
    const life = retentionLife(sandbox);
    // Before they are stored.
    expect(life.update('hold')).toMatchObject({ state: 'fetching', hold });
    life.pass(3 * 365 * day);
    expect(life.status()).toMatchObject({ state: 'kept', hold });
    expect(Date.parse(life.status().keepUntil ?? '')).toBeLessThan(life.now());
    expect(life.calls).toContain('holdImages');
    expect(life.calls).not.toContain('deleteImages');
    expect(life.update('release')).toMatchObject({ hold: null });
    life.pass(day);
    expect(life.status()).toMatchObject({ state: 'ended', result: 'deleted' });
  });

  test('that cannot be deleted are tried for ever at most half a day apart, and HR is told once of each reason', () => {
    let reason = 'storage_denied';
    const life = retentionLife(sandbox, { answers: { deleteImages: () => refused(reason) } });
    life.pass(120 * day);
    const tries = () => life.calls.filter((name) => name === 'deleteImages').length;
    expect(tries()).toBeGreaterThan(60);
    expect(life.status()).toMatchObject({ state: 'deleting', trouble: { reason: 'storage_denied' } });
    reason = 'storage_missing';
    life.pass(30 * day);
    const troubles = life.notices.flatMap(({ type, data }) =>
      type === 'images.changed' && data.trouble ? [data.trouble.reason] : [],
    );
    expect(troubles).toEqual(['storage_denied', 'storage_missing']);
  });

  test('under a hold of the storage itself are deleted once that hold ends, without a release', () => {
    let isLocked = true;
    const answers: Partial<Answers> = {
      deleteImages: () => (isLocked ? held() : completed(deletion)),
    };
    const life = retentionLife(sandbox, { answers });
    life.pass(120 * day);
    expect(life.status()).toMatchObject({
      state: 'deleting',
      result: 'archived',
      hold: null,
      trouble: { reason: 'held' },
      action: expect.stringContaining('lift the hold'),
    });
    isLocked = false;
    life.pass(day);
    expect(life.status()).toMatchObject({ state: 'ended', result: 'deleted', trouble: null });
    expect(life.calls).not.toContain('holdImages');
  });

  test('whose hold only the archive knows are kept under that one, and no hold is written', () => {
    let isHeld = true;
    const known = { by: 'Eve', reason: 'case 9', since: iso(0) };
    const life = retentionLife(sandbox, {
      answers: {
        deleteImages: () => (isHeld ? held(known) : completed(deletion)),
        // What a deletion that was interrupted leaves beside the hold.
        holdImages: () =>
          failed('ImagesDeleted', true, { reason: 'deleted', action: '', noticesConfigured: true }),
      },
    });
    life.pass(120 * day);
    expect(life.status()).toMatchObject({ state: 'kept', result: 'archived', hold: known, trouble: null });
    expect(life.calls).not.toContain('holdImages');
    isHeld = false;
    life.update('release');
    life.pass(day);
    expect(life.status()).toMatchObject({ state: 'ended', result: 'deleted' });
  });
});

describe.each(['hold', 'release'])('a %s that the archive does not answer in time', (name) => {
  test('is answered with that trouble, which ends when the archive has it', () => {
    const slow = name === 'hold' ? 'holdImages' : 'releaseImages';
    const life = retentionLife(sandbox, { lasts: (called) => (called === slow ? 60_000 : 50) });
    life.pass(day);
    if (name === 'release') life.update('hold');
    expect(life.update(name)).toMatchObject({
      state: 'kept',
      trouble: { reason: 'not_in_archive_yet' },
      action: expect.stringContaining('look again'),
    });
    life.pass(day);
    expect(life.status()).toMatchObject({ state: 'kept', trouble: null, action: null });
  });
});

describe('images that could not be archived', () => {
  const failing = { archiveImages: () => refused('permission_denied') };

  test('are waited for until they would be deleted anyway', () => {
    const life = retentionLife(sandbox, { answers: failing });
    life.pass(89 * day);
    expect(life.status()).toMatchObject({ state: 'stopped', reason: 'permission_denied' });
    life.pass(2 * day);
    expect(life.status()).toMatchObject({ state: 'ended', result: 'failed' });
  });

  test('under a hold are waited for beyond that, and a retry years later fetches them', () => {
    const answers: { archiveImages?: typeof failing.archiveImages } = { ...failing };
    const life = retentionLife(sandbox, { answers });
    life.pass(day);
    expect(life.update('hold')).toMatchObject({ state: 'stopped', hold });
    life.pass(2 * 365 * day);
    expect(life.status()).toMatchObject({ state: 'stopped', hold });
    delete answers.archiveImages;
    expect(life.update('retry', { by: 'Ada' })).toMatchObject({ state: 'fetching' });
    life.pass(day);
    expect(life.status()).toMatchObject({ state: 'kept', result: 'archived', hold });
  });
});

describe('continued as new at every task,', () => {
  const hazards = { suggestAtTask: () => 2 };

  test('the workflow keeps its hold, its notices, its timeline and what it has published', () => {
    let takes = false;
    const answers = {
      notify: () => (takes ? completed(null) : failed('NoticeNotTaken', false, { reason: 'Busy' })),
    };
    const life = retentionLife(sandbox, { hazards, answers });
    const runs = () => life.server.executions.get(`images-${evaluationId}`)?.runs.length ?? 0;
    life.update('hold');
    life.pass(2 * day);
    life.update('hold', { by: 'Eve', reason: 'case 8' });
    takes = true;
    life.pass(100 * day);
    expect(runs()).toBeGreaterThan(2);
    // The memo of a run that nothing has changed in is the one that was passed on.
    expect(life.status()).toMatchObject({ state: 'kept', count: 3, hold });
    const before = runs();
    life.update('release');
    life.pass(day);
    expect(runs()).toBeGreaterThan(before);
    expect(life.status()).toMatchObject({ state: 'ended', result: 'deleted', hold: null });
    const changes = life.notices.map(({ data }) => ('hold' in data ? [data.state, data.hold !== null] : []));
    expect(changes).toEqual([
      ['fetching', true],
      ['kept', true],
      ['kept', false],
      ['ended', false],
    ]);
  });

  test('a deletion that fails in between is finished, and its back-off goes on where it was', () => {
    const tries: number[] = [];
    const answers = {
      deleteImages: () => {
        tries.push(life.now());
        return tries.length < 8
          ? refused('storage_denied')
          : completed({ removed: 4, verifiedAt: iso(life.now()), noticesConfigured: true });
      },
    };
    const life = retentionLife(sandbox, { hazards, answers });
    life.pass(100 * day);
    expect(life.status()).toMatchObject({ state: 'ended', result: 'deleted' });
    const pauses = tries.slice(1).map((at, index) => Math.round((at - (tries[index] ?? 0)) / 10_000));
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 64]);
  });
});

test('a notice that is refused holds up none after it, and is in the timeline with what to do', () => {
  let refusals = 0;
  const life = retentionLife(sandbox, {
    answers: {
      notify: () =>
        refusals++ === 0
          ? failed('NoticeRefused', true, { reason: 'Gone', status: 410, action: 'unset NOTIFY_URL' })
          : completed(null),
    },
  });
  life.pass(day);
  expect(life.timeline()).toContain('a notice was refused (Gone, 410): unset NOTIFY_URL');
  life.pass(90 * day);
  expect(life.notices.map(({ data }) => ('result' in data ? data.result : ''))).toEqual(['deleted']);
});

test('notices that nobody took at the end are handed over, and reach HR in order once it is back', () => {
  let takes = false;
  const life = retentionLife(sandbox, {
    keepFor: day,
    answers: {
      notify: () => (takes ? completed(null) : failed('NoticeNotTaken', false, { reason: 'ServerError' })),
    },
  });
  life.pass(1.5 * day);
  const delivery = [...life.server.executions.values()].find(
    ({ workflowType }) => workflowType === 'noticeDelivery',
  );
  expect(life.server.executions.get(`images-${evaluationId}`)?.status).toBe('completed');
  expect(delivery).toMatchObject({
    status: 'open',
    workflowId: expect.stringContaining(`notices-images-${evaluationId}-`),
  });
  takes = true;
  life.pass(day);
  expect(delivery?.status).toBe('completed');
  expect(life.notices.map(({ data }) => ('result' in data ? data.result : ''))).toEqual([
    'archived',
    'deleted',
  ]);
  expect(new Set(life.notices.map(({ id }) => id)).size).toBe(2);
});

describe('a hold on images that were deleted behind the workflow', () => {
  test('is refused, and the workflow ends with the result deleted, where the archive recorded it', () => {
    const life = retentionLife(sandbox, {
      answers: {
        holdImages: () =>
          failed('ImagesDeleted', true, { reason: 'deleted', action: '', noticesConfigured: true }),
      },
    });
    life.pass(day);
    expect(life.update('hold')).toContain('WrongState: hold is not possible');
    life.pass(365 * day);
    expect(life.calls.filter((name) => name === 'holdImages')).toHaveLength(1);
    expect(life.status()).toMatchObject({ state: 'ended', result: 'deleted', hold: null });
  });

  test('is refused, and nothing is reported as deleted before that deletion is finished', () => {
    let isDown = true;
    const life = retentionLife(sandbox, {
      answers: {
        holdImages: () =>
          failed('ImagesDeleted', true, { reason: 'deleted', action: '', noticesConfigured: true }),
        deleteImages: () => (isDown ? refused('storage_denied') : completed(deletion)),
      },
    });
    life.pass(day);
    expect(life.update('hold')).toContain('WrongState: hold is not possible: the deletion has begun');
    life.pass(day);
    expect(life.status()).toMatchObject({
      state: 'deleting',
      result: 'archived',
      hold: null,
      trouble: { reason: 'storage_denied' },
    });
    isDown = false;
    life.pass(day);
    expect(life.status()).toMatchObject({ state: 'ended', result: 'deleted' });
  });

  test('stands and stops the workflow, where the archive has no record of it', () => {
    let archived = false;
    const life = retentionLife(sandbox, {
      answers: { holdImages: () => completed({ ...hold, since: iso(0), archived }) },
    });
    life.pass(day);
    expect(life.update('hold')).toMatchObject({
      state: 'stopped',
      result: 'failed',
      reason: 'storage_unsafe',
      hold,
      action: expect.stringContaining('restore'),
    });
    life.pass(365 * day);
    expect(life.notices.at(-1)).toMatchObject({ data: { state: 'stopped', reason: 'storage_unsafe', hold } });
    archived = true;
    life.update('retry', { by: 'Ada' });
    life.pass(day);
    expect(life.status()).toMatchObject({ state: 'kept', result: 'archived', hold });
  });

  test('is removed from the archive when it is released, so that the leftovers can be erased', () => {
    const life = retentionLife(sandbox, {
      answers: { holdImages: () => completed({ ...hold, since: iso(0), archived: false }) },
    });
    life.pass(day);
    life.update('hold');
    life.update('release');
    life.pass(day);
    expect(life.calls).toContain('releaseImages');
    expect(life.update('erase')).toMatchObject({ state: 'ended', result: 'deleted' });
  });
});
