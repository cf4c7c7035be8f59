import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { afterEach, describe, expect, it } from "vitest";
import { StreamAccessLogsMessageSchema } from "../../../schemas/gen/envoy/service/accesslog/v3/als_pb.js";
import type { AccessLogBatch } from "../../../schemas/model/access-log.ts";
import type { Receipt } from "../../../schemas/model/receipt.ts";
import { connectGrpc, type TestConnection } from "../../../test/support/grpc-client.ts";
import { startGrpc, type TestServer } from "../../../test/support/grpc-server.ts";
import { openReceivers } from "../inventory.ts";

const method = "/envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs";
const trust = { reporter: "inbound", trustForwardedClientCert: true, default: "allow", trustedHops: 0 } as const;

/** What came through, by "node/log path". */
interface Bench {
  readonly server: TestServer;
  readonly connection: TestConnection;
  readonly receivers: ReturnType<typeof openReceivers>;
  readonly seen: string[];
  readonly counts: Map<string, number>;
}

const running: Bench[] = [];
afterEach(async () => {
  for (const { server, connection } of running.splice(0)) {
    await connection.close();
    await server.server.drain(0);
  }
});

async function start(wait: () => Promise<void> | undefined = () => undefined): Promise<Bench> {
  const seen: string[] = [];
  const counts = new Map<string, number>();
  const count = (name: string, by = 1) => counts.set(name, (counts.get(name) ?? 0) + by);
  const read = (batch: AccessLogBatch): Receipt => {
    const { identifier, listener } = batch.origin;
    let accepted = 0;
    for (let entry = batch.next(); entry !== undefined; entry = batch.next(), accepted++) {
      seen.push(`${listener.reporter} ${identifier.node.id}/${identifier.logName} ${entry.kind} ${entry.path}`);
    }
    return { accepted, malformed: batch.malformed };
  };
  const receivers = openReceivers({
    intake: {
      reportAccessLogs: (batch) => wait()?.then(() => read(batch)) ?? read(batch),
      reportRecords: () => ({ accepted: 0, malformed: 0, rejected: [], leftOut: [] }),
      reportSpans: () => ({ accepted: 0, malformed: 0 }),
      reportMetrics: () => ({ accepted: 0, malformed: 0 }),
      takesMetrics: () => false,
      check: () => ({ problem: { reason: "unexpected", error: "nobody asks here" } }),
      limit: () => ({ failure: "not asked" }),
    },
    events: {
      streamOpened: () => count("open"),
      streamClosed: () => count("open", -1),
      message: (_source, bytes) => count("bytes", bytes),
      points() {},
      decodeError: (source, reason) => count(`${source} ${reason}`),
    },
    now: () => 1000,
  });
  const server = await startGrpc(receivers.grpcMethods("grpc", trust));
  const connection = await connectGrpc(server.address);
  const bench = { server, connection, receivers, seen, counts };
  running.push(bench);
  return bench;
}

type Part = MessageInitShape<typeof StreamAccessLogsMessageSchema>;

/** Messages in protobuf merge when their bytes follow one another. */
function message(...parts: Part[]): Buffer {
  const schema = StreamAccessLogsMessageSchema;
  return Buffer.concat(parts.map((part) => toBinary(schema, create(schema, part))));
}

const from = (id: string, logName = "log"): Part => ({ identifier: { node: { id }, logName } });

function http(...paths: string[]): Part {
  return { logEntries: { case: "httpLogs", value: { logEntry: paths.map((path) => ({ request: { path } })) } } };
}

