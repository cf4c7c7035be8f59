import { performance } from "node:perf_hooks";

/** One thing to measure: does some work and says how many units it was. */
export type Work = () => number;

/** Median units per second of each, measured in turns so that a change of the machine's speed meets all alike. */
export function sideBySide<Name extends string>(
  works: Readonly<Record<Name, Work>>,
  rounds = 9,
  sliceMs = 250,
): Record<Name, number> {
  const names = Object.keys(works) as Name[];
  const rates = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let round = -2; round < rounds; round++) {
    for (const name of names) {
      const rate = unitsPerSecond(works[name], sliceMs);
      if (round >= 0) rates.get(name)?.push(rate);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(rates.get(name) ?? [])])) as Record<Name, number>;
}

/** The middle of some numbers. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function unitsPerSecond(work: Work, sliceMs: number): number {
  const start = performance.now();
  let units = 0;
  while (performance.now() - start < sliceMs) units += work();
  return (units / (performance.now() - start)) * 1000;
}
