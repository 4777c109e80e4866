/** Virtual time: what is to happen, in order; nobody waits for anything. */
export interface Agenda {
  /** Milliseconds since 1970. */
  now(): number;
  /** Happens `delay` milliseconds from now, after everything that was to happen at the same time before. */
  after(delay: number, happen: () => void): Entry;
  at(time: number, happen: () => void): Entry;
  /** Lets the next thing happen; false where nothing is left. */
  step(): boolean;
}

export interface Entry {
  time: number;
  order: number;
  happen: (() => void) | null;
}

/** Forgets what was to happen. */
export function drop(entry: Entry | undefined): void {
  if (entry) entry.happen = null;
}

export function createAgenda(start: number): Agenda {
  let now = start;
  let order = 0;
  const heap: Entry[] = [];
  const at = (time: number, happen: () => void): Entry => {
    const entry = { time: Math.max(now, Math.ceil(time)), order: order++, happen };
    push(heap, entry);
    return entry;
  };
  return {
    now: () => now,
    at,
    after: (delay, happen) => at(now + Math.max(0, delay), happen),
    step() {
      for (let next = pop(heap); next; next = pop(heap)) {
        if (!next.happen) continue;
        now = next.time;
        next.happen();
        return true;
      }
      return false;
    },
  };
}

function isBefore(one: Entry, other: Entry): boolean {
  return one.time < other.time || (one.time === other.time && one.order < other.order);
}

function push(heap: Entry[], entry: Entry): void {
  let at = heap.length;
  heap.push(entry);
  while (at > 0) {
    const above = (at - 1) >> 1;
    const parent = heap[above];
    if (!parent || !isBefore(entry, parent)) break;
    heap[at] = parent;
    at = above;
  }
  heap[at] = entry;
}

function pop(heap: Entry[]): Entry | undefined {
  const [first] = heap;
  const last = heap.pop();
  if (!first || !last || first === last) return first;
  let at = 0;
  for (;;) {
    const left = heap[2 * at + 1];
    const right = heap[2 * at + 2];
    const child = right && left && isBefore(right, left) ? 2 * at + 2 : 2 * at + 1;
    const smallest = heap[child];
    if (!smallest || !isBefore(smallest, last)) break;
    heap[at] = smallest;
    at = child;
  }
  heap[at] = last;
  return first;
}
