import type { PointData } from "../../../schemas/model/instance.ts";

/** What came to a series between two moments: sums are subtracted, a gauge is what it is now. */
export function differenceOf(now: PointData, before: PointData | undefined): PointData {
  if (before === undefined) return now;
  if (now.kind === "histogram" && before.kind === "histogram") {
    const buckets = now.buckets.map((count, i) => count - before.buckets[i]!);
    return { ...now, count: now.count - before.count, sum: now.sum - before.sum, buckets };
  }
  if (now.kind === "counter" && before.kind === "counter") return { kind: "counter", value: now.value - before.value };
  return now;
}

/** The same with whole counts, for protocols that know no others: a sampled record may count for 3.3. */
export function rounded(data: PointData): PointData {
  if (data.kind !== "histogram") return data;
  const buckets = data.buckets.map(Math.round);
  return { ...data, buckets, count: buckets.reduce((sum, each) => sum + each, 0) };
}

/** The same before anything came to it. */
export function zeroOf(data: PointData): PointData {
  if (data.kind !== "histogram") return { kind: data.kind, value: 0 };
  const { kind, bounds } = data;
  return { kind, count: 0, sum: 0, bounds, buckets: data.buckets.map(() => 0) };
}
