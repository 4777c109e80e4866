/** A view of one block of memory, which is used again for the next. */
export interface Block {
  bytes: Uint8Array;
  last: boolean;
}

/** Bytes. Most files fit; only a longer one takes the memory of a whole block. */
const firstMemory = 64 * 1024;

/**
 * The same bytes in blocks of `size`, the last one shorter or as long; one empty block if there are none. All are in the same
 * memory, so that small pieces are garbage at once, which is far cheaper to collect than what is kept for a while: use
 * each before the next is asked for.
 */
export async function* inBlocks(body: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Block> {
  let memory = new Uint8Array(Math.min(size, firstMemory));
  let used = 0;
  for await (const piece of body) {
    let rest = piece;
    // A full block waits for the next byte, since it may be the last one.
    while (rest.byteLength > 0) {
      if (used === size) {
        yield { bytes: memory, last: false };
        used = 0;
      } else if (used === memory.byteLength) {
        memory = grown(memory, Math.min(size, 4 * memory.byteLength));
      }
      const part = rest.subarray(0, memory.byteLength - used);
      memory.set(part, used);
      used += part.byteLength;
      rest = rest.subarray(part.byteLength);
    }
  }
  yield { bytes: memory.subarray(0, used), last: true };
}

function grown(memory: Uint8Array, byteLength: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(byteLength);
  larger.set(memory);
  return larger;
}
