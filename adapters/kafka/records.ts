import type { PlainValue } from "../../schemas/model/instance.ts";
import type { Host } from "../adapter.ts";
import type { KafkaConfig } from "./config.ts";
import { type Sendable, timeOf } from "./content.ts";
import { createFormat } from "./format.ts";
import type { OutgoingRecord } from "./partition-queue.ts";
import { headerFrameBytes, recordFrameBytes } from "./record-batch.ts";
import { createIds } from "./record-ids.ts";
import { allowTopics } from "./topic-names.ts";

/** What instances become. */
export interface Records {
  /** The record of an instance, or why there can be none. */
  toRecord(instance: Sendable, index: number): OutgoingRecord | { readonly refused: string };
  /** Where a record goes whose topic does not exist although a pattern allows it; undefined if its topic is one to wait for. */
  elsewhere(record: OutgoingRecord): OutgoingRecord | { readonly refused: string } | undefined;
}

/** Makes records as the settings say. */
export function createRecords(settings: KafkaConfig, host: Pick<Host, "instances" | "now">): Records {
  const { topic } = settings;
  const format = createFormat(settings, host);
  const allowed = allowTopics(settings.allowedTopics);
  const nextId = createIds();

  function topicOf(named: PlainValue | undefined): string | { readonly refused: string } {
    if (named !== undefined && allowed.allows(String(named))) return String(named);
    if (topic !== undefined) return topic;
    const what = named === undefined ? "topicExpression gives no topic" : `the topic ${shown(named)} is not allowed`;
    return { refused: `${what}; add it to allowedTopics, or set topic for such records` };
  }

  return {
    toRecord(instance, index) {
      const topic = topicOf(instance.computed?.topicExpression);
      if (typeof topic !== "string") return topic;
      const id = instance.id ?? nextId();
      const key = toText(instance.computed?.key);
      const { value, headers } = format(instance, id, key);
      const keyBytes = key === undefined ? null : Buffer.from(key);
      const bytes = recordFrameBytes + (keyBytes?.length ?? 0) + value.length + sizeOf(headers);
      const timestampMs = timestampOf(instance, host.now());
      return { index, id, topic, key: keyBytes, value, headers, timestampMs, bytes };
    },
    elsewhere(record) {
      if (record.topic === topic || allowed.isNamed(record.topic)) return undefined;
      if (topic !== undefined) return { ...record, topic };
      return {
        refused: `the topic ${record.topic} does not exist; topics that only a pattern allows are not waited for`,
      };
    },
  };
}

/** Milliseconds; a proxy's clock that runs ahead must not make a broker refuse what it sent. */
function timestampOf(instance: Sendable, nowMs: number): number {
  const time = timeOf(instance);
  if (time === undefined) return nowMs;
  return Math.max(0, Math.min(nowMs, Math.floor(time.seconds * 1000 + time.nanos / 1e6)));
}

function toText(value: PlainValue | undefined): string | undefined {
  return value === undefined || typeof value === "string" ? value : JSON.stringify(value);
}

function sizeOf(headers: Readonly<Record<string, string>>): number {
  let size = 0;
  for (const name in headers) size += headerFrameBytes + (name.length + headers[name]!.length) * 3;
  return size;
}

/** A name from traffic, for people. */
function shown(named: PlainValue): string {
  return JSON.stringify(String(named).slice(0, 100));
}
