import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CodecError } from '../../src/codec/index.ts';
import { forget, forgetSteps } from '../../src/forget/forget.ts';
import {
  applicationId,
  evaluationIdOf,
  fakeWorld,
  type FakeWorld,
  Killed,
  killedAt,
  type Plan,
} from './world.ts';
import { property } from '../support/property.ts';

const ask = { applicationId, by: 'Mo Ito', reason: 'erasure request 7' };
const full: Plan = {
  funnel: 'open',
  images: [
    { running: true, archived: true },
    { running: false, archived: true },
    { running: true, archived: false },
  ],
  key: true,
  notices: true,
};
const at = '2026-01-02T03:04:05.000Z';

/** What is left of it anywhere. */
async function leftOf(world: FakeWorld) {
  return {
    workflows: [...world.executions.keys()],
    key: await world.keys.get(applicationId),
    keyStore: [...world.keyStorage.objects.keys()],
    archive: [...world.archive.objects.keys()].toSorted(),
  };
}

/** The records alone. */
function recordsOf(plan: Plan): Awaited<ReturnType<typeof leftOf>> {
  const { by, reason } = ask;
  return {
    workflows: [],
    key: { kind: 'forgotten', tombstone: { at, by, reason } },
    keyStore: [`tombstones/${applicationId}`],
    archive: plan.images.map((_, index) => `${applicationId}/${evaluationIdOf(index + 1)}/deleted.json`),
  };
}

async function expectForgotten(world: FakeWorld, plan: Plan): Promise<void> {
  expect(await leftOf(world)).toEqual(recordsOf(plan));
}

/** As a command does it: killed, or to its end. */
async function run(world: FakeWorld, parts = world.parts, more = {}): Promise<'done' | 'killed'> {
  try {
    await forget(parts, { ...ask, ...more });
    return 'done';
  } catch (error) {
    if (error instanceof Killed) return 'killed';
    throw error;
  }
}

/**
 * How an interruption leaves it. Until the request is written nothing is changed; from then on `keys check` names it and no
 * start is possible, until nothing is left. Anything else is `lost`.
 */
async function stateOf(world: FakeWorld, plan: Plan): Promise<'untouched' | 'unfinished' | 'done' | 'lost'> {
  const states: string[] = [];
  for await (const { state } of world.keys.check()) states.push(state);
  if (await world.keys.erasureRequest(applicationId)) {
    const start = await world.keys.create(applicationId).catch((error: unknown) => error);
    return start instanceof CodecError && isDeepStrictEqual(states, ['unfinished']) ? 'unfinished' : 'lost';
  }
  if (await world.keys.tombstone(applicationId)) {
    const left = await leftOf(world);
    const workflows = left.workflows.filter((runId) => world.started.get(runId) !== 'late');
    return isDeepStrictEqual({ ...left, workflows }, recordsOf(plan)) ? 'done' : 'lost';
  }
  const running = ({ executions, started }: FakeWorld) =>
    [...executions.values()].filter(({ runId }) => !started.has(runId)).map(({ isRunning }) => isRunning);
  const before = await fakeWorld(plan);
  const isSame =
    world.withdrawn.length === 0 && isDeepStrictEqual(running(world), running(before)) && states.length <= 1;
  return isSame ? 'untouched' : 'lost';
}

async function expectFindable(world: FakeWorld, plan: Plan): Promise<void> {
  expect(await stateOf(world, plan)).not.toBe('lost');
}

