/** A view of one block of memory, which is used again for the next. */
export interface Block {
  bytes: Uint8Array;
  last: boolean;
}

/**
 * The same bytes in blocks of `size`, the last one shorter or as long; one empty block if there are none. All are in the same
 * memory, so that small pieces are garbage at once, which is far cheaper to collect than what is kept for a while: use
 * each before the next is asked for.
 */
export async function* inBlocks(body: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Block> {
  const block = new Uint8Array(size);
  let used = 0;
  for await (const piece of body) {
    let rest = piece;
    // A full block waits for the next byte, since it may be the last one.
    while (rest.byteLength > 0) {
      if (used === size) {
        yield { bytes: block, last: false };
        used = 0;
      }
      const part = rest.subarray(0, size - used);
      block.set(part, used);
      used += part.byteLength;
      rest = rest.subarray(part.byteLength);
    }
  }
  yield { bytes: block.subarray(0, used), last: true };
}
