import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Payload } from '@temporalio/common';
import { createPayloadCodec, type DataKey, type KeyFound, labelOf } from '../../src/codec/index.ts';
import { hastyKeys } from '../../src/codec/keys/patient.ts';
import { applicationIdOf, clearPayload, statusPayload } from '../../src/contract/index.ts';

const keyOf = (digit: string): DataKey => ({ keyId: digit.repeat(16), bytes: Buffer.alloc(32, digit) });
const known: Record<string, KeyFound> = {
  'app-1': { kind: 'found', key: keyOf('1') },
  'app-2': { kind: 'found', key: keyOf('2') },
  gone: { kind: 'forgotten', tombstone: { at: '2026-01-02T03:04:05.000Z', by: 'officer', reason: 'asked' } },
};
const keys = { get: async (id: string): Promise<KeyFound> => known[id] ?? { kind: 'missing' } };
const contextOf = (workflowId: string, namespace = 'default') =>
  ({ type: 'workflow', namespace, workflowId }) as const;
const funnel = contextOf('funnel-app-1');
const payload = (text: string): Payload => ({
  metadata: { encoding: Buffer.from('json/plain') },
  data: Buffer.from(JSON.stringify(text)),
});
const textOf = ({ data }: Payload) => Buffer.from(data ?? []).toString();
const codec = createPayloadCodec({ keys, unreadable: 'throw' });
const client = createPayloadCodec({ keys, unreadable: 'mark' });

test.each([
  ['funnel-app-1', 'app-1'],
  ['images-app-1~0a1b2c3d~document_verification~1', 'app-1'],
  ['notices-images-app-1~0a1b2c3d~document_verification~1-0a1b2c3d', 'app-1'],
  ['notices-app-1-0a1b2c3d-0a1b2c3d', 'app-1'],
  ['notices-images-1-0a1b2c3d-0a1b2c3d', 'images-1'],
  ['funnel-funnel-1', 'funnel-1'],
  ['something-else', undefined],
  ['funnel-', undefined],
])('the workflow %s belongs to %s', (workflowId, applicationId) => {
  expect(applicationIdOf(workflowId)).toBe(applicationId);
});

describe('encoding', () => {
  test('encrypts each payload for its workflow, and decoding gives it back', async () => {
    const sealed = await codec.encode([payload('Robin'), payload('Quill')], funnel);
    expect(sealed.map(textOf).join()).not.toMatch(/Robin|Quill/);
    expect((await codec.decode(sealed, funnel)).map(textOf)).toEqual(['"Robin"', '"Quill"']);
  });

  test('leaves what is marked as clear, and asks for no key when that is all', async () => {
    const { payload: clear } = clearPayload({ stage: 'review' });
    expect(await codec.encode([clear], contextOf('funnel-without-key'))).toEqual([clear]);
    const [first, second] = await codec.encode([clear, payload('Robin')], funnel);
    expect(first).toEqual(clear);
    expect(labelOf(second ?? {})).toMatchObject({ keyId: '1'.repeat(16) });
  });

  test('keeps the purpose of a status in clear', async () => {
    const [sealed] = await codec.encode([statusPayload({ url: 'https://capture.test' }).payload], funnel);
    expect(labelOf(sealed ?? {})?.purpose).toBe('status');
    expect(textOf(sealed ?? {})).not.toContain('capture.test');
  });

  test.each([
    ['KeyMissing', 'funnel-nobody'],
    ['KeyForgotten', 'funnel-gone'],
    ['NoApplication', 'another-workflow'],
  ])('is refused as %s in %s', async (type, workflowId) => {
    await expect(codec.encode([payload('Robin')], contextOf(workflowId))).rejects.toMatchObject({ type });
  });

  test('of a failure never throws, so that a worker can report it, and tells nothing that may be personal', async () => {
    const failure: Payload = {
      metadata: { encoding: Buffer.from('json/plain'), 'failure-of': Buffer.from('Error') },
      data: Buffer.from(JSON.stringify({ message: 'Robin', stack_trace: 'at Robin' })),
    };
    const broken = createPayloadCodec({
      keys: { get: () => Promise.reject(new TypeError('not of the store')) },
      unreadable: 'throw',
    });
    const [told] = await broken.encode([failure], funnel);
    expect(textOf(told ?? {})).toContain('withheld');
    expect(textOf(told ?? {})).not.toContain('Robin');
    await expect(broken.encode([payload('Robin')], funnel)).rejects.toThrow('not of the store');
  });

  test('of a failure says in clear that an activity never ran, so that no call is taken for a lost one', async () => {
    const message = 'Failed to parse activity args for activity createEvaluation: Robin';
    const failure: Payload = {
      metadata: { encoding: Buffer.from('json/plain'), 'failure-of': Buffer.from('ApplicationFailure') },
      data: Buffer.from(JSON.stringify({ message, stack_trace: 'at Robin' })),
    };
    const [told] = await codec.encode([failure], contextOf('funnel-nobody'));
    expect(textOf(told ?? {})).toContain('"Failed to parse activity args for activity createEvaluation; ');
    expect(textOf(told ?? {})).not.toContain('Robin');
  });

  test('without a workflow is refused', async () => {
    await expect(codec.encode([payload('Robin')])).rejects.toMatchObject({ type: 'NoApplication' });
  });
});

