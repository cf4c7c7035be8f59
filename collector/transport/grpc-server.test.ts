import { gunzipSync, gzipSync } from "node:zlib";
import { afterEach, describe, expect, it, vi } from "vitest";
import { connectGrpc, framed } from "../../test/support/grpc-client.ts";
import { startGrpc, type TestServer } from "../../test/support/grpc-server.ts";
import { GrpcError, type GrpcMethod, grpcStatus } from "./grpc.ts";
import { bidirectional, clientStreaming, serverStreaming, unary } from "./grpc-method.ts";

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();
const bytes = (value: string) => Buffer.from(value);
const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});

async function start(methods: Record<string, GrpcMethod>, limits: Record<string, unknown> = {}) {
  const started = await startGrpc(new Map(Object.entries(methods)), { limits });
  open.push(started.server);
  const client = await connectGrpc(started.address);
  open.push(client);
  return { ...started, client };
}

const echo = { "/t.S/Echo": unary((request) => Buffer.from(request)) };

/** Nothing is left of calls that have ended. */
async function expectQuiet({ server }: TestServer): Promise<void> {
  await vi.waitFor(() => expect(server.live()).toMatchObject({ calls: 0, heldBytes: 0 }));
}

describe("kinds of calls", () => {
  it("answers a unary call", async () => {
    const started = await start(echo);
    const outcome = await started.client.unary("/t.S/Echo", bytes("hello"));
    expect(outcome).toMatchObject({ httpStatus: 200, status: 0, message: "", resetCode: 0 });
    expect(outcome.messages.map(text)).toEqual(["hello"]);
    expect(outcome.headers["content-type"]).toBe("application/grpc");
    expect(started.events).toMatchObject({ streams: ["/t.S/Echo"], statuses: [0], refusals: [], faults: [] });
    await expectQuiet(started);
  });

  it("answers when the message is complete, not at the end of the stream", async () => {
    const { client } = await start(echo);
    const call = client.call("/t.S/Echo");
    call.send(bytes("now"));
    const outcome = await call.outcome;
    expect(outcome).toMatchObject({ status: 0, resetCode: 0 });
    expect(outcome.messages.map(text)).toEqual(["now"]);
  });

  it("answers later, from a promise", async () => {
    const { client } = await start({
      "/t.S/Later": unary(async (request) => {
        await new Promise((resolve) => setImmediate(resolve));
        return Buffer.from(request).reverse();
      }),
    });
    const outcomes = await Promise.all(["abc", "xyz"].map((value) => client.unary("/t.S/Later", bytes(value))));
    expect(outcomes.map(({ messages }) => text(messages[0]!))).toEqual(["cba", "zyx"]);
  });

  it("streams to the server and answers at its end", async () => {
    const { client } = await start({
      "/t.S/Collect": clientStreaming(() => {
        const got: string[] = [];
        return { message: (message) => void got.push(text(message)), end: () => bytes(got.join(",")) };
      }),
    });
    const call = client.call("/t.S/Collect");
    for (const value of ["a", "", "b".repeat(40_000)]) call.send(bytes(value));
    call.end();
    const { messages, status } = await call.outcome;
    expect(status).toBe(0);
    expect(messages.map(text)).toEqual([`a,,${"b".repeat(40_000)}`]);
  });

  it("streams from the server, waiting for its reader", async () => {
    const { client } = await start({
      "/t.S/Count": serverStreaming(async (request, _call, send) => {
        for (let at = 0; at < Number(text(request)); at++) await send(Buffer.alloc(20_000, at));
      }),
    });
    const { messages, status } = await client.unary("/t.S/Count", bytes("100"));
    expect(status).toBe(0);
    expect(messages.map(({ length }) => length)).toEqual(Array(100).fill(20_000));
    expect(messages.map((message) => message[0])).toEqual([...Array(100).keys()]);
  });

  it("streams both ways", async () => {
    const { client } = await start({
      "/t.S/Chat": bidirectional((_call, send) => ({
        message: (message) => send(bytes(`<${text(message)}>`)),
        end: () => send(bytes("bye")),
      })),
    });
    const call = client.call("/t.S/Chat");
    call.send(bytes("one"));
    await call.received(1);
    call.send(bytes("two"));
    await call.received(2);
    call.end();
    const { messages, status } = await call.outcome;
    expect(messages.map(text)).toEqual(["<one>", "<two>", "bye"]);
    expect(status).toBe(0);
  });

  it("ends an empty stream well", async () => {
    const { client } = await start({ "/t.S/Chat": bidirectional(() => ({ message() {}, end() {} })) });
    const call = client.call("/t.S/Chat");
    call.end();
    expect(await call.outcome).toMatchObject({ status: 0, messages: [], httpStatus: 200 });
  });
});

