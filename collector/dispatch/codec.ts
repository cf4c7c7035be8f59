import type { Instance, MetricsInstance, SpansInstance } from "../../schemas/model/instance.ts";
import type { Item } from "./item.ts";

/**
 * How an item stands in a log on disk: a JSON object `{"t":TIME_MS,"n":RECORDS,"i":INSTANCE}`, so that `mixdown spool dump` needs no
 * decoder and a newer hub reads what an older one wrote. Numbers that JSON does not have are text: "NaN", "Infinity", "-Infinity".
 * Relayed spans and metrics stand as they are behind such an object without their bytes: a byte 1, its length as 32 bits, the object, the bytes.
 */
export type Stored = Pick<Item, "instance" | "records" | "timeMs">;

/** The bytes of an item for the log. */
export function encodeItem({ instance, records, timeMs }: Stored): Buffer {
  if ("bytes" in instance) return encodeRelayed(instance, records, timeMs);
  return Buffer.from(`{"t":${timeMs},"n":${records},"i":${toJson(instance)}}`);
}

/** First byte of an item that is no JSON. */
const WITH_BYTES = 1;
const HEAD = 5;

function encodeRelayed({ bytes, ...rest }: SpansInstance | MetricsInstance, records: number, timeMs: number): Buffer {
  const json = Buffer.from(JSON.stringify({ t: timeMs, n: records, i: rest }));
  const head = Buffer.alloc(HEAD);
  head[0] = WITH_BYTES;
  head.writeUInt32BE(json.length, 1);
  return Buffer.concat([head, json, bytes]);
}

function decodeRelayed(payload: Buffer): Stored {
  const end = HEAD + payload.readUInt32BE(1);
  const { t: timeMs, n: records, i: rest } = JSON.parse(payload.toString("utf8", HEAD, end));
  // A copy: the log's buffers are used again.
  return { timeMs, records, instance: { ...rest, bytes: Uint8Array.from(payload.subarray(end)) } };
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
    if (payload[0] === WITH_BYTES) return checked(decodeRelayed(Buffer.from(payload)));
    const { t: timeMs, n: records, i: instance } = JSON.parse(textOf(payload));
    const stored = checked({ timeMs, records, instance });
    return stored && { ...stored, instance: withNumbers(instance) };
  } catch {
    return undefined;
  }
}

function checked(stored: Stored): Stored | undefined {
  const { timeMs, records, instance } = stored;
  const isSound = typeof timeMs === "number" && typeof records === "number" && typeof instance?.template === "string";
  return isSound ? stored : undefined;
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

/** Bytes as text, without copying them first. */
function textOf({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString();
}
