import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { connectGrpc } from "../../test/support/grpc-client.ts";
import { startGrpc } from "../../test/support/grpc-server.ts";
import type { GrpcMethod } from "./grpc.ts";
import { clientStreaming, unary } from "./grpc-method.ts";
import type { GrpcServerOptions } from "./grpc-server.ts";

const bytes = (value: string) => Buffer.from(value);
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});

/** A server with a stream like an access log's, a unary method, and one that never answers. */
async function start(limits: Record<string, unknown> = {}, options: Partial<GrpcServerOptions> = {}) {
  const got: string[] = [];
  const aborts: string[] = [];
  const gate: { pending: PromiseWithResolvers<void> | undefined } = { pending: undefined };
  const log: GrpcMethod = clientStreaming(
    () => ({
      message(message) {
        got.push(Buffer.from(message).toString());
        return gate.pending?.promise;
      },
      end: () => bytes("thanks"),
      abort: (reason) => void aborts.push(reason),
    }),
    { takesLateMessages: true },
  );
  const methods = new Map([
    ["/t.S/Log", log],
    ["/t.S/Echo", unary((request) => Buffer.from(request))],
    [
      "/t.S/Hang",
      {
        endsOnDrain: false,
        takesOneMessage: true,
        open: () => ({
          message: () => new Promise<void>(() => {}),
          end() {},
          abort: (reason: string) => void aborts.push(reason),
        }),
      },
    ],
  ]);
  const started = await startGrpc(methods, { limits }, options);
  const client = await connectGrpc(started.address);
  open.push(started.server, client);
  const stream = async () => {
    const call = client.call("/t.S/Log");
    call.send(bytes("hello"));
    await vi.waitFor(() => expect(got).toContain("hello"), { interval: 5 });
    return call;
  };
  return { ...started, client, got, aborts, gate, stream };
}

describe("drain", () => {
  it("ends streams with their answer and OK, tells why, and closes", async () => {
    const { server, events, client, aborts, stream } = await start();
    const call = await stream();
    const drained = server.drain(5000);
    expect(await client.goaway).toBe("drain");
    const { messages, status } = await call.outcome;
    expect(messages.map(String)).toEqual(["thanks"]);
    expect(status).toBe(0);
    await drained;
    expect(server.live()).toEqual({ connections: 0, calls: 0, heldBytes: 0 });
    expect(events.closed).toEqual(["drain"]);
    expect(aborts).toEqual([]);
  });

  it("still takes what was on its way", async () => {
    const { server, got, stream } = await start();
    const call = await stream();
    const answered = call.received(1);
    const drained = server.drain(5000);
    await answered; // the caller hears of the end only now
    call.send(bytes("late"));
    call.end();
    await call.outcome;
    await drained;
    expect(got).toEqual(["hello", "late"]);
  });

  it("gives the rest its grace, then ends it as unavailable", async () => {
    const { server, events, client, aborts } = await start();
    const call = client.call("/t.S/Hang");
    call.send(bytes("x"));
    await vi.waitFor(() => expect(events.streams).toHaveLength(1));
    await server.drain(50);
    expect(await call.outcome).toMatchObject({ status: 14, message: "the connection is closing: drain" });
    expect(aborts).toHaveLength(1);
  });

  it("takes no connections while it waits", async () => {
    const { server, address, events, client } = await start();
    const call = client.call("/t.S/Hang");
    call.send(bytes("x"));
    await vi.waitFor(() => expect(events.streams).toHaveLength(1));
    const drained = server.drain(300);
    await expect(connectGrpc(address)).rejects.toThrow();
    await drained;
  });

  it("needs no peer that answers", async () => {
    const { server, address, events } = await start();
    const [host, port] = address.split(":");
    const silent = connect({ host, port: Number(port) });
    silent.on("error", () => {});
    await vi.waitFor(() => expect(events.opened).toHaveLength(2));
    await server.drain(50);
    expect(server.live().connections).toBe(0);
    silent.destroy();
  });
});

it("frees its address for a successor while calls go on", async () => {
  const first = await start();
  const call = await first.stream();
  first.server.stopListening();
  const second = await startGrpc(new Map(), { address: first.address });
  open.push(second.server);
  call.send(bytes("still"));
  call.end();
  expect((await call.outcome).status).toBe(0);
  expect(first.got).toEqual(["hello", "still"]);
});