describe("what a handler sees", () => {
  it("has metadata, method, peer, listener and deadline", async () => {
    const seen: unknown[] = [];
    const { client } = await start({
      "/t.S/Look": unary((_request, call) => {
        seen.push({ ...call.metadata }, call.method, call.listener, call.peer, call.deadlineMs);
        return new Uint8Array();
      }),
    });
    const before = Date.now();
    await client.unary("/t.S/Look", bytes(""), { "grpc-timeout": "10S", "x-one": "1", "x-bin": "AAE=" });
    const [metadata, method, listener, peer, deadline] = seen;
    expect(metadata).toMatchObject({ "x-one": "1", "x-bin": "AAE=", te: "trailers" });
    expect(Object.keys(metadata as object).some((name) => name.startsWith(":"))).toBe(false);
    expect(method).toBe("/t.S/Look");
    expect(listener).toBe("grpc");
    expect(peer).toEqual({ address: expect.stringMatching(/^127\.0\.0\.1:\d+$/), spiffeId: undefined });
    expect(deadline).toBeGreaterThanOrEqual(before + 10_000);
    expect(deadline).toBeLessThan(before + 15_000);
  });

  it("is not given a second message while it works on the first, and the caller is held back", async () => {
    const gates: PromiseWithResolvers<void>[] = [];
    const { client } = await start({
      "/t.S/Slow": bidirectional(() => ({
        message() {
          const gate = Promise.withResolvers<void>();
          gates.push(gate);
          return gate.promise;
        },
        end() {},
      })),
    });
    const call = client.call("/t.S/Slow");
    const chunk = Buffer.alloc(100_000);
    let sent = 0;
    const write = () =>
      call.stream.write(framed(chunk), () => {
        sent++;
        if (sent < 100) write();
      });
    write();
    await vi.waitFor(() => expect(sent).toBeGreaterThan(5));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(gates).toHaveLength(1);
    expect(sent).toBeLessThan(15); // the window of 1 MiB, and not the 10 MB that were written
    for (let at = 0; at < 100; at++) {
      await vi.waitFor(() => expect(gates.length).toBeGreaterThan(at), { interval: 1 });
      gates[at]!.resolve();
    }
    call.end();
    expect((await call.outcome).status).toBe(0);
    expect(gates).toHaveLength(100);
  });

  it("hears of a cancelled call, once", async () => {
    const aborts: string[] = [];
    const signals: AbortSignal[] = [];
    const started = await start({
      "/t.S/Wait": bidirectional((call) => {
        signals.push(call.signal);
        return { message() {}, end() {}, abort: (reason) => void aborts.push(reason) };
      }),
    });
    const call = started.client.call("/t.S/Wait");
    call.send(bytes("x"));
    await vi.waitFor(() => expect(signals).toHaveLength(1));
    call.stream.destroy(); // close() would send END_STREAM first
    await vi.waitFor(() => expect(aborts).toHaveLength(1));
    expect(signals[0]!.aborted).toBe(true);
    expect(started.events.statuses).toEqual([grpcStatus.CANCELLED]);
    await expectQuiet(started);
  });

  it("hears of a lost connection", async () => {
    const aborts: string[] = [];
    const started = await start({
      "/t.S/Wait": bidirectional(() => ({ message() {}, end() {}, abort: (reason) => void aborts.push(reason) })),
    });
    started.client.call("/t.S/Wait").send(bytes("x"));
    await vi.waitFor(() => expect(started.events.streams).toHaveLength(1));
    await started.client.close();
    await vi.waitFor(() => expect(started.events.closed).toEqual(["peer"]));
    expect(aborts).toHaveLength(1);
    expect(started.server.live()).toEqual({ connections: 0, calls: 0, heldBytes: 0 });
  });
});

