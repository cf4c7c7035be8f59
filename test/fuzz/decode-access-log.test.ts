import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AccessLogStream, createAccessLogDecoder, DecodeError } from "../../collector/decode/access-log.ts";
import { HTTPAccessLogEntrySchema } from "../../schemas/gen/envoy/data/accesslog/v3/accesslog_pb.js";
import { StreamAccessLogsMessageSchema } from "../../schemas/gen/envoy/service/accesslog/v3/als_pb.js";
import type { AccessLogEntry } from "../../schemas/model/access-log.ts";
import { expectedHttp, type Plain, readAll } from "../property/decode-reference.ts";

const recordings = join(import.meta.dirname, "../../../shared/conformance/envoy");
const recorded = ["als-http.jsonl", "als-tcp.jsonl"].flatMap((file) =>
  readFileSync(join(recordings, file), "utf8")
    .trim()
    .split("\n")
    .map((line) => Buffer.from((JSON.parse(line) as { base64: string }).base64, "base64")),
);
const small = recorded.filter(({ length }) => length < 4000);
const sound = small.flatMap((bytes) => {
  const { logEntries } = fromBinary(StreamAccessLogsMessageSchema, bytes);
  return logEntries.case === "httpLogs" ? logEntries.value.logEntry : [];
});

const keys = { metadata: { "lab.meta": 0, "": 0 }, state: { "lab.state": 0, upstream_peer: 0 } };
const ignore = { entry() {}, value() {}, identifierMissing() {}, identifierMalformed() {} };
const decoder = createAccessLogDecoder(ignore, 16);

/** Reads a message to its end, every property of every entry; nothing but a DecodeError may come of it. */
function readWhole(stream: AccessLogStream, bytes: Uint8Array): { entries: Plain[]; malformed: number } | undefined {
  const entries: Plain[] = [];
  let malformed = 0;
  try {
    const batch = stream.read(bytes);
    for (;;) {
      for (let entry = batch.next(); entry !== undefined; entry = batch.next()) entries.push(readAll(entry, keys));
      malformed += batch.malformed;
      expect(entries.length + malformed).toBeLessThanOrEqual(bytes.length);
      if (!batch.more) return { entries, malformed };
      batch.resume();
    }
  } catch (error) {
    expect(error).toBeInstanceOf(DecodeError);
    return undefined;
  }
}

const open = () => decoder.open({ reporter: "outbound", trustForwardedClientCert: false });

/** A length-delimited field. */
function field(number: number, ...parts: Uint8Array[]): Buffer {
  const bytes = Buffer.concat(parts);
  return Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return Buffer.from([...bytes, value]);
}

/** Bytes with some of them changed, cut off, put in or taken out. */
function damaged(source: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Buffer> {
  const change = fc.record({
    at: fc.nat(100_000),
    how: fc.constantFrom("flip", "set", "cut", "insert", "remove"),
    byte: fc.oneof(fc.nat(255), fc.constantFrom(0, 0x7f, 0x80, 0xff)),
  });
  return fc.tuple(source, fc.array(change, { minLength: 1, maxLength: 6 })).map(([bytes, changes]) => {
    let result = Buffer.from(bytes);
    for (const { at, how, byte } of changes) {
      const place = result.length === 0 ? 0 : at % result.length;
      if (how === "cut") result = result.subarray(0, place);
      else if (how === "insert") result = splice(result, place, 0, byte);
      else if (how === "remove") result = splice(result, place, 1);
      else if (result.length > 0) result[place] = how === "flip" ? result[place]! ^ (1 << (byte & 7)) : byte;
    }
    return Buffer.from(result);
  });
}

function splice(bytes: Buffer, place: number, remove: number, ...insert: number[]): Buffer<ArrayBuffer> {
  return Buffer.concat([bytes.subarray(0, place), Buffer.from(insert), bytes.subarray(place + remove)]);
}

describe("access log messages that are no such thing", () => {
  it("are refused or read in part, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void readWhole(open(), bytes)),
      { numRuns: 3000 },
    );
  });

  it("are refused or read in part when a real message is damaged", () => {
    fc.assert(
      fc.property(damaged(fc.constantFrom(...small)), (bytes) => void readWhole(open(), bytes)),
      { numRuns: 2000 },
    );
  });

  it("are refused or read in part at every length", () => {
    for (const bytes of small.slice(0, 6)) {
      for (let length = 0; length <= bytes.length; length++) readWhole(open(), bytes.subarray(0, length));
    }
  });

  it.each([
    ["a length prefix of 100 MB", Buffer.concat([varint(0x12), varint(100_000_000), Buffer.alloc(10)])],
    ["a length prefix of 4 GiB", Buffer.from([0x12, 0xff, 0xff, 0xff, 0xff, 0x0f, 1])],
    ["a length prefix beyond 32 bits", Buffer.from([0x12, 0x81, 0x80, 0x80, 0x80, 0x80, 0x01, 1])],
    ["a varint of eleven bytes", Buffer.from([0x20, ...new Array<number>(10).fill(0x80), 0])],
    ["field number 0", Buffer.from([0x02, 0])],
    ["a field number beyond 29 bits", Buffer.from([0xfa, 0xff, 0xff, 0xff, 0x1f, 0])],
    ["a group", Buffer.from([0x23, 0x24])],
    ["wire type 7", Buffer.from([0x27])],
    ["a list as a varint", Buffer.from([0x10, 1])],
    ["half a field", Buffer.from([0x12, 5, 0x0a, 1])],
  ])("are refused for %s", (_what, bytes) => {
    expect(() => open().read(bytes)).toThrow(DecodeError);
  });
});

