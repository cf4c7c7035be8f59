import { execFileSync } from "node:child_process";
import { requirePeer } from "../../support/peers.ts";

/** One record as a consumer sees it. */
export interface ReadRecord {
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: string | null;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Everything that a topic holds, by kcat, partition by partition in order. */
export function readTopic(broker: string, topic: string): ReadRecord[] {
  const lines = kcat(["-b", broker, "-C", "-t", topic, "-o", "beginning", "-e", "-q", "-J"]).toString();
  return lines
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => toRecord(JSON.parse(line)))
    .sort((a, b) => a.partition - b.partition || a.offset - b.offset);
}

/** The bytes of one record's value. */
export function readValue(broker: string, topic: string, offset: number): Buffer {
  return kcat(["-b", broker, "-C", "-t", topic, "-p", "0", "-o", `${offset}`, "-c", "1", "-q", "-f", "%s"]);
}

function kcat(args: readonly string[]): Buffer {
  return execFileSync(requirePeer("kcat"), args, { maxBuffer: 2 ** 30, stdio: ["ignore", "pipe", "pipe"] });
}

interface Envelope {
  readonly partition: number;
  readonly offset: number;
  readonly ts: number;
  readonly key: string | null;
  readonly payload: string;
  readonly headers?: readonly string[];
}

function toRecord({ partition, offset, ts, key, payload, headers = [] }: Envelope): ReadRecord {
  const named = headers.flatMap((name, i) => (i % 2 === 0 ? [[name, headers[i + 1] ?? ""] as const] : []));
  return { partition, offset, timestampMs: ts, key, value: payload, headers: Object.fromEntries(named) };
}
