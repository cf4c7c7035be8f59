import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createRegistry, fromBinary, fromJson, type JsonObject } from "@bufbuild/protobuf";
import * as wkt from "@bufbuild/protobuf/wkt";
import { describe, expect, it } from "vitest";
import { createAccessLogDecoder } from "../../collector/decode/access-log.ts";
import { StreamAccessLogsMessageSchema } from "../../schemas/gen/envoy/service/accesslog/v3/als_pb.js";
import type { ListenerTrust } from "../../schemas/model/access-log.ts";
import { expectedHttp, expectedNode, expectedTcp, type Plain, readAll } from "./decode-reference.ts";

const recordings = join(import.meta.dirname, "../../../shared/conformance/envoy");
const listener: ListenerTrust = { reporter: "outbound", trustForwardedClientCert: false };
const registry = createRegistry(wkt.StructSchema, wkt.StringValueSchema, wkt.BytesValueSchema, wkt.BoolValueSchema);

interface Recorded {
  readonly stream: number;
  readonly base64: string;
  readonly json: JsonObject | null;
  readonly note: string;
  readonly entries: number;
}

function recorded(file: string): Recorded[] {
  const lines = readFileSync(join(recordings, file), "utf8").trim().split("\n");
  return lines.map((line) => JSON.parse(line) as Recorded);
}

/** Counts what a decoder reports; a real proxy gives no cause for any. */
function createWitness() {
  const seen: string[] = [];
  const events = {
    entry: (fault: string) => seen.push(`entry ${fault}`),
    value: (fault: string) => seen.push(`value ${fault}`),
    identifierMissing: () => {},
    identifierMalformed: () => seen.push("identifier"),
  };
  return { seen, events };
}

describe.each(["als-http.jsonl", "als-tcp.jsonl", "als-http-batch.jsonl"])("recorded streams of %s", (file) => {
  const { seen, events } = createWitness();
  const decoder = createAccessLogDecoder(events);
  const streams = new Map<number, ReturnType<typeof decoder.open>>();

  it.each(recorded(file).map((message, i) => [i, message.note, message] as const))("%i: %s", (_i, _note, message) => {
    const stream = streams.get(message.stream) ?? decoder.open(listener);
    streams.set(message.stream, stream);
    const bytes = Buffer.from(message.base64, "base64");
    const batch = stream.read(bytes);
    const expected = expectedMessage(message.json, bytes);
    let count = 0;
    for (let entry = batch.next(); entry !== undefined; entry = batch.next()) {
      const wanted = expected.entries[count++]!;
      expect(readAll(entry, wanted)).toEqual(wanted);
    }
    expect(batch.more).toBe(false);
    expect(count).toBe(message.entries);
    expect(batch.malformed).toBe(0);
    if (expected.identifier !== undefined) expect(batch.origin.identifier).toEqual(expected.identifier);
    expect(seen).toEqual([]);
  });
});

/** By the official JSON; batches have none and are read by generated code. */
function expectedMessage(json: JsonObject | null, bytes: Uint8Array): { identifier: unknown; entries: Plain[] } {
  const schema = StreamAccessLogsMessageSchema;
  const { identifier, logEntries } = json === null ? fromBinary(schema, bytes) : fromJson(schema, json, { registry });
  const entries =
    logEntries.case === "httpLogs"
      ? logEntries.value.logEntry.map(expectedHttp)
      : (logEntries.value?.logEntry ?? []).map(expectedTcp);
  return {
    entries,
    identifier: identifier && { node: expectedNode(identifier.node), logName: identifier.logName },
  };
}
