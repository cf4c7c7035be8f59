import { performance } from "node:perf_hooks";

/** One thing to measure: does some work and says how many units it was. */
export type Work = () => number;

/** Milliseconds, of which only differences count. */
type Clock = () => number;

/** Processor time of this thread, for small differences on a machine that others use, too; where Node cannot tell it (before 24), plain time. */
export function threadTime(): number {
  if (typeof process.threadCpuUsage !== "function") return performance.now();
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** Median units per second of each, measured in turns so that a change of the machine's speed meets all alike. */
export function sideBySide<Name extends string>(
  works: Readonly<Record<Name, Work>>,
  rounds = 9,
  sliceMs = 250,
  now: Clock = () => performance.now(),
): Record<Name, number> {
  const names = Object.keys(works) as Name[];
  const rates = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let round = -2; round < rounds; round++) {
    for (const name of names) {
      const rate = unitsPerSecond(works[name], sliceMs, now);
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

function unitsPerSecond(work: Work, sliceMs: number, now: Clock): number {
  const start = now();
  let units = 0;
  while (now() - start < sliceMs) units += work();
  return (units / (now() - start)) * 1000;
}
