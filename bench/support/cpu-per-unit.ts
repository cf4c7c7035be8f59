import { median } from "./side-by-side.ts";

/** Microseconds of processor time of each unit of some works, measured in turns; helper threads (compiler, collector) count as well. */
export function cpuPerUnit<Name extends string>(
  works: Readonly<Record<Name, () => void>>,
  rounds = 9,
  sliceMs = 250,
): Record<Name, number> {
  const names = Object.keys(works) as Name[];
  const costs = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let round = -2; round < rounds; round++)
    for (const name of names) {
      const cost = measure(works[name], sliceMs * 1000);
      if (round >= 0) costs.get(name)?.push(cost);
    }
  return Object.fromEntries(names.map((name) => [name, median(costs.get(name) ?? [])])) as Record<Name, number>;
}

/** So many at once that asking for the time costs next to nothing. */
const atOnce = 100;

function measure(work: () => void, sliceMicroseconds: number): number {
  const start = used();
  let units = 0;
  while (used() - start < sliceMicroseconds) {
    for (let i = 0; i < atOnce; i++) work();
    units += atOnce;
  }
  return (used() - start) / units;
}

function used(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
