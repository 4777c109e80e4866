import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { Decrypter, generateHybridIdentity, identityToRecipient } from 'age-encryption';
import { describe, expect, test } from 'vitest';
import { createFileEncrypter } from '../../src/archive/encrypt.ts';
import { createArchiveKey } from '../../src/archive/index.ts';
import { property } from '../support/property.ts';

const chunk = 64 * 1024;
const key = await createArchiveKey();
const encrypt = createFileEncrypter([key.recipient]);

describe('what is encrypted here', () => {
  test.each([0, 1, chunk - 1, chunk, chunk + 1, 2 * chunk, 2 * chunk + 1, 257 * chunk + 7])(
    'is opened by the age library: %s bytes',
    async (size) => {
      const content = randomBytes(size);
      const encrypted = await whole(encrypt(inPieces(content, chunk)));
      expect(content.equals(await opened(encrypted, key.identity))).toBe(true);
    },
  );

  property([fc.array(fc.oneof(fc.nat(3), fc.nat(2 * chunk), fc.constant(chunk)), { maxLength: 4 })], {
    numRuns: 20,
  })('is the same whatever the pieces are that it comes in', async (sizes) => {
    const pieces = sizes.map((size) => randomBytes(size));
    const encrypted = await whole(encrypt(listed(pieces)));
    expect(Buffer.concat(pieces).equals(await opened(encrypted, key.identity))).toBe(true);
  });

  test('opens with each key, one after quantum computers among them', async () => {
    const hybrid = await generateHybridIdentity();
    const content = randomBytes(chunk + 1);
    const both = createFileEncrypter([key.recipient, await identityToRecipient(hybrid)]);
    const encrypted = await whole(both(listed([content])));
    for (const identity of [key.identity, hybrid]) {
      expect(content.equals(await opened(encrypted, identity))).toBe(true);
    }
  });

  test('has a key and a nonce of its own in each file, so that equal files differ everywhere', async () => {
    const content = randomBytes(100);
    const [one, other] = await Promise.all([content, content].map((same) => whole(encrypt(listed([same])))));
    const payload = (file: Uint8Array | undefined) => Buffer.from(file ?? []).subarray(-116);
    expect(payload(one)).toHaveLength(116);
    expect(payload(one).subarray(0, 16).equals(payload(other).subarray(0, 16))).toBe(false);
    expect(payload(one).subarray(16, 32).equals(payload(other).subarray(16, 32))).toBe(false);
  });

  test('names its recipients, and nobody else', async () => {
    const encrypted = Buffer.from(await whole(encrypt(listed([])))).toString('latin1');
    expect(encrypted.split('\n').filter((line) => line.startsWith('-> '))).toEqual([
      expect.stringMatching(/^-> X25519 \S+$/),
    ]);
  });

  test.each([
    ['cut at the end of a chunk', (bytes: Buffer, head: number) => bytes.subarray(0, head + chunk + 16)],
    [
      'with two chunks exchanged',
      (bytes: Buffer, head: number) => {
        const [at, of, to] = [head, head + chunk + 16, head + 2 * (chunk + 16)];
        return Buffer.concat([
          bytes.subarray(0, at),
          bytes.subarray(of, to),
          bytes.subarray(at, of),
          bytes.subarray(to),
        ]);
      },
    ],
  ])('does not open %s', async (_, change) => {
    const content = randomBytes(3 * chunk);
    const encrypted = Buffer.from(await whole(encrypt(listed([content]))));
    const head = encrypted.length - 3 * (chunk + 16);
    await expect(opened(change(encrypted, head), key.identity)).rejects.toThrow(/invalid tag/);
  });
});

test('an error of the content is the one that comes out', async () => {
  const broken = async function* () {
    yield randomBytes(chunk + 1);
    throw new TypeError('the ZIP is damaged');
  };
  await expect(whole(encrypt(broken()))).rejects.toThrow(new TypeError('the ZIP is damaged'));
});

test('content that is wanted no longer is closed', async () => {
  let closed = false;
  const endless = async function* () {
    try {
      for (;;) yield randomBytes(chunk);
    } finally {
      closed = true;
    }
  };
  for await (const piece of encrypt(endless())) if (piece.length === chunk) break;
  expect(closed).toBe(true);
});

async function* listed(pieces: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

async function* inPieces(content: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.byteLength; at += size) yield content.subarray(at, at + size);
}

async function whole(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}

async function opened(encrypted: Uint8Array, identity: string): Promise<Uint8Array> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  return decrypter.decrypt(encrypted);
}
