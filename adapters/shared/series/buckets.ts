import type { Buckets } from "./config.ts";

/** Bounds for durations in seconds: the defaults of Prometheus' client libraries. */
const secondBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Bounds for milliseconds, bytes and everything else: the defaults of Envoy, which Istio uses too. */
const envoyBounds = [
  0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000,
  3_600_000,
];

/** The upper bounds that settings ask for, ascending, without `+Inf`; without settings, what suits the unit. */
export function toBounds(buckets: Buckets | undefined, unit: string | undefined): readonly number[] {
  if (buckets === undefined) return unit === "seconds" ? secondBounds : envoyBounds;
  if ("linear" in buckets) {
    const { start, width, count } = buckets.linear;
    return Array.from({ length: count }, (_, i) => tidy(start + i * width));
  }
  if ("exponential" in buckets) {
    const { start, factor, count } = buckets.exponential;
    return Array.from({ length: count }, (_, i) => tidy(start * factor ** i));
  }
  return buckets;
}

/** Cuts the noise of binary fractions off computed bounds, so that 0.1 + 2 * 0.1 reads 0.3. */
function tidy(bound: number): number {
  return Number(bound.toPrecision(12));
}

/** What is wrong with bucket settings, with its place below them; undefined if nothing is. */
export function bucketFault(
  buckets: Buckets,
): { readonly path: readonly (string | number)[]; readonly message: string } | undefined {
  if ("exponential" in buckets && buckets.exponential.start <= 0) {
    return { path: ["exponential", "start"], message: "must be above 0: powers of a factor never leave 0" };
  }
  const bounds = toBounds(buckets, undefined);
  const wrong = bounds.findIndex((bound, i) => !Number.isFinite(bound) || (i > 0 && bound <= bounds[i - 1]!));
  if (wrong < 0) return undefined;
  const path = Array.isArray(buckets) ? [wrong] : [];
  if (!Number.isFinite(bounds[wrong]))
    return { path, message: "has a bound beyond what a number can hold: lower factor or count" };
  return { path, message: `must ascend: ${bounds[wrong]} follows ${bounds[wrong - 1]}` };
}
