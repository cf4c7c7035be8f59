/** Numbers that follow from a seed. */
export interface Random {
  /** From 0 up to, without, 1. */
  next(): number;
  /** A whole number up to, without, `end`. */
  below(end: number): number;
  pick<T>(choices: readonly T[]): T;
}

/** Mulberry32: enough for choosing faults. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (end: number) => Math.floor(next() * end);
  return { next, below, pick: (choices) => choices[below(choices.length)]! };
}
