/** Memory for ZIPs that are in flight, bounded over all of them. */
export interface Budget {
  /**
   * Waits, in turn, until there is room for `bytes`. Rejects with the signal's reason when that is aborted first, and
   * with a RangeError for more than the budget.
   */
  lease(bytes: number, signal: AbortSignal): Promise<Lease>;
}

export interface Lease {
  memory: Uint8Array;
  /** Gives the memory back: its first `used` bytes are wiped, all of them by default, and it is leased again. */
  release(used?: number): void;
}

interface Waiting {
  bytes: number;
  grant: (lease: Lease) => void;
}

export function createBudget(total: number): Budget {
  const queue: Waiting[] = [];
  /** Blocks that are free; used again, since the garbage collector frees a large one late. */
  let spare: Uint8Array<ArrayBuffer>[] = [];
  let [leased, kept] = [0, 0];

  function serve(): void {
    for (let next = queue[0]; next && leased + next.bytes <= total; next = queue[0]) {
      queue.shift();
      next.grant(take(next.bytes));
    }
  }

  function take(bytes: number): Lease {
    // A block that is much larger would keep others waiting.
    const most = Math.max(2 * bytes, 1024 ** 2);
    const fitting = spare.filter(({ byteLength }) => byteLength >= bytes && byteLength <= most);
    const block = fitting.toSorted((one, other) => one.byteLength - other.byteLength)[0] ?? newBlock(bytes);
    if (spare.includes(block)) {
      spare = spare.filter((other) => other !== block);
      kept -= block.byteLength;
    }
    leased += block.byteLength;
    let released = false;
    return {
      memory: block.subarray(0, bytes),
      release: (used = bytes) => {
        if (released) return;
        released = true;
        block.fill(0, 0, used);
        leased -= block.byteLength;
        spare.push(block);
        kept += block.byteLength;
        serve();
      },
    };
  }

  /** Free blocks give way, so that all blocks together stay within the budget. */
  function newBlock(bytes: number): Uint8Array<ArrayBuffer> {
    while (spare.length > 0 && leased + kept + bytes > total) kept -= spare.shift()?.byteLength ?? 0;
    return new Uint8Array(bytes);
  }

  return {
    lease: (bytes, signal) =>
      new Promise((resolve, reject) => {
        if (bytes > total) {
          reject(new RangeError(`a ZIP of ${bytes} bytes does not fit into the budget of ${total}`));
          return;
        }
        const waiting: Waiting = {
          bytes,
          grant: (lease) => {
            signal.removeEventListener('abort', give);
            resolve(lease);
          },
        };
        const give = () => {
          const at = queue.indexOf(waiting);
          if (at >= 0) queue.splice(at, 1);
          reject(signal.reason instanceof Error ? signal.reason : new Error('cancelled'));
          serve();
        };
        if (signal.aborted) return give();
        signal.addEventListener('abort', give, { once: true });
        queue.push(waiting);
        serve();
      }),
  };
}