describe('an application', () => {
  test.each<[string, Plan]>([
    ['with an open funnel, images and notices', full],
    ['whose funnel is closing', { ...full, funnel: 'closing' }],
    ['whose funnel no worker has begun', { ...full, funnel: 'unbegun', images: [] }],
    ['whose funnel was terminated', { ...full, funnel: 'terminated' }],
    ['whose funnel Temporal keeps no more', { ...full, funnel: 'none' }],
    ['that never had a key', { ...full, key: false }],
    ['that never had images', { ...full, images: [] }],
    ['of which the key alone is left', { ...full, funnel: 'none', images: [] }],
    ['that is started once more meanwhile', { ...full, startsAtLook: 5 }],
    ['that is started once more when its workflows are gone', { ...full, startsAtLook: 8 }],
  ])('%s is forgotten, and again', async (_, plan) => {
    const world = await fakeWorld(plan);
    const steps: string[] = [];
    const parts = { ...world.parts, onStep: (step: string) => void steps.push(step) };
    const { by, reason } = ask;
    expect(await forget(parts, ask)).toMatchObject({ applicationId, at, by, reason });
    expect(steps).toEqual(forgetSteps);
    await expectForgotten(world, plan);
    expect(await run(world, world.parts, { by: 'somebody later' })).toBe('done');
    await expectForgotten(world, plan);
  });

  test('that is started once more after the end leaves that start to the next `forget`', async () => {
    const world = await fakeWorld(full);
    expect(await run(world)).toBe('done');
    world.start();
    expect((await leftOf(world)).workflows).toHaveLength(1);
    expect(await stateOf(world, full)).toBe('done');
    expect(await run(world)).toBe('done');
    await expectForgotten(world, full);
  });

  test('is withdrawn by a worker where one has begun it', async () => {
    const world = await fakeWorld(full);
    await run(world);
    expect(world.withdrawn).toEqual([applicationId]);
  });

  test('is forgotten in the name of the first who asked, whoever finishes it', async () => {
    const world = await fakeWorld(full);
    expect(await run(world, killedAt(world.parts, 12, 'after'), { by: 'the first' })).toBe('killed');
    expect(await forget(world.parts, ask)).toMatchObject({ by: 'the first' });
    expect(await world.keys.tombstone(applicationId)).toMatchObject({ by: 'the first' });
  });

  test('whose next start arrives when the key is gone has no workflow left either', async () => {
    const world = await fakeWorld(full);
    const onStep = (step: string) => {
      if (step === 'complete') world.start();
    };
    expect(await run(world, { ...world.parts, onStep })).toBe('done');
    await expectForgotten(world, full);
  });

  test('is forgotten once by two at once', async () => {
    const world = await fakeWorld(full);
    expect(await Promise.all([run(world), run(world)])).toEqual(['done', 'done']);
    await expectForgotten(world, full);
  });

  test('that nobody knows is refused, and nothing is written', async () => {
    const world = await fakeWorld({ ...full, funnel: 'none', images: [], key: false });
    await expect(forget(world.parts, ask)).rejects.toMatchObject({ type: 'NotFound' });
    expect([...world.keyStorage.objects.keys()]).toEqual([]);
  });

  test.each([{ by: ' ' }, { reason: '' }, { reason: 'x'.repeat(1001) }])(
    'needs who and why: %o',
    async (more) => {
      const world = await fakeWorld(full);
      await expect(forget(world.parts, { ...ask, ...more })).rejects.toMatchObject({
        type: 'InvalidMessage',
      });
    },
  );
});

describe('a kill', () => {
  // The longest plan makes fewer calls than this.
  const calls = Array.from({ length: 60 }, (_, index) => index + 1);
  test.each(calls)('at call %i leaves what is found, and is finished by repeating it', async (call) => {
    for (const when of ['before', 'after'] as const) {
      const world = await fakeWorld(full);
      await run(world, killedAt(world.parts, call, when));
      await expectFindable(world, full);
      expect(await run(world)).toBe('done');
      await expectForgotten(world, full);
    }
  });

  test('of the list above reaches the last call', async () => {
    const world = await fakeWorld(full);
    expect(await run(world, killedAt(world.parts, calls.length, 'before'))).toBe('done');
  });

  property([
    fc.record({
      funnel: fc.constantFrom('open', 'unbegun', 'closing', 'terminated', 'none'),
      images: fc.array(fc.record({ running: fc.boolean(), archived: fc.boolean() }), { maxLength: 3 }),
      key: fc.boolean(),
      notices: fc.boolean(),
      startsAtLook: fc.integer({ min: 2, max: 20 }),
    }),
    fc.array(fc.tuple(fc.integer({ min: 1, max: 50 }), fc.constantFrom('before', 'after')), { maxLength: 4 }),
  ])('after a kill after a kill, of whatever there is, everything is gone', async (plan, kills) => {
    fc.pre(plan.funnel !== 'none' || plan.images.length > 0 || plan.key);
    const world = await fakeWorld(plan);
    for (const [call, when] of kills) {
      await run(world, killedAt(world.parts, call, when));
      await expectFindable(world, plan);
    }
    expect(await run(world)).toBe('done');
    // One that starts after the end is found by the next look, which is the next `forget`.
    await run(world);
    await expectForgotten(world, plan);
  });
});

