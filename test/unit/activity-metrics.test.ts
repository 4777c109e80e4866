import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { Registry } from 'prom-client';
import { beforeEach, expect, test } from 'vitest';
import { type ActivityTry, watchActivities } from '../../src/worker/activity-metrics.ts';

let clock: number;
let registry: Registry;
let watch: ReturnType<typeof watchActivities>;

beforeEach(() => {
  clock = 1_000_000;
  registry = new Registry();
  watch = watchActivities(registry, () => clock);
});

/** An attempt of a call that was first scheduled at 1,000 s. */
function tryOf(more: Partial<ActivityTry> = {}): ActivityTry {
  return {
    activityId: '1',
    activityType: 'notify',
    attempt: 1,
    scheduledTimestampMs: 1_000_000,
    workflowExecution: { workflowId: 'funnel-a', runId: 'run-a' },
    retryPolicy: { initialInterval: 5000, backoffCoefficient: 2, maximumInterval: 3_600_000 },
    ...more,
  };
}

const busy = ApplicationFailure.create({ type: 'NoticeNotTaken', details: [{ reason: 'Busy' }] });
const fail = (error: unknown, more: Partial<ActivityTry> = {}) =>
  expect(watch(tryOf(more), () => Promise.reject(error))).rejects.toBe(error);
const succeed = (more: Partial<ActivityTry> = {}) => watch(tryOf(more), async () => 'done');

async function ageOf(activity: string): Promise<number | undefined> {
  const { values } = (await registry.getSingleMetric('candidate_funnel_retrying_seconds')?.get()) ?? {};
  return values?.find(({ labels }) => labels['activity'] === activity)?.value;
}

test('the age is that of the oldest call since its first attempt, and 0 once it succeeds', async () => {
  await fail(busy);
  clock += 3000;
  await fail(busy, { activityId: '2', scheduledTimestampMs: clock });
  expect(await ageOf('notify')).toBe(3);
  expect(await ageOf('archiveImages')).toBe(0);
  clock += 5000;
  await succeed();
  expect(await ageOf('notify')).toBe(5);
  await succeed({ activityId: '2' });
  expect(await ageOf('notify')).toBe(0);
});

test('a call of another run with the same activity id is another call', async () => {
  await fail(busy);
  await succeed({ workflowExecution: { workflowId: 'funnel-b', runId: 'run-b' } });
  clock += 1000;
  expect(await ageOf('notify')).toBe(1);
});

test.each([
  ['that is refused for good', ApplicationFailure.create({ type: 'NoticeRefused', nonRetryable: true }), {}],
  ['after its last attempt', busy, { attempt: 3, retryPolicy: { maximumAttempts: 3 } }],
  ['that was cancelled', new CancelledFailure('the worker stops'), {}],
] as const)('a call %s is not retried, and has no age', async (_what, error, more) => {
  await fail(error, more);
  clock += 60_000;
  expect(await ageOf('notify')).toBe(0);
});

test('a call that another worker has taken over is forgotten some minutes after its next attempt was due', async () => {
  await fail(busy);
  clock += 5 * 60_000;
  expect(await ageOf('notify')).toBe(300);
  clock += 6000;
  expect(await ageOf('notify')).toBe(0);
});

test('failed tries are counted by the word of the failure; the name of a foreign error is not shown', async () => {
  await fail(busy);
  await fail(ApplicationFailure.create({ type: 'ImagesHeld' }));
  await fail(new RangeError('Jane Doe'));
  await fail(new CancelledFailure('the worker stops'));
  const { values } =
    (await registry.getSingleMetric('candidate_funnel_activity_failures_total')?.get()) ?? {};
  expect(values?.map(({ labels, value }) => [labels['reason'], value])).toEqual([
    ['Busy', 1],
    ['ImagesHeld', 1],
    ['Unexpected', 1],
  ]);
});
