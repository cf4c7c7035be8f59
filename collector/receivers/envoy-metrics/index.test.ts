import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { afterEach, expect, it } from "vitest";
import { StreamMetricsMessageSchema } from "../../../schemas/gen/envoy/service/metrics/v3/metrics_service_pb.js";
import { connectGrpc } from "../../../test/support/grpc-client.ts";
import { startGrpc } from "../../../test/support/grpc-server.ts";
import { createMetricDecoder } from "../../decode/otlp-metrics.ts";
import { openReceivers } from "../inventory.ts";
import { createProxyTable } from "../proxies.ts";
import type { Intake } from "../receiver.ts";
import { createStatisticsTable } from "../statistics-table.ts";
import { StatisticsRelay } from "./relay.ts";
import { openStream } from "./stream.ts";

const method = "/envoy.service.metrics.v3.MetricsService/StreamMetrics";
const written = "access_logs.grpc_access_log.logs_written";

const closing: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function start() {
  const counts: string[] = [];
  const receivers = openReceivers({
    intake: {
      reportAccessLogs: () => ({ accepted: 0, malformed: 0 }),
      reportRecords: () => ({ accepted: 0, malformed: 0, rejected: [] }),
      reportSpans: () => ({ accepted: 0, malformed: 0 }),
      reportMetrics: () => ({ accepted: 0, malformed: 0 }),
      takesMetrics: () => false,
      check: () => ({ problem: { reason: "unexpected", error: "nobody asks here" } }),
      limit: () => ({ failure: "not asked" }),
    },
    events: {
      streamOpened: (source) => void counts.push(`${source} opened`),
      streamClosed: (source) => void counts.push(`${source} closed`),
      message: (source) => void counts.push(`${source} message`),
      points: (source, accepted, rejected) => void counts.push(`${source} ${accepted} points, ${rejected} rejected`),
      decodeError: (source, reason) => void counts.push(`${source} ${reason}`),
    },
    now: () => 1000,
  });
  const trust = { reporter: "inbound", trustForwardedClientCert: false, default: "allow", trustedHops: 0 } as const;
  const server = await startGrpc(receivers.grpcMethods("grpc", trust));
  const connection = await connectGrpc(server.address);
  closing.push(
    () => server.server.drain(0),
    () => connection.close(),
  );
  return { receivers, connection, counts };
}

function message(message: MessageInitShape<typeof StreamMetricsMessageSchema>): Uint8Array {
  return toBinary(StreamMetricsMessageSchema, create(StreamMetricsMessageSchema, message));
}

const identifier = { node: { id: "sidecar~1", cluster: "shop" } };
const counter = (value: number) => ({ name: written, metric: [{ counter: { value } }] });
const uptime = { name: "server.uptime", metric: [{ gauge: { value: 0 } }] };

it("takes a proxy's statistics over a stream and answers at its end", async () => {
  const { receivers, connection, counts } = await start();
  const call = connection.call(method);
  call.send(message({ identifier, envoyMetrics: [uptime, counter(3)] }));
  call.send(message({ envoyMetrics: [counter(8)] }));
  call.end();
  const { status, messages } = await call.outcome;
  expect(status).toBe(0);
  expect(messages.map(({ length }) => length)).toEqual([0]);
  expect(receivers.proxies.statistics.rows()).toMatchObject([{ node: "sidecar~1", cluster: "shop", logsWritten: 8 }]);
  expect(counts).toEqual(["metrics opened", "metrics message", "metrics message", "metrics closed"]);
});

it("counts statistics of nobody, and a name that cannot be read, and takes them once there is one", async () => {
  const { receivers, connection, counts } = await start();
  const call = connection.call(method);
  call.send(message({ envoyMetrics: [counter(3)] }));
  call.send(Uint8Array.of(0x0a, 2, 0x0a, 9));
  call.send(message({ identifier, envoyMetrics: [uptime, counter(4)] }));
  call.end();
  await call.outcome;
  expect(counts.filter((each) => each.includes("identifier"))).toEqual([
    "metrics identifier_missing",
    "metrics identifier_malformed",
  ]);
  expect(receivers.proxies.statistics.rows()).toMatchObject([{ node: "sidecar~1", logsWritten: 4 }]);
});

it("ends a stream whose framing is broken with INVALID_ARGUMENT", async () => {
  const { connection, counts } = await start();
  const call = connection.call(method);
  call.send(Uint8Array.of(0x12, 9));
  expect(await call.outcome).toMatchObject({ status: 3, message: expect.stringContaining("StreamMetricsMessage") });
  expect(counts).toContain("metrics message_truncated");
  expect(counts.at(-1)).toBe("metrics closed");
});

it("takes a message of ten thousand values in turns, and its numbers at its end", async () => {
  const table = createStatisticsTable({ now: () => 1000, entriesOf: () => 0, maxRows: 1 });
  const events = { streamOpened() {}, streamClosed() {}, message() {}, points() {}, decodeError() {} };
  const host = {
    intake: { takesMetrics: () => false } as Intake,
    events,
    proxies: createProxyTable(() => 0),
    now: () => 0,
  };
  const relay = new StatisticsRelay("metrics", host, createMetricDecoder(host));
  const stream = openStream("metrics", events, table, relay);
  const many = Array.from({ length: 10_000 }, () => ({ name: "a", metric: [{ gauge: { value: 1 } }] }));
  const pending = stream.message(message({ identifier, envoyMetrics: [uptime, counter(9), ...many] }));
  expect(pending).toBeInstanceOf(Promise);
  expect(table.rows()).toMatchObject([{ node: "sidecar~1", logsWritten: undefined }]);
  await pending;
  expect(table.rows()).toMatchObject([{ logsWritten: 9 }]);
});

it("counts a family that it cannot read and takes the rest", async () => {
  const { receivers, connection, counts } = await start();
  const call = connection.call(method);
  call.send(
    Buffer.concat([
      message({ identifier }),
      Uint8Array.of(0x12, 2, 0x22, 9),
      message({ envoyMetrics: [uptime, counter(2)] }),
    ]),
  );
  call.end();
  expect((await call.outcome).status).toBe(0);
  expect(counts).toContain("metrics family_malformed");
  expect(receivers.proxies.statistics.rows()).toMatchObject([{ logsWritten: 2 }]);
});
