import type { Sample } from "../../support/exposition.ts";

/** Label values that samples must have; an absent label counts as empty text, as in PromQL. */
export type Matcher = Readonly<Record<string, string | RegExp>>;

/** The samples of one name whose labels match. */
export function select(samples: readonly Sample[], name: string, matcher: Matcher = {}): Sample[] {
  const wanted = Object.entries(matcher);
  return samples.filter(
    (sample) => sample.name === name && wanted.every(([label, want]) => fits(sample.labels[label] ?? "", want)),
  );
}

function fits(value: string, want: string | RegExp): boolean {
  return typeof want === "string" ? value === want : want.test(value);
}

/** The sum of the samples of one name whose labels match; 0 if there are none. */
export function sum(samples: readonly Sample[], name: string, matcher: Matcher = {}): number {
  return select(samples, name, matcher).reduce((total, { value }) => total + value, 0);
}