describe("statuses", () => {
  it("are sent as trailers-only when nothing was sent before", async () => {
    const { client } = await start({
      "/t.S/Fail": unary(() => {
        throw new GrpcError(grpcStatus.NOT_FOUND, "no such thing: 100 % né\n");
      }),
    });
    const outcome = await client.unary("/t.S/Fail", bytes(""));
    expect(outcome).toMatchObject({ httpStatus: 200, status: 5, message: "no such thing: 100 % né\n", trailers: {} });
    expect(outcome.headers["grpc-message"]).toBe("no such thing: 100 %25 n%C3%A9%0A");
  });

  it("follow what was sent", async () => {
    const { client } = await start({
      "/t.S/Half": serverStreaming(async (_request, _call, send) => {
        await send(bytes("half"));
        await send(bytes("way"));
        throw new GrpcError(grpcStatus.UNAVAILABLE, "gone");
      }),
    });
    const outcome = await client.unary("/t.S/Half", bytes(""));
    expect(outcome.messages.map(text)).toEqual(["half", "way"]);
    expect(outcome.trailers).toMatchObject({ "grpc-status": "14", "grpc-message": "gone" });
  });

  it("hide what went wrong inside, and report it", async () => {
    const { client, events } = await start({
      "/t.S/Bug": unary(() => {
        throw new TypeError("secret detail");
      }),
      "/t.S/Open": {
        endsOnDrain: false,
        open() {
          throw new Error("cannot");
        },
      },
    });
    expect(await client.unary("/t.S/Bug", bytes(""))).toMatchObject({ status: 13, message: "internal error" });
    expect(await client.unary("/t.S/Open", bytes(""))).toMatchObject({ status: 13, message: "internal error" });
    expect(events.bugs.map(String)).toEqual(["TypeError: secret detail", "Error: cannot"]);
  });

  it("end a call whose deadline passes, and tell its handler", async () => {
    const aborts: string[] = [];
    const { client } = await start({
      "/t.S/Wait": bidirectional(() => ({ message() {}, end() {}, abort: (reason) => void aborts.push(reason) })),
    });
    const call = client.call("/t.S/Wait", { "grpc-timeout": "30m" });
    expect(await call.outcome).toMatchObject({ status: 4, message: "deadline exceeded" });
    expect(aborts).toEqual(["deadline exceeded"]);
  });
});

describe("requests that are no calls", () => {
  const cases: [string, Record<string, string>, Record<string, unknown>, string][] = [
    ["/t.S/Nope", {}, { httpStatus: 200, status: 12, message: 'unknown method "Nope" of service "t.S"' }, "method"],
    ["/t.X/Echo", {}, { httpStatus: 200, status: 12, message: 'unknown service "t.X"' }, "method"],
    ["/", {}, { httpStatus: 200, status: 12 }, "method"],
    ["/t.S/Echo", { ":method": "PUT" }, { httpStatus: 405, status: 13 }, "method"],
    ["/t.S/Echo", { ":method": "HEAD" }, { httpStatus: 405, status: 13 }, "method"],
    ["/t.S/Echo", { "content-type": "application/json" }, { httpStatus: 415 }, "content-type"],
    ["/t.S/Echo", { "content-type": "application/grpc-web" }, { httpStatus: 415 }, "content-type"],
    ["/t.S/Echo", { "grpc-timeout": "1" }, { httpStatus: 400, status: 13 }, "header"],
    ["/t.S/Echo", { "grpc-timeout": "123456789S" }, { httpStatus: 400, status: 13 }, "header"],
    ["/t.S/Echo", { "x-long": "v".repeat(17_000) }, { httpStatus: 431, status: 8 }, "headers"],
    ["/t.S/Echo", { "grpc-encoding": "snappy" }, { httpStatus: 200, status: 12 }, "encoding"],
  ];
  it.each(cases)("%s with %j", async (method, headers, expected, reason) => {
    const started = await start(echo);
    const outcome = await started.client.unary(method, bytes("x"), headers);
    expect(outcome).toMatchObject(expected);
    expect(started.events.refusals).toEqual([reason]);
    expect((await started.client.unary("/t.S/Echo", bytes("y"))).status).toBe(0);
    await expectQuiet(started);
  });

  it("takes every content-type of gRPC", async () => {
    const { client } = await start(echo);
    for (const type of ["application/grpc+proto", "application/grpc;charset=x", "Application/GRPC"]) {
      expect((await client.unary("/t.S/Echo", bytes("x"), { "content-type": type })).status).toBe(0);
    }
  });

  it("ends a call with no time left at once", async () => {
    const { client } = await start({ "/t.S/Wait": bidirectional(() => ({ message() {}, end() {} })) });
    expect(await client.call("/t.S/Wait", { "grpc-timeout": "0n" }).outcome).toMatchObject({ status: 4 });
  });
});

