import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { fromBinary } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type AccessLogCommon,
  AccessLogType,
  type HTTPAccessLogEntry,
  type TCPAccessLogEntry,
} from "../../schemas/gen/envoy/data/accesslog/v3/accesslog_pb.js";
import { StreamAccessLogsMessageSchema } from "../../schemas/gen/envoy/service/accesslog/v3/als_pb.js";
import { accessLogClient } from "./support/als-client.ts";
import { type Hub, startHub } from "./support/hub.ts";
import { waitUntil } from "./support/wait.ts";

const folder = fileURLToPath(new URL("../../../shared/conformance/envoy/", import.meta.url));
const files = ["als-http.jsonl", "als-http-batch.jsonl", "als-tcp.jsonl"];

interface Recorded {
  readonly stream: number;
  readonly seq: number;
  readonly base64: string;
}

/** The recorded messages of a file, as streams in the order they were sent. */
function streamsOf(file: string): Uint8Array[][] {
  const rows = readFileSync(folder + file, "utf8")
    .trim()
    .split("\n");
  const messages = rows.map((row) => JSON.parse(row) as Recorded).sort((a, b) => a.seq - b.seq);
  const streams = Map.groupBy(messages, ({ stream }) => stream);
  return [...streams.values()].map((stream) => stream.map(({ base64 }) => Buffer.from(base64, "base64")));
}

const recorded = files.flatMap(streamsOf);
const decoded = recorded.flat().map((bytes) => fromBinary(StreamAccessLogsMessageSchema, bytes).logEntries);
const http = decoded.flatMap((entries) => (entries.case === "httpLogs" ? entries.value.logEntry : []));
const tcp = decoded.flatMap((entries) => (entries.case === "tcpLogs" ? entries.value.logEntry : []));

const ended = ({ accessLogType, duration }: AccessLogCommon, end: AccessLogType) =>
  accessLogType === end || (accessLogType === AccessLogType.NotSet && duration !== undefined);
const common = ({ commonProperties }: HTTPAccessLogEntry | TCPAccessLogEntry) => {
  if (commonProperties === undefined) throw new Error("a recorded entry has common properties");
  return commonProperties;
};
const final = http.filter((entry) => ended(common(entry), AccessLogType.DownstreamEnd));
const closes = tcp.filter((entry) => ended(common(entry), AccessLogType.TcpConnectionEnd));
/** A connection that no filter chain took has no id: each such entry is a connection of its own. */
const connections = Map.groupBy(tcp, (entry) => common(entry).streamId || entry);

/** Totals only grow within a connection, so its bytes are the largest total that was reported. */
function bytesOf(entries: readonly TCPAccessLogEntry[], field: "receivedBytes" | "sentBytes"): number {
  return Math.max(...entries.map((entry) => Number(entry.connectionProperties?.[field] ?? 0)));
}

function sumOver(field: "receivedBytes" | "sentBytes"): number {
  return [...connections.values()].reduce((total, entries) => total + bytesOf(entries, field), 0);
}

let hub: Hub;

beforeAll(async () => {
  hub = await startHub();
  const client = accessLogClient(hub.listeners.grpc ?? "");
  for (const messages of recorded) {
    const stream = client.open();
    for (const message of messages) await stream.send(message);
    await stream.end();
  }
  client.close();
  const entries = http.length + tcp.length;
  await waitUntil("the recorded entries to arrive", async () => (await hub.total("mixdown_records_total")) >= entries);
});

afterAll(() => hub.stop());

describe("recorded streams of a real Envoy, default configuration", () => {
  test("every entry is decoded, also of streams whose first message was not recorded", async () => {
    expect(await hub.total("mixdown_records_total")).toBe(http.length + tcp.length);
    expect(await hub.total("mixdown_records_total", { outcome: "malformed" })).toBe(0);
    expect(await hub.total("mixdown_decode_errors_total", { reason: /^(?!identifier_missing$)/ })).toBe(0);
  });

  test("each request counts once", async () => {
    expect(final.length).toBeGreaterThan(1000);
    expect(await hub.total("istio_requests_total")).toBe(final.length);
  });

  test("each response code has its requests, no answer being 0", async () => {
    const codes = Map.groupBy(final, (entry) => String(entry.response?.responseCode ?? 0));
    const expected = [...codes].map(([code, entries]) => [code, entries.length] as const);
    const counted = await Promise.all(
      expected.map(async ([code]) => [code, await hub.total("istio_requests_total", { response_code: code })] as const),
    );
    expect(counted).toEqual(expected);
  });

  test("bytes of requests and responses add up", async () => {
    const total = (bytes: (entry: HTTPAccessLogEntry) => bigint | undefined) =>
      final.reduce((sum, entry) => sum + Number(bytes(entry) ?? 0n), 0);
    const sent = total((entry) => entry.response?.responseBodyBytes);
    expect(sent).toBeGreaterThan(0);
    expect(await hub.total("istio_response_bytes_sum")).toBe(sent);
    expect(await hub.total("istio_request_bytes_sum")).toBe(total((entry) => entry.request?.requestBodyBytes));
  });

  test("each connection opens once and closes once, whoever logged it", async () => {
    expect(closes.length).toBeGreaterThan(0);
    expect(await hub.total("istio_tcp_connections_opened_total")).toBe(connections.size);
    const closed = new Set(closes.map((entry) => common(entry).streamId || entry)).size;
    expect(await hub.total("istio_tcp_connections_closed_total")).toBe(closed);
  });

  test("the bytes of a connection are counted as they grow, and once", async () => {
    expect(await hub.total("istio_tcp_received_bytes_total")).toBe(sumOver("receivedBytes"));
    expect(await hub.total("istio_tcp_sent_bytes_total")).toBe(sumOver("sentBytes"));
  });
});