describe("entries beside malformed ones", () => {
  const whole = sound[0]!;
  const entry = Buffer.from(toBinary(HTTPAccessLogEntrySchema, whole));
  const common = (...parts: Uint8Array[]) => field(1, ...parts);

  it.each([
    ["is cut off", entry.subarray(0, entry.length - 3)],
    ["has a field that goes beyond it", common(Buffer.from([0x7a, 50, 1]))],
    ["has a number where text should be", common(Buffer.from([0x78, 1]))],
    ["has text where a number should be", common(field(24, Buffer.from("x")))],
    ["has a number where a message should be", Buffer.from([0x08, 1])],
    ["has a start time of text", common(field(5, field(1, Buffer.from("x"))))],
    ["has an address that is cut off", common(field(2, Buffer.from([0x0a, 9, 0x12])))],
    ["has TLS with a number as server name", common(field(4, Buffer.from([0x18, 1])))],
    ["has flags of text", common(field(16, field(1, Buffer.from("x"))))],
    ["has a header without an end", field(3, field(13, Buffer.from([0x0a, 9, 0x61])))],
    ["has a response code of text", field(4, field(1, field(1, Buffer.from("x"))))],
    ["has a varint of eleven bytes", Buffer.concat([Buffer.from([0x10]), Buffer.alloc(10, 0x80), Buffer.alloc(1)])],
    ["has a group", Buffer.from([0x53, 0x54])],
    ["has field number 0", Buffer.from([0x00, 0x00])],
  ])("are read when one %s", (_what, broken) => {
    const message = field(
      2,
      field(1, entry),
      field(1, broken),
      field(1, entry),
      Buffer.from([0x08, 1]),
      field(1, entry),
    );
    const read = readWhole(open(), message);
    expect(read?.malformed).toBe(2);
    expect(read?.entries).toHaveLength(3);
  });

  it("are read up to where a list stops making sense, and in the next list", () => {
    const message = Buffer.concat([
      field(2, field(1, entry), Buffer.from([0x0a, 0x7f, 1])),
      field(3, field(1, entry.subarray(0, 0))),
      field(2, field(1, entry), Buffer.from([0x0b])),
    ]);
    const read = readWhole(open(), message);
    expect(read?.entries.map(({ kind }) => kind)).toEqual(["http", "tcp", "http"]);
    expect(read?.malformed).toBe(2);
  });

  it("are read as ever when the bytes of one are damaged", () => {
    const bytes = sound.map((message) => Buffer.from(toBinary(HTTPAccessLogEntrySchema, message)));
    const pick = fc.nat(sound.length - 1);
    fc.assert(
      fc.property(pick, pick, damaged(fc.constantFrom(...bytes)), (before, after, broken) => {
        const message = field(2, field(1, bytes[before]!), field(1, broken), field(1, bytes[after]!));
        const batch = open().read(message);
        expectSame(batch.next(), expectedHttp(sound[before]!));
        let last: AccessLogEntry | undefined = batch.next();
        if (batch.malformed === 0) last = batch.next();
        expectSame(last, expectedHttp(sound[after]!));
        expect(batch.next()).toBeUndefined();
      }),
      { numRuns: 1000 },
    );
  });
});

function expectSame(entry: AccessLogEntry | undefined, expected: Plain): void {
  expect(entry && readAll(entry, expected)).toEqual(expected);
}
