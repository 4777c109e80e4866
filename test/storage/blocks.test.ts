import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { inBlocks } from '../../src/storage/blocks.ts';
import { property } from '../support/property.ts';

property([fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 12 }), fc.integer({ min: 1, max: 30 })])(
  'blocks are the bytes in order, full but for the last, which is marked and empty only for an empty body',
  async (pieces, size) => {
    const blocks: { bytes: Buffer; last: boolean }[] = [];
    for await (const { bytes, last } of inBlocks(listed(pieces), size)) {
      blocks.push({ bytes: Buffer.from(bytes), last });
    }
    const body = Buffer.concat(pieces);
    expect(Buffer.concat(blocks.map(({ bytes }) => bytes)).equals(body)).toBe(true);
    expect(blocks).toHaveLength(Math.max(1, Math.ceil(body.length / size)));
    expect(blocks.map(({ last }) => last)).toEqual(blocks.map((_, at) => at === blocks.length - 1));
    expect(blocks.slice(0, -1).every(({ bytes }) => bytes.length === size)).toBe(true);
  },
);

test('a block that is larger than the memory at first grows as the bytes come', async () => {
  const [whole, size] = [Buffer.alloc(700_001, 'abcdefg'), 300_000];
  for (const pieceSize of [999, 70_000, 64 * 1024, 700_001]) {
    const pieces = Array.from({ length: Math.ceil(whole.length / pieceSize) }, (_, nth) =>
      whole.subarray(nth * pieceSize, (nth + 1) * pieceSize),
    );
    const lengths: number[] = [];
    const bytes: Buffer[] = [];
    for await (const block of inBlocks(listed(pieces), size)) {
      lengths.push(block.bytes.byteLength);
      bytes.push(Buffer.from(block.bytes));
    }
    expect(lengths).toEqual([300_000, 300_000, 100_001]);
    expect(Buffer.concat(bytes).equals(whole)).toBe(true);
  }
});

async function* listed(pieces: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}
