/** Numbers that depend on the seed and on nothing else. */
export interface Random {
  /** In [0, 1). */
  next(): number;
  /** A whole number from `low` up to and including `high`. */
  between(low: number, high: number): number;
  chance(probability: number): boolean;
  /** One of them. Throws for an empty list. */
  pick<Item>(items: readonly Item[]): Item;
  shuffled<Item>(items: readonly Item[]): Item[];
}

/** The generator mulberry32; `words` give each purpose numbers of its own, so that one does not shift the other's. */
export function randomOf(seed: number, ...words: string[]): Random {
  let state = Buffer.from(words.join(' ')).reduce(
    (hash, byte) => Math.imul(hash ^ byte, 0x01000193),
    seed ^ 0x811c9dc5,
  );
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (low: number, high: number) => low + Math.floor(next() * (high - low + 1));
  const pick = <Item>(items: readonly Item[]): Item => {
    const [item] = items.slice(between(0, items.length - 1));
    if (item === undefined) throw new Error('there is nothing to pick from');
    return item;
  };
  return {
    next,
    between,
    chance: (probability) => next() < probability,
    pick,
    shuffled: (items) => {
      const order = items.map((item) => ({ item, at: next() }));
      return order.toSorted((one, other) => one.at - other.at).map(({ item }) => item);
    },
  };
}
