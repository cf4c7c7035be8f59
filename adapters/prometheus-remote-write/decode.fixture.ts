import { fromBinary } from "@bufbuild/protobuf";
import { MetricType, WriteRequestSchema } from "../../schemas/gen/prometheus/write_v1_pb.js";
import { RequestSchema } from "../../schemas/gen/prometheus/write_v2_pb.js";

/** A series as a receiver sees it: samples as value, time and, where the version has it, the time of the beginning. */
export interface ReadSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly samples: readonly (readonly (number | "stale")[])[];
  readonly exemplars: readonly {
    readonly labels: Readonly<Record<string, string>>;
    readonly value: unknown;
    readonly timeMs: number;
  }[];
  /** Type, help and unit, in version 2.0 only. */
  readonly metadata?: readonly [string, string, string];
}

/** A request of version 1.0 as a receiver sees it. */
export function readV1(body: Uint8Array) {
  const { timeseries, metadata } = fromBinary(WriteRequestSchema, body);
  const pairs = (labels: readonly { name: string; value: string }[]) =>
    checked(labels.map(({ name, value }) => [name, value]));
  return {
    series: timeseries.map(
      ({ labels, samples, exemplars }): ReadSeries => ({
        labels: pairs(labels),
        samples: samples.map(({ value, timestamp }) => [doubleOf(value), Number(timestamp)]),
        exemplars: exemplars.map((each) => ({
          labels: pairs(each.labels),
          value: doubleOf(each.value),
          timeMs: Number(each.timestamp),
        })),
      }),
    ),
    metadata: metadata.map(({ metricFamilyName, type, help, unit }) => [
      metricFamilyName,
      MetricType[type],
      help,
      unit,
    ]),
  };
}

/** A request of version 2.0 as a receiver sees it. */
export function readV2(body: Uint8Array): ReadSeries[] {
  const { symbols, timeseries } = fromBinary(RequestSchema, body);
  if (symbols[0] !== "" || new Set(symbols).size !== symbols.length)
    throw new Error("symbols must begin with an empty one, and hold none twice");
  const pairs = (refs: readonly number[]) =>
    checked(Array.from({ length: refs.length / 2 }, (_, i) => [symbols[refs[2 * i]!]!, symbols[refs[2 * i + 1]!]!]));
  return timeseries.map(({ labelsRefs, samples, exemplars, metadata }) => ({
    labels: pairs(labelsRefs),
    samples: samples.map(({ value, timestamp, startTimestamp }) => [
      doubleOf(value),
      Number(timestamp),
      Number(startTimestamp),
    ]),
    exemplars: exemplars.map((each) => ({
      labels: pairs(each.labelsRefs),
      value: doubleOf(each.value),
      timeMs: Number(each.timestamp),
    })),
    metadata: [MetricType[metadata!.type]!, symbols[metadata!.helpRef]!, symbols[metadata!.unitRef]!],
  }));
}

/** Labels as an object; receivers refuse what is not sorted, empty or there twice. */
function checked(pairs: readonly (readonly [string, string])[]): Record<string, string> {
  const names = pairs.map(([name]) => name);
  if (JSON.stringify(names) !== JSON.stringify([...new Set(names)].sort()))
    throw new Error(`not in order: ${names.join()}`);
  if (pairs.some(([, value]) => value === "")) throw new Error("an empty label");
  return Object.fromEntries(pairs);
}

function doubleOf(bits: bigint): number | "stale" {
  return bits === 0x7ff0_0000_0000_0002n ? "stale" : new Float64Array(new BigUint64Array([bits]).buffer)[0]!;
}