describe("StreamAccessLogs", () => {
  it("hands entries on under the identifier of their stream and answers once, at the end", async () => {
    const { connection, seen, receivers, counts } = await start();
    const first = connection.call(method);
    const second = connection.call(method);
    first.send(message(from("a"), http("/1")));
    second.send(message(from("b"), http("/2")));
    first.send(message(http("/3")));
    second.send(message({ logEntries: { case: "tcpLogs", value: { logEntry: [{}] } } }));
    for (const call of [first, second]) call.end();
    for (const call of [first, second]) {
      const { status, messages } = await call.outcome;
      expect([status, messages.map(({ length }) => length)]).toEqual([0, [0]]);
    }
    expect(seen.sort()).toEqual([
      "inbound a/log http /1",
      "inbound a/log http /3",
      "inbound b/log http /2",
      "inbound b/log tcp undefined",
    ]);
    expect(counts.get("open")).toBe(0);
    expect(receivers.proxies.rows()).toMatchObject([
      { node: "a", logName: "log", streams: 0, messages: 2, entries: 2, malformed: 0, lastSeenMs: 1000 },
      { node: "b", logName: "log", streams: 0, messages: 2, entries: 2, malformed: 0, lastSeenMs: 1000 },
    ]);
  });

  it("ends a stream whose framing is broken with INVALID_ARGUMENT and leaves the others alone", async () => {
    const { connection, seen, receivers, counts } = await start();
    const good = connection.call(method);
    good.send(message(from("good"), http("/before")));
    const bad = connection.call(method);
    bad.send(message(from("bad"), http("/fine")));
    bad.send(Uint8Array.of(0x12, 0x7f, 0));
    const { status, message: text } = await bad.outcome;
    expect(status).toBe(3);
    expect(text).toContain("StreamAccessLogsMessage");
    good.send(message(http("/after")));
    good.end();
    expect((await good.outcome).status).toBe(0);
    expect(seen).toEqual([
      "inbound good/log http /before",
      "inbound bad/log http /fine",
      "inbound good/log http /after",
    ]);
    expect(counts.get("accesslog message_truncated")).toBe(1);
    expect(counts.get("open")).toBe(0);
    expect(receivers.proxies.rows().map(({ streams }) => streams)).toEqual([0, 0]);
  });

  it("counts malformed entries and takes their neighbours", async () => {
    const { connection, seen, receivers, counts } = await start();
    const call = connection.call(method);
    const one = message(http("/1")).subarray(2); // the list of one entry
    call.send(message(from("a")));
    call.send(Buffer.concat([Buffer.from([0x12, one.length * 2 + 4]), one, Buffer.from([0x0a, 2, 0x1a, 9]), one]));
    call.end();
    expect((await call.outcome).status).toBe(0);
    expect(seen).toEqual(["inbound a/log http /1", "inbound a/log http /1"]);
    expect(counts.get("accesslog entry_truncated")).toBe(1);
    expect(receivers.proxies.rows()).toMatchObject([{ entries: 2, malformed: 1 }]);
  });

  it("takes entries of a stream that names no node, and counts the stream", async () => {
    const { connection, seen, counts } = await start();
    const call = connection.call(method);
    call.send(message(http("/1")));
    call.send(message(http("/2")));
    call.send(message(from("late"), http("/3")));
    call.end();
    await call.outcome;
    expect(seen).toEqual(["inbound / http /1", "inbound / http /2", "inbound late/log http /3"]);
    expect(counts.get("accesslog identifier_missing")).toBe(1);
  });

  it("reads no further while the intake has not taken a message", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiting: unknown[] = [];
    const { connection, seen } = await start(() => {
      waiting.push(0);
      return promise;
    });
    const call = connection.call(method);
    call.send(message(from("a"), http("/1")));
    call.send(message(http("/2")));
    call.end();
    await expect.poll(() => waiting.length).toBe(1);
    expect(seen).toEqual([]);
    resolve();
    expect((await call.outcome).status).toBe(0);
    expect(seen).toHaveLength(2);
  });

  it("takes a message of a hundred thousand entries in turns, with other calls in between", async () => {
    const { connection, receivers } = await start();
    receivers.setServing(true);
    const call = connection.call(method);
    const entries = 100_000;
    const body = Buffer.alloc(entries * 2, Buffer.from([0x0a, 0]));
    const length = Buffer.from([(body.length & 127) | 128, ((body.length >> 7) & 127) | 128, body.length >> 14]);
    call.send(Buffer.concat([message(from("a")), Buffer.from([0x12]), length, body]));
    call.end();
    const health = await connection.unary("/grpc.health.v1.Health/Check", new Uint8Array(0));
    expect(health.status).toBe(0);
    expect((await call.outcome).status).toBe(0);
    expect(receivers.proxies.rows()).toMatchObject([{ entries, messages: 1 }]);
  });

  it("tells health by service, and is listed by reflection", async () => {
    const { connection, receivers } = await start();
    const service = "envoy.service.accesslog.v3.AccessLogService";
    const ask = () =>
      connection.unary("/grpc.health.v1.Health/Check", Buffer.from([0x0a, service.length, ...Buffer.from(service)]));
    const before = await ask();
    receivers.setServing(true);
    const after = await ask();
    expect([before, after].map(({ messages }) => [...messages[0]!])).toEqual([
      [8, 2],
      [8, 1],
    ]);
    const reflection = connection.call("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo");
    reflection.send(Buffer.from([0x3a, 0]));
    await reflection.received(1);
    reflection.end();
    const [list] = (await reflection.outcome).messages;
    for (const name of [service, "grpc.health.v1.Health"]) expect(list?.includes(name)).toBe(true);
  });
});
