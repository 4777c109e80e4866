import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CodecError, type DataKey, labelOf, open, seal } from '../../src/codec/index.ts';
import { property } from '../support/property.ts';

const newKey = (): DataKey => ({ keyId: randomBytes(8).toString('hex'), bytes: randomBytes(32) });
const key = newKey();
const place = { namespace: 'default', workflowId: 'funnel-app-1' };
const payload = {
  metadata: { encoding: Buffer.from('json/plain') },
  data: Buffer.from('{"givenName":"Robin"}'),
};

const label = (sealed: Parameters<typeof labelOf>[0]) => {
  const found = labelOf(sealed);
  if (!found) throw new Error('it is not encrypted');
  return found;
};

function problemOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof CodecError) return error.type;
    throw error;
  }
  return 'none';
}

const bytes = fc.uint8Array({ maxLength: 2000 });

property([fc.dictionary(fc.string(), bytes), bytes, fc.string(), fc.string()])(
  'what is sealed opens as it was, whatever it is',
  (metadata, data, namespace, workflowId) => {
    const { purpose: _purpose, ...rest } = metadata;
    const sealed = seal({ metadata: rest, data }, key, { namespace, workflowId });
    const opened = open(sealed, label(sealed), key);
    expect(Object.keys(opened.metadata ?? {})).toEqual(Object.keys(rest));
    for (const [name, value] of Object.entries(rest)) {
      expect(Buffer.from(opened.metadata?.[name] ?? []).equals(value)).toBe(true);
    }
    expect(Buffer.from(opened.data ?? []).equals(data)).toBe(true);
  },
);

describe('a sealed payload', () => {
  test('shows its key and its place, and nothing of its content', () => {
    const sealed = seal(payload, key, place);
    expect(labelOf(sealed)).toEqual({ keyId: key.keyId, ...place });
    const all = [...Object.values(sealed.metadata ?? {}), sealed.data ?? []].map((one) =>
      Buffer.from(one).toString(),
    );
    expect(all.join()).not.toContain('Robin');
  });

  test('is another one each time', () => {
    const [one, other] = [seal(payload, key, place), seal(payload, key, place)];
    expect(Buffer.from(one.data ?? []).equals(Buffer.from(other.data ?? []))).toBe(false);
  });

  test('does not open with any byte changed', () => {
    const sealed = seal(payload, key, place);
    const data = Buffer.from(sealed.data ?? []);
    for (let at = 0; at < data.byteLength; at += 1) {
      const changed = Buffer.from(data);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(problemOf(() => open({ ...sealed, data: changed }, label(sealed), key))).toBe('PayloadTampered');
    }
  });

  test('does not open when it was cut', () => {
    const sealed = seal(payload, key, place);
    const data = Buffer.from(sealed.data ?? []);
    for (let length = 0; length < data.byteLength; length += 1) {
      const cut = { ...sealed, data: data.subarray(0, length) };
      expect(problemOf(() => open(cut, label(sealed), key))).toBe('PayloadTampered');
    }
  });

  test.each([
    ['another workflow', { workflowId: 'funnel-app-2' }],
    ['another namespace', { namespace: 'other' }],
    ['another purpose', { purpose: 'status' }],
    ['another key id', { keyId: '0123456789abcdef' }],
  ])('does not open as one of %s', (_, change) => {
    const sealed = seal(payload, key, place);
    expect(problemOf(() => open(sealed, { ...label(sealed), ...change }, key))).toBe('PayloadTampered');
  });

  test('does not open with another key, also one that has its name', () => {
    const sealed = seal(payload, key, place);
    expect(problemOf(() => open(sealed, label(sealed), newKey()))).toBe('PayloadTampered');
    expect(problemOf(() => open(sealed, label(sealed), { ...newKey(), keyId: key.keyId }))).toBe(
      'PayloadTampered',
    );
  });

  test('of a form of a later release is named as such', () => {
    const metadata = { encoding: Buffer.from('binary/encrypted-2') };
    expect(problemOf(() => labelOf({ metadata }))).toBe('PayloadUnknown');
  });
});

test('what is not encrypted has no label', () => {
  expect(labelOf(payload)).toBeUndefined();
  expect(labelOf({})).toBeUndefined();
});
