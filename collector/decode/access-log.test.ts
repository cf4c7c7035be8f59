import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { HTTPAccessLogEntrySchema } from "../../schemas/gen/envoy/data/accesslog/v3/accesslog_pb.js";
import { StreamAccessLogsMessageSchema } from "../../schemas/gen/envoy/service/accesslog/v3/als_pb.js";
import type { AccessLogEntry } from "../../schemas/model/access-log.ts";
import { createAccessLogDecoder } from "./access-log.ts";

const listener = { reporter: "outbound", trustForwardedClientCert: false } as const;

function aStream(steps?: number) {
  const seen: string[] = [];
  const events = {
    entry: (fault: string) => void seen.push(`entry ${fault}`),
    value: (fault: string) => void seen.push(`value ${fault}`),
    identifierMissing: () => void seen.push("identifier missing"),
    identifierMalformed: () => void seen.push("identifier malformed"),
  };
  return { seen, stream: createAccessLogDecoder(events, steps).open(listener) };
}

function message(init: MessageInitShape<typeof StreamAccessLogsMessageSchema>): Buffer {
  return Buffer.from(toBinary(StreamAccessLogsMessageSchema, create(StreamAccessLogsMessageSchema, init)));
}

const node = (id: string) => message({ identifier: { node: { id }, logName: "log" } });

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)];
}

function field(number: number, ...parts: Uint8Array[]): Buffer {
  const bytes = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([...varint(number * 8 + 2), ...varint(bytes.length)]), bytes]);
}

const text = (number: number, value: string | Buffer) => field(number, Buffer.from(value));
const pair = (key: string, value: string) => Buffer.concat([text(1, key), text(2, value)]);

/** Reads one HTTP entry of these bytes. */
function readOne(bytes: Uint8Array): { entry: AccessLogEntry; seen: string[] } {
  const { stream, seen } = aStream();
  const entry = stream.read(Buffer.concat([node("a"), field(2, field(1, bytes))])).next();
  if (entry === undefined) throw new Error(seen.join());
  return { entry, seen };
}

function init(entry: MessageInitShape<typeof HTTPAccessLogEntrySchema>): Uint8Array {
  return toBinary(HTTPAccessLogEntrySchema, create(HTTPAccessLogEntrySchema, entry));
}

describe("a stream of access logs", () => {
  it("keeps its identifier, the same object for as long as it stays the same", () => {
    const { stream, seen } = aStream();
    const first = stream.read(node("a")).origin;
    expect(first).toEqual({ identifier: expect.objectContaining({ logName: "log" }), listener });
    expect(stream.read(message({})).origin).toBe(first);
    expect(stream.read(node("a")).origin).toBe(first);
    const second = stream.read(node("b")).origin;
    expect(second.identifier.node.id).toBe("b");
    expect(stream.origin).toBe(second);
    expect(seen).toEqual([]);
  });

  it("goes on under an empty node when the first message names none, and tells once", () => {
    const { stream, seen } = aStream();
    expect(stream.read(message({})).origin.identifier).toMatchObject({ node: { id: "", cluster: "" }, logName: "" });
    stream.read(message({}));
    expect(seen).toEqual(["identifier missing"]);
  });

  it.each([
    ["is cut off", field(1, Buffer.from([0x0a, 9]))],
    ["has an id of 2 kB", field(1, field(1, text(1, Buffer.alloc(2000, "x"))))],
    ["has metadata that is cut off", field(1, field(1, field(3, Buffer.from([0x0a, 9]))))],
    ["has a number for its name", field(1, Buffer.from([0x10, 1]))],
  ])("passes over an identifier that %s and keeps the one before", (_what, broken) => {
    const { stream, seen } = aStream();
    const { origin } = stream.read(node("a"));
    expect(stream.read(broken).origin).toBe(origin);
    expect(seen).toEqual(["identifier malformed"]);
  });

  it("skips the extensions of a node, well-formed or not", () => {
    const { stream } = aStream();
    const broken = field(9, Buffer.from([0xff]));
    expect(stream.read(field(1, field(1, broken, text(1, "a"), broken))).origin.identifier.node.id).toBe("a");
  });

  it("gives HTTP and TCP entries of one message, in order", () => {
    const { stream } = aStream();
    const batch = stream.read(
      Buffer.concat([node("a"), field(2, field(1), field(1)), field(3, field(1)), field(2, field(1))]),
    );
    const kinds = [];
    for (let entry = batch.next(); entry !== undefined; entry = batch.next()) kinds.push(entry.kind);
    expect(kinds).toEqual(["http", "http", "tcp", "http"]);
  });

  it("stops after so many entries, sound or not, and goes on when resumed", () => {
    const { stream } = aStream(2);
    const broken = field(1, Buffer.from([0x08, 1]));
    const batch = stream.read(Buffer.concat([node("a"), field(2, field(1), broken, field(1)), field(3, field(1))]));
    const turns = [];
    do {
      batch.resume();
      let count = 0;
      while (batch.next() !== undefined) count++;
      turns.push([count, batch.malformed]);
    } while (batch.more);
    expect(turns).toEqual([
      [1, 1],
      [2, 0],
    ]);
  });
});