it("shares its address with a successor", async () => {
  const first = await start({}, { reusePort: true });
  const second = await startGrpc(new Map(), { address: first.address }, { reusePort: true });
  open.push(second.server);
  expect(second.address).toBe(first.address);
});

describe("age", () => {
  it.each([
    [0, 90],
    [1, 110],
  ])("ends streams well, with a jitter of %s", async (random, due) => {
    const now = { ms: 1000 };
    const { events, client, stream } = await start(
      { maxConnectionAgeMs: 100, keepaliveIntervalMs: 0 },
      { now: () => now.ms, random: () => random },
    );
    const call = await stream();
    now.ms += due - 1;
    await new Promise((resolve) => setTimeout(resolve, 60)); // more than one look at the connections
    expect(events.closed).toEqual([]);
    now.ms += 1;
    expect(await client.goaway).toBe("age");
    expect((await call.outcome).status).toBe(0);
    await vi.waitFor(() => expect(events.closed).toEqual(["age"]));
  });

  it("has a grace, too", async () => {
    const { events, client } = await start({ maxConnectionAgeMs: 60, maxConnectionAgeGraceMs: 40 });
    const call = client.call("/t.S/Hang");
    call.send(bytes("x"));
    expect(await call.outcome).toMatchObject({ status: 14, message: "the connection is closing: age" });
    await vi.waitFor(() => expect(events.closed).toEqual(["age"]));
  });
});

describe("quiet connections", () => {
  it("are closed when idle, and not while there are calls", async () => {
    const { events, client, stream } = await start({ idleTimeoutMs: 60, keepaliveIntervalMs: 0 });
    const call = await stream();
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(events.closed).toEqual([]);
    call.end();
    expect(await client.goaway).toBe("idle");
    await vi.waitFor(() => expect(events.closed).toEqual(["idle"]));
  });

  it("are pinged, and stay if they answer", async () => {
    const { events, client } = await start({ keepaliveIntervalMs: 40, keepaliveTimeoutMs: 200 });
    let pings = 0;
    client.session.on("ping", () => pings++);
    await vi.waitFor(() => expect(pings).toBeGreaterThan(2));
    expect(events.closed).toEqual([]);
  });

  it("are closed if they do not answer", async () => {
    const { address, events } = await start({ keepaliveIntervalMs: 40, keepaliveTimeoutMs: 60 });
    const [host, port] = address.split(":");
    const silent = connect({ host, port: Number(port) });
    silent.on("error", () => {});
    silent.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    silent.write(Buffer.of(0, 0, 0, 4, 0, 0, 0, 0, 0)); // settings, and never a word again
    silent.resume();
    await once(silent, "close");
    await vi.waitFor(() => expect(events.closed).toContain("keepalive"));
  });
});

describe("messages that had arrived", () => {
  it("are handed over although the caller is gone", async () => {
    const { client, got, aborts, gate, server, stream } = await start();
    const call = await stream();
    gate.pending = Promise.withResolvers();
    for (const word of ["one", "two", "three"]) call.send(bytes(word));
    await vi.waitFor(() => expect(got).toContain("one"));
    await new Promise((resolve) => setTimeout(resolve, 50)); // until the rest waits on the server
    await client.close();
    await vi.waitFor(() => expect(server.live().connections).toBe(0));
    expect(got).toEqual(["hello", "one"]);
    gate.pending.resolve();
    await vi.waitFor(() => expect(got).toEqual(["hello", "one", "two", "three"]));
    await vi.waitFor(() => expect(aborts).toHaveLength(1));
    expect(server.live()).toEqual({ connections: 0, calls: 0, heldBytes: 0 });
  });
});

it("asks a busy stream to end after what it is working on", async () => {
  const { server, got, gate, stream } = await start();
  const call = await stream();
  gate.pending = Promise.withResolvers();
  call.send(bytes("busy"));
  await vi.waitFor(() => expect(got).toContain("busy"));
  const drained = server.drain(5000);
  gate.pending.resolve();
  expect((await call.outcome).status).toBe(0);
  await drained;
});
