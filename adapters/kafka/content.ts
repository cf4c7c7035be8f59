import type { InstanceOf, Timestamp } from "../../schemas/model/instance.ts";

/** What the adapter sends. */
export type Sendable = InstanceOf<"logentry" | "edge" | "tracespan" | "metric">;

/** What an instance becomes: the value of a record and what stands in its headers. */
export interface Content {
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** Makes the content of a record. `key` is the record's, if it has one. */
export type Format = (instance: Sendable, id: string, key: string | undefined) => Content;

/** The header that names a record, by which consumers drop repetitions; CloudEvents have an attribute for it. */
export const idHeader = "mixdown-id";

/** When what an instance tells of happened; undefined for metrics, which have no time. */
export function timeOf(instance: Sendable): Timestamp | undefined {
  if (instance.template === "metric") return undefined;
  return instance.template === "tracespan" ? instance.startTime : instance.time;
}
