import type { PointExemplar, PointInstance } from "../../schemas/model/instance.ts";
import { formatBound } from "../shared/exposition.ts";

/** A label's name and value. */
export type Label = readonly [name: string, value: string];

/** Labels that all series of a point have, sorted by name, none empty: what comes before `__name__`, before `le`, and after it. */
export interface SharedLabels {
  readonly first: readonly Label[];
  readonly middle: readonly Label[];
  readonly last: readonly Label[];
}

/** A value at a moment. */
export interface Sample {
  readonly value: number;
  readonly timeMs: number;
  /** When the series began. */
  readonly startMs: number;
  /** The series ended: the value is a staleness marker. */
  readonly isStale: boolean;
}

/** What is known of the metric that series belong to. */
export interface Family {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly unit: string;
}

/** A series in the sense of Prometheus, with the samples of one request in order of time. */
export interface TimeSeries {
  readonly family: Family;
  /** `__name__`. */
  readonly name: string;
  readonly le: string | undefined;
  /** The same object for series with the same, which follow one another. */
  readonly labels: SharedLabels;
  readonly samples: readonly Sample[];
  readonly exemplars: readonly PointExemplar[];
}

/** One series of several that a point comes to: a histogram has one for each bucket, for the sum and for the count. */
interface Column {
  readonly suffix: string;
  readonly le?: string;
  /** One for each point. */
  readonly values: readonly number[];
  readonly exemplars: readonly PointExemplar[];
}

/** Takes points apart into series; those of one series are brought together, in their order. */
export function toTimeSeries(
  points: readonly PointInstance[],
  external: Readonly<Record<string, string>>,
): TimeSeries[] {
  return [...Map.groupBy(points, seriesOf).values()].flatMap((group) => {
    const family = familyOf(group[0]!);
    const labels = labelsOf(group[0]!, external);
    return columnsOf(group).map(({ suffix, le, values, exemplars }) => ({
      family,
      name: `${group[0]!.name}${suffix}`,
      le,
      labels,
      samples: group.map((point, i) => sampleOf(point, values[i]!)),
      exemplars,
    }));
  });
}

function seriesOf({ name, labels, data }: PointInstance): string {
  return JSON.stringify([name, data.kind, labels, data.kind === "histogram" ? data.bounds : 0]);
}

function familyOf({ name, help = "", unit = "", data }: PointInstance): Family {
  return { name: data.kind === "counter" ? `${name}_total` : name, type: data.kind, help, unit };
}

function sampleOf({ timeMs, startMs, ended = false }: PointInstance, value: number): Sample {
  return { value, timeMs, startMs, isStale: ended };
}

function labelsOf({ labels }: PointInstance, external: Readonly<Record<string, string>>): SharedLabels {
  const all = Object.entries({ ...external, ...labels })
    .filter(([, value]) => value !== "")
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const placeOf = (name: string) => all.findLastIndex(([other]) => other < name) + 1;
  const [ofName, ofBound] = [placeOf("__name__"), placeOf("le")];
  return { first: all.slice(0, ofName), middle: all.slice(ofName, ofBound), last: all.slice(ofBound) };
}

function columnsOf(group: readonly PointInstance[]): Column[] {
  const exemplars = group.flatMap((point) => point.exemplars ?? []);
  const first = group[0]!.data;
  if (first.kind !== "histogram") {
    const values = group.map(({ data }) => (data.kind === "histogram" ? Number.NaN : data.value));
    return [{ suffix: first.kind === "counter" ? "_total" : "", values, exemplars }];
  }
  const histograms = group.map(({ data }) => data).filter((data) => data.kind === "histogram");
  const added = histograms.map(({ buckets }) => addedUp(buckets));
  const buckets = [...first.bounds, Infinity].map((le, i) => ({
    suffix: "_bucket",
    le: formatBound(le),
    values: added.map((counts) => counts[i]!),
    exemplars: exemplars.filter(({ value }) => value <= le && !(value <= (first.bounds[i - 1] ?? -Infinity))),
  }));
  return [
    ...buckets,
    { suffix: "_sum", values: histograms.map(({ sum }) => sum), exemplars: [] },
    { suffix: "_count", values: histograms.map(({ count }) => count), exemplars: [] },
  ];
}

function addedUp(counts: readonly number[]): number[] {
  let sum = 0;
  return counts.map((count) => {
    sum += count;
    return sum;
  });
}
