import type { Instance } from "../../schemas/model/instance.ts";
import type { Item } from "./item.ts";

/**
 * How an item stands in a log on disk: a JSON object `{"t":TIME_MS,"n":RECORDS,"i":INSTANCE}`, so that `mixdown spool dump` needs no
 * decoder and a newer hub reads what an older one wrote. Numbers that JSON does not have are text: "NaN", "Infinity", "-Infinity".
 */
export type Stored = Pick<Item, "instance" | "records" | "timeMs">;

/** The bytes of an item for the log. */
export function encodeItem({ instance, records, timeMs }: Stored): Buffer {
  return Buffer.from(`{"t":${timeMs},"n":${records},"i":${toJson(instance)}}`);
}

/** An instance as JSON. */
export function toJson(instance: Instance): string {
  return JSON.stringify(instance, isPlain(instance) ? undefined : oddNumbers);
}

/** Most instances hold nothing that JSON lacks, and a replacer costs three times as much. */
function isPlain(instance: Instance): boolean {
  if (instance.template === "metric") return Number.isFinite(instance.value) && Number.isFinite(instance.weight);
  if (instance.template !== "point") return true;
  const { data } = instance;
  return data.kind === "histogram" ? Number.isFinite(data.sum) : Number.isFinite(data.value);
}

function oddNumbers(_key: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}

/** The item of these bytes; undefined if they hold none, as after damage that a checksum does not see or from another program. */
export function decodeItem(payload: Uint8Array): Stored | undefined {
  try {
    const { t: timeMs, n: records, i: instance } = JSON.parse(Buffer.from(payload).toString());
    if (typeof timeMs !== "number" || typeof records !== "number" || typeof instance?.template !== "string")
      return undefined;
    return { timeMs, records, instance: withNumbers(instance) };
  } catch {
    return undefined;
  }
}

function withNumbers(instance: Instance): Instance {
  if (instance.template === "metric") {
    const { value, weight } = instance;
    return typeof value === "number" && typeof weight === "number"
      ? instance
      : { ...instance, value: Number(value), weight: Number(weight) };
  }
  if (instance.template !== "point") return instance;
  const { data } = instance;
  if (data.kind === "histogram")
    return typeof data.sum === "number" ? instance : { ...instance, data: { ...data, sum: Number(data.sum) } };
  return typeof data.value === "number" ? instance : { ...instance, data: { ...data, value: Number(data.value) } };
}
