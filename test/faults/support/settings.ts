const { FAULT_RUNS, FAULT_SEED } = process.env;

/** Crash runs; each is one kill and one restart. */
export const runs: number = Number(FAULT_RUNS ?? 100);
/** What all that is chosen at random follows from; the moments of kills follow it as closely as the machine allows. */
export const seed: number = Number(FAULT_SEED ?? Date.now() % 1_000_000);

if (!(Number.isInteger(runs) && runs > 0))
  throw new Error(`FAULT_RUNS is ${FAULT_RUNS}: it has to be a whole number above 0`);
if (!Number.isInteger(seed)) throw new Error(`FAULT_SEED is ${FAULT_SEED}: it has to be a whole number`);
