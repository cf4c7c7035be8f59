import type { Sketch } from "../sketch.ts";
import type { MeasureName } from "./query.ts";
import type { Reported } from "./reporter.ts";

/** The value of an attribute, null where it is absent. */
export type Label = string | number | boolean | null;

/** Sums that a time series may need. */
export const sumNames = ["requests", "errors", "bytesIn", "bytesOut", "opened", "closed"] as const;
/** One of them. */
export type SumName = (typeof sumNames)[number];

const needs: { readonly [K in MeasureName]: readonly SumName[] } = {
  requests: ["requests"],
  errors: ["errors"],
  rate: ["requests"],
  errorRatio: ["requests", "errors"],
  bytesIn: ["bytesIn"],
  bytesOut: ["bytesOut"],
  connections: ["opened", "closed"],
  duration: [],
};

/** The sums that measures are made of; requests always, because groups are ranked by them. */
export function sumsFor(measures: readonly MeasureName[]): SumName[] {
  const wanted = new Set<SumName>(["requests", ...measures.flatMap((measure) => needs[measure])]);
  return sumNames.filter((name) => wanted.has(name));
}

/** What tells one cell from another. */
export interface TimeCellKey extends Reported {
  /** In the order of `by`. */
  readonly labels: readonly Label[];
}

/** Sums of one group by reporter, step after step: the smallest part of a time series that stores can add up. */
export class TimeCell {
  readonly key: TimeCellKey;
  readonly sums = new Map<SumName, Float64Array>();
  /** Packed sketches by step. */
  readonly sketches: (Uint8Array | undefined)[] = [];
  /** Of the step being read. */
  current: Sketch | undefined;

  constructor(key: TimeCellKey, names: readonly SumName[], steps: number) {
    this.key = key;
    for (const name of names) this.sums.set(name, new Float64Array(steps));
  }
}

/** The name under which cells are the same. */
export const timeCellName = ({ labels, reporter, service }: TimeCellKey): string =>
  JSON.stringify([labels, reporter, service]);