describe("messages", () => {
  const collect = {
    "/t.S/Collect": clientStreaming(() => {
      const got: string[] = [];
      return { message: (message) => void got.push(text(message)), end: () => bytes(got.join(",")) };
    }),
  };

  it("may be cut anywhere", async () => {
    const { client } = await start(collect);
    const call = client.call("/t.S/Collect");
    const all = Buffer.concat(["one", "", "three", "four"].map((value) => framed(bytes(value))));
    for (const byte of all) {
      call.sendRaw(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    call.end();
    expect(text((await call.outcome).messages[0]!)).toBe("one,,three,four");
  });

  it("may be compressed, and are answered so", async () => {
    const { client } = await start(echo);
    const call = client.call("/t.S/Echo", { "grpc-encoding": "gzip", "grpc-accept-encoding": "gzip" });
    const message = bytes("abc".repeat(10_000));
    call.send(gzipSync(message), true);
    call.end();
    const outcome = await call.outcome;
    expect(outcome).toMatchObject({ status: 0, flags: [1] });
    expect(outcome.headers["grpc-encoding"]).toBe("gzip");
    expect(gunzipSync(outcome.messages[0]!).equals(message)).toBe(true);
  });

  it("are inflated in order, also when it takes another thread", async () => {
    const { client } = await start(collect);
    const noise = Buffer.from(Array.from({ length: 30_000 }, (_, at) => 33 + ((at * at * 7919) % 90)));
    const call = client.call("/t.S/Collect", { "grpc-encoding": "gzip" });
    call.send(gzipSync(noise, { level: 0 }), true);
    call.send(bytes("plain"));
    call.send(gzipSync(bytes("small")), true);
    call.end();
    const { messages, headers } = await call.outcome;
    const reply = headers["grpc-encoding"] === "gzip" ? gunzipSync(messages[0]!) : messages[0]!;
    expect(text(reply)).toBe(`${noise.toString()},plain,small`);
  });

  const faults: [string, (limit: number) => Buffer, Record<string, string>, number, string][] = [
    ["a bomb", (limit) => framed(gzipSync(Buffer.alloc(limit + 1)), 1), { "grpc-encoding": "gzip" }, 8, "message-size"],
    [
      "a large bomb",
      (limit) => framed(gzipSync(Buffer.alloc(100 * limit)), 1),
      { "grpc-encoding": "gzip" },
      8,
      "message-size",
    ],
    ["not gzip", () => framed(bytes("plain"), 1), { "grpc-encoding": "gzip" }, 13, "message"],
    ["the flag without encoding", () => framed(gzipSync(bytes("x")), 1), {}, 13, "message"],
    ["another flag", () => framed(bytes("x"), 2), {}, 13, "message"],
    ["a large message", (limit) => framed(Buffer.alloc(limit + 1)), {}, 8, "message-size"],
    ["a huge prefix", () => Buffer.of(0, 0x06, 0, 0, 0), {}, 8, "message-size"],
    ["an end inside the prefix", () => Buffer.of(0, 0, 0), {}, 13, "message"],
    ["an end inside the message", () => framed(bytes("abc")).subarray(0, 7), {}, 13, "message"],
  ];
  it.each(faults)("%s ends the call and no other", async (_name, make, headers, status, fault) => {
    const limit = 65_536;
    const started = await start(collect, { maxMessageBytes: limit });
    const neighbour = started.client.call("/t.S/Collect");
    neighbour.send(bytes("before"));
    const call = started.client.call("/t.S/Collect", headers);
    call.sendRaw(make(limit));
    if (status === 13) call.end();
    expect(await call.outcome).toMatchObject({ status });
    expect(started.events.faults).toEqual([fault]);
    neighbour.send(bytes("after"));
    neighbour.end();
    expect(text((await neighbour.outcome).messages[0]!)).toBe("before,after");
    await expectQuiet(started);
  });

  it("are exactly one for a unary call", async () => {
    const started = await start(echo);
    const none = started.client.call("/t.S/Echo");
    none.end();
    expect(await none.outcome).toMatchObject({ status: 12, message: "the method takes one message, and none came" });
    const two = started.client.call("/t.S/Echo");
    two.sendRaw(Buffer.concat([framed(bytes("a")), framed(bytes("b"))]));
    two.end();
    expect(await two.outcome).toMatchObject({ status: 12, message: "the method takes one message, and more came" });
  });

  it("give their window back after the call is over", async () => {
    const started = await start(collect, { maxMessageBytes: 1000 });
    for (let at = 0; at < 12; at++) {
      const call = started.client.call("/t.S/Collect");
      call.send(Buffer.alloc(700_000)); // twelve of them are more than the connection's window
      expect((await call.outcome).status).toBe(8);
    }
    const last = started.client.call("/t.S/Collect");
    last.send(bytes("still here"));
    last.end();
    expect(text((await last.outcome).messages[0]!)).toBe("still here");
  });
});

describe("an address that is taken", () => {
  it("is named", async () => {
    const { address } = await start(echo);
    await expect(startGrpc(new Map(), { address })).rejects.toMatchObject({
      code: "LISTEN_FAILED",
      message: expect.stringContaining(address),
    });
  });
});