describe('a legal hold', () => {
  const evaluationId = evaluationIdOf(1);

  async function untouched(world: FakeWorld): Promise<void> {
    expect(await world.keys.erasureRequest(applicationId)).toBeUndefined();
    expect(world.withdrawn).toEqual([]);
    expect((await world.keys.get(applicationId)).kind).toBe('found');
    expect(world.executions.size).toBe(4);
  }

  test('in the archive, in the storage or in the workflow alone refuses before anything is changed', async () => {
    const inArchive = await fakeWorld(full);
    const hold = Buffer.from(JSON.stringify({ by: 'court', reason: 'case', since: at }));
    inArchive.archive.objects.set(`${applicationId}/${evaluationId}/hold.json`, hold);
    await expect(forget(inArchive.parts, ask)).rejects.toMatchObject({ type: 'ArchiveHeld' });
    await untouched(inArchive);

    const inStorage = await fakeWorld(full);
    for (const key of inStorage.archive.objects.keys()) inStorage.locked.add(key);
    await expect(forget(inStorage.parts, ask)).rejects.toMatchObject({ type: 'ArchiveHeld' });
    await untouched(inStorage);

    const inWorkflow = await fakeWorld(full);
    for (const [runId, execution] of inWorkflow.executions) {
      if (execution.kind === 'images') inWorkflow.executions.set(runId, { ...execution, heldSince: at });
    }
    await expect(forget(inWorkflow.parts, ask)).rejects.toMatchObject({ type: 'Held' });
    await untouched(inWorkflow);
  });

  test('that is placed meanwhile keeps the images and the key; when it is released, forgetting goes on', async () => {
    const world = await fakeWorld(full);
    const hold = Buffer.from(JSON.stringify({ by: 'court', reason: 'case', since: at }));
    const key = `${applicationId}/${evaluationIdOf(2)}/hold.json`;
    const parts = {
      ...world.parts,
      onStep: (step: string) => {
        if (step === 'delete_images') world.archive.objects.set(key, hold);
      },
    };
    await expect(forget(parts, ask)).rejects.toMatchObject({ type: 'ArchiveHeld' });
    expect((await world.keys.get(applicationId)).kind).toBe('found');
    expect([...world.archive.objects.keys()].some((each) => each.includes('~2/0123456789abcdef'))).toBe(true);
    expect(world.executions.size).toBeGreaterThan(0);
    world.archive.objects.delete(key);
    expect(await run(world)).toBe('done');
    await expectForgotten(world, full);
  });

  test.each([false, true])(
    'that a workflow was given meanwhile keeps its images, with `terminate` %s',
    async (terminate) => {
      const world = await fakeWorld(full);
      const onStep = (step: string) => {
        if (step !== 'end_images') return;
        for (const [runId, execution] of world.executions) {
          if (execution.kind === 'images') world.executions.set(runId, { ...execution, heldSince: at });
        }
      };
      const held = forget({ ...world.parts, onStep }, { ...ask, terminate });
      await expect(held).rejects.toMatchObject({ type: 'Held' });
      expect(
        [...world.executions.values()].some(({ kind, isRunning }) => kind === 'images' && isRunning),
      ).toBe(true);
      expect((await world.keys.get(applicationId)).kind).toBe('found');
    },
  );
});

describe('without a worker', () => {
  test('an open funnel is not forgotten, which is said; with `terminate` it is', async () => {
    const world = await fakeWorld({ ...full, workerDown: true });
    await expect(forget(world.parts, ask)).rejects.toMatchObject({
      type: 'Unreachable',
      message: expect.stringContaining('--terminate'),
    });
    await expectFindable(world, full);
    expect(await run(world, world.parts, { terminate: true })).toBe('done');
    await expectForgotten(world, full);
  });
});

describe('the wrong archive', () => {
  test('is refused before anything is changed; when the images were lost, they are forgotten without them', async () => {
    const world = await fakeWorld(full);
    world.archive.objects.clear();
    await expect(forget(world.parts, ask)).rejects.toMatchObject({
      type: 'ArchiveUnsafe',
      message: expect.stringContaining(evaluationIdOf(1)),
    });
    expect(await world.keys.erasureRequest(applicationId)).toBeUndefined();
    expect(world.executions.size).toBe(4);
    expect([...world.archive.objects.keys()]).toEqual([]);
    expect(await run(world, world.parts, { imagesLost: true })).toBe('done');
    await expectForgotten(world, full);
  });
});

describe('the wrong key store', () => {
  test('is refused, without a key and with another one, before anything is changed', async () => {
    for (const other of [false, true]) {
      const world = await fakeWorld(full);
      world.keyStorage.objects.clear();
      if (other) await world.keys.create(applicationId);
      await expect(forget(world.parts, ask)).rejects.toMatchObject({ type: 'KeyMissing' });
      expect(await world.keys.erasureRequest(applicationId)).toBeUndefined();
      expect(world.executions.size).toBe(4);
    }
  });

  test('is the only one there is when the key was lost', async () => {
    const world = await fakeWorld(full);
    world.keyStorage.objects.clear();
    expect(await run(world, world.parts, { keyLost: true })).toBe('done');
    await expectForgotten(world, full);
  });

  test('whose key nobody here opens is refused, and erased with `terminate`', async () => {
    const world = await fakeWorld(full);
    world.keyStorage.objects.set(`keys/${applicationId}/1`, Buffer.from('x'));
    await expect(forget(world.parts, ask)).rejects.toMatchObject({ type: 'KeyUnreadable' });
    expect(await run(world, world.parts, { terminate: true })).toBe('done');
    await expectForgotten(world, full);
  });
});