describe("an entry", () => {
  it("has U+FFFD for what is no UTF-8, in repeating text, passing text and headers", () => {
    const bad = Buffer.from([0x61, 0xff]);
    const { entry, seen } = readOne(field(3, text(3, bad), text(5, bad), field(13, text(1, "h"), text(2, bad))));
    expect([entry.authority, entry.path, entry.requestHeaders?.get("h")]).toEqual(["a\ufffd", "a\ufffd", "a\ufffd"]);
    expect(seen).toEqual([]);
  });

  it("takes the last of a field that comes twice, and all fields of its own messages", () => {
    const { entry } = readOne(
      Buffer.concat([field(3, text(5, "/1"), text(5, "/2")), field(3, text(3, "host")), field(4), field(4)]),
    );
    expect([entry.path, entry.authority, entry.hasResponse]).toEqual(["/2", "host", true]);
  });

  it("reads a map whose entries are not in a row, the last of equal keys counting", () => {
    const { entry } = readOne(
      field(3, field(13, pair("a", "1")), text(5, "/p"), field(13, pair("b", "2")), field(13, pair("a", "3"))),
    );
    expect([...(entry.requestHeaders ?? [])]).toEqual([
      ["a", "3"],
      ["b", "2"],
    ]);
    expect(entry.requestHeaders).toBe(entry.requestHeaders);
    expect(entry.path).toBe("/p");
  });

  it("keeps empty header values, names and values left out", () => {
    const { entry } = readOne(field(3, field(13, text(1, "a")), field(13, text(2, "v"))));
    expect([...(entry.requestHeaders ?? [])]).toEqual([
      ["a", ""],
      ["", "v"],
    ]);
  });

  it("brings addresses into canonical form, ports with them; pipes and names have none", () => {
    const address = (ip: string, portValue: number) => ({
      address: {
        case: "socketAddress" as const,
        value: { address: ip, portSpecifier: { case: "portValue" as const, value: portValue } },
      },
    });
    const { entry } = readOne(
      init({
        commonProperties: {
          downstreamRemoteAddress: address("::ffff:10.0.0.1", 1),
          downstreamLocalAddress: address("2001:DB8:0:0::1", 65535),
          downstreamDirectRemoteAddress: address("not.an.ip", 7),
          upstreamRemoteAddress: { address: { case: "pipe", value: { path: "/run/x" } } },
          upstreamLocalAddress: {},
        },
      }),
    );
    expect(entry.downstreamRemoteAddress).toEqual({ ip: "10.0.0.1", port: 1 });
    expect(entry.downstreamLocalAddress).toEqual({ ip: "2001:db8::1", port: 65535 });
    expect(entry.downstreamDirectRemoteAddress).toEqual({ ip: undefined, port: 7 });
    expect(entry.upstreamRemoteAddress).toEqual({ ip: undefined, port: undefined });
    expect(entry.upstreamLocalAddress).toEqual({ ip: undefined, port: undefined });
  });

  it("leaves out and tells of numbers and times beyond their range, and keeps the rest", () => {
    const { entry, seen } = readOne(
      init({
        commonProperties: {
          downstreamWireBytesSent: 2n ** 63n,
          startTime: { seconds: 1n, nanos: 1_000_000_000 },
          duration: { seconds: -1n, nanos: 1 },
          timeToLastRxByte: { seconds: 9_223_372_036n, nanos: 854_775_807 },
          timeToFirstUpstreamTxByte: { seconds: 9_223_372_036n, nanos: 854_775_808 },
          timeToLastUpstreamTxByte: { seconds: -1n, nanos: -5 },
        },
        request: { requestBodyBytes: 2n ** 64n - 1n, requestHeadersBytes: 2n ** 63n - 1n },
      }),
    );
    expect(entry.downstreamWireBytesSent).toBeUndefined();
    expect(entry.requestBodyBytes).toBeUndefined();
    expect(entry.requestHeadersBytes).toBe(2n ** 63n - 1n);
    expect([entry.startTime, entry.duration, entry.timeToFirstUpstreamTxByte]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(entry.timeToLastRxByte).toBe(2n ** 63n - 1n);
    expect(entry.timeToLastUpstreamTxByte).toBe(-1_000_000_005);
    expect(seen.sort()).toEqual([
      "value integer_range",
      "value integer_range",
      "value time_range",
      "value time_range",
      "value time_range",
    ]);
  });

  it("leaves out and tells of a struct that is broken, and nothing for one that is not there or no struct", () => {
    const any = (url: string, value: Uint8Array) => field(2, text(1, url), field(2, value));
    const sound = field(1, text(1, "name"), field(2, text(3, "pod")));
    const state = [
      field(21, text(1, "upstream_peer"), any("example.com/google.protobuf.Struct", sound)),
      field(21, text(1, "broken"), any("google.protobuf.Struct", Buffer.from([0x0a, 9]))),
      field(21, text(1, "other"), any("x/google.protobuf.StringValue", Buffer.from([0xff]))),
      field(21, text(1, "no_any"), field(2, Buffer.from([0xff]))),
    ];
    const { entry, seen } = readOne(field(1, ...state));
    expect(entry.filterState("upstream_peer")).toEqual({ name: "pod" });
    expect(entry.filterState("upstream_peer")).toBe(entry.filterState("upstream_peer"));
    expect([entry.filterState("other"), entry.filterState("absent"), seen]).toEqual([undefined, undefined, []]);
    expect([entry.filterState("broken"), entry.filterState("no_any")]).toEqual([undefined, undefined]);
    expect(seen).toEqual(["value struct", "value struct"]);
  });

  it("leaves out and tells of maps and messages of more than 256 KiB, whose reading would take long", () => {
    const many = Buffer.alloc(300_000, Buffer.from([0x6a, 0]));
    const { entry, seen } = readOne(field(3, many));
    expect([entry.hasRequest, entry.requestHeaders, seen]).toEqual([true, undefined, ["value size"]]);
  });

  it("has a code only if one was sent, 0 included", () => {
    expect(readOne(field(4)).entry.responseCode).toBeUndefined();
    expect(readOne(field(4, field(1))).entry.responseCode).toBe(0);
    expect(readOne(init({ response: { responseCode: 503 } })).entry.responseCode).toBe(503);
  });

  it("tells a peer certificate that is there and empty from one that is not there", () => {
    const tls = (tlsProperties: object) =>
      readOne(init({ commonProperties: { tlsProperties } })).entry.tls?.peerCertificate;
    expect(tls({ tlsVersion: 4 })).toBeUndefined();
    expect(tls({ peerCertificateProperties: {} })?.empty).toBe(true);
    expect(tls({ peerCertificateProperties: { subject: "CN=x" } })?.empty).toBe(false);
  });

  it("is one TLS object for the same bytes, on any stream of the decoder", () => {
    const decoder = createAccessLogDecoder({
      entry() {},
      value() {},
      identifierMissing() {},
      identifierMalformed() {},
    });
    const bytes = message({
      logEntries: {
        case: "httpLogs",
        value: { logEntry: [{ commonProperties: { tlsProperties: { tlsSniHostname: "a" } } }] },
      },
    });
    const read = () => decoder.open(listener).read(Buffer.from(bytes)).next()?.tls;
    expect(read()).toMatchObject({ sni: "a" });
    expect(read()).toBe(read());
  });
});