describe('decoding', () => {
  test('of an activity’s arguments does not wait for a store that does not answer', async () => {
    const silent = { get: () => new Promise<KeyFound>(() => undefined) };
    const worker = createPayloadCodec({
      keys: silent,
      keysOfActivities: hastyKeys(silent),
      unreadable: 'throw',
    });
    const context = { ...funnel, type: 'activity', activityId: '1', isLocal: false } as const;
    const sealed = await codec.encode([payload('Robin')], funnel);
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const decoded = worker.decode(sealed, context).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(5000);
    expect(await decoded).toMatchObject({ type: 'KeyStoreUnavailable' });
    vi.useRealTimers();
    const answering = createPayloadCodec({
      keys: silent,
      keysOfActivities: hastyKeys(keys),
      unreadable: 'throw',
    });
    expect((await answering.decode(sealed, context)).map(textOf)).toEqual(['"Robin"']);
  });

  test('gives what is not encrypted as it is', async () => {
    expect(await codec.decode([payload('plain'), {}], funnel)).toEqual([payload('plain'), {}]);
  });

  test('without a workflow believes the label, which the key proves', async () => {
    const sealed = await codec.encode([payload('Robin')], funnel);
    expect((await codec.decode(sealed)).map(textOf)).toEqual(['"Robin"']);
    const forged = sealed.map((one) => ({
      ...one,
      metadata: { ...one.metadata, 'encryption-workflow-id': Buffer.from('funnel-app-2') },
    }));
    await expect(codec.decode(forged)).rejects.toMatchObject({ type: 'PayloadTampered' });
  });

  test.each([
    ['another candidate’s funnel', contextOf('funnel-app-2')],
    ['the same candidate’s images', contextOf('images-app-1~0a1b2c3d~document_verification~1')],
    ['another namespace', contextOf('funnel-app-1', 'other')],
  ])('in %s is refused', async (_, context) => {
    const sealed = await codec.encode([payload('Robin')], funnel);
    await expect(codec.decode(sealed, context)).rejects.toMatchObject({ type: 'PayloadMisplaced' });
  });

  test('on a client marks what cannot be read, and reads the rest', async () => {
    const [good] = await codec.encode([payload('Robin')], funnel);
    const bad = { ...good, data: Buffer.alloc(40) };
    const read = await client.decode([bad, good ?? {}, payload('plain')], funnel);
    expect(read.map(textOf)).toEqual(['{"unreadable":"PayloadTampered"}', '"Robin"', '"plain"']);
  });

  test('counts what cannot be read, without a value of it', async () => {
    const seen: unknown[] = [];
    const counting = createPayloadCodec({
      keys,
      unreadable: 'mark',
      onProblem: (...args) => seen.push(args),
    });
    const [sealed] = await codec.encode([payload('Robin')], funnel);
    await counting.decode([{ ...sealed, data: Buffer.alloc(40) }], funnel);
    expect(seen).toEqual([['PayloadTampered', 'funnel-app-1']]);
  });
});
