import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { clientStreaming, serverStreaming, unary } from "../../collector/transport/grpc-method.ts";
import { createHealth } from "../../collector/transport/health.ts";
import { connectGrpc, framed } from "../support/grpc-client.ts";
import { startGrpc, type TestServer } from "../support/grpc-server.ts";
import {
  callHeaders,
  connectHttp2,
  connectRaw,
  frame,
  frameType,
  headerBlock,
  headersFrame,
  preface,
  type RawConnection,
  settings,
} from "../support/http2-frames.ts";

const sink = clientStreaming(() => ({ message() {}, end: () => Buffer.of() }));
const hang = unary((_request, { signal }) => {
  const { promise, resolve } = Promise.withResolvers<Uint8Array>();
  signal.addEventListener("abort", () => resolve(Buffer.of()));
  return promise;
});
const stuck = unary(() => new Promise<Uint8Array>(() => {}));
const large = serverStreaming(async (_request, call, send) => {
  while (!call.signal.aborted) await send(Buffer.alloc(10_000));
});

/** What every attack is measured against: an honest client that asks for the health all along. */
interface Victim extends TestServer {
  /** The health check answers within a second, and nothing of the attacker is left. */
  survives(): Promise<void>;
  attack(entries?: readonly (readonly [number, number])[]): Promise<RawConnection>;
}

const cleanUp: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

async function aVictim(limits: Record<string, unknown> = {}): Promise<Victim> {
  const health = createHealth();
  health.set("", "SERVING");
  const methods = new Map([
    ...health.methods,
    ["/t.S/Sink", sink] as const,
    ["/t.S/Hang", hang] as const,
    ["/t.S/Stuck", stuck] as const,
    ["/t.S/Large", large] as const,
  ]);
  const started = await startGrpc(methods, { limits });
  const honest = await connectGrpc(started.address);
  cleanUp.push(
    () => started.server.close(),
    () => honest.close(),
  );
  return {
    ...started,
    async survives() {
      const asked = performance.now();
      const { status } = await honest.unary("/grpc.health.v1.Health/Check", Buffer.of());
      expect(status).toBe(0);
      expect(performance.now() - asked).toBeLessThan(1000);
      const left = () => expect(started.server.live()).toEqual({ connections: 1, calls: 0, heldBytes: 0 });
      await vi.waitFor(left, { timeout: 5000 });
      expect(started.events.bugs).toEqual([]);
    },
    async attack(entries) {
      const connection = await connectHttp2(started.address, entries);
      cleanUp.push(() => connection.destroy());
      return connection;
    },
  };
}

/** Sends chunks until the server has had enough; fails if it never has. */
async function flood(connection: RawConnection, make: (round: number) => Buffer, rounds = 2000): Promise<void> {
  let over = false;
  void connection.closed.then(() => {
    over = true;
  });
  for (let round = 0; round < rounds && !over; round++) {
    await connection.send(make(round));
    if (round % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await connection.closed;
}

const repeat = (bytes: Buffer, times: number) => Buffer.concat(Array<Buffer>(times).fill(bytes));

describe("floods end with the connection closed and counted", () => {
  let victim: Victim;
  beforeEach(async () => {
    victim = await aVictim();
  });

  const stream = (round: number, of: number, at: number) => 2 * (round * of + at) + 1;
  const rapidReset = (round: number) =>
    Buffer.concat(
      Array.from({ length: 50 }, (_, at) => [
        headersFrame(stream(round, 50, at), callHeaders("/t.S/Hang")),
        frame(frameType.DATA, 0, stream(round, 50, at), framed(Buffer.of())),
        frame(frameType.RST_STREAM, 0, stream(round, 50, at), Buffer.of(0, 0, 0, 8)),
      ]).flat(),
    );

  const floods: [string, (round: number) => Buffer, string[]][] = [
    ["pings", () => repeat(frame(frameType.PING, 0, 0, Buffer.alloc(8)), 100), ["pings"]],
    ["settings", () => repeat(settings([[4, 65_535]]), 100), ["settings"]],
    ["empty settings", () => repeat(settings(), 100), ["settings"]],
    ["settings with many entries", () => settings(Array.from({ length: 2000 }, () => [4, 1])), ["flood", "frame"]],
    [
      "empty data",
      (round) => (round === 0 ? headersFrame(1, callHeaders("/t.S/Sink")) : repeat(frame(frameType.DATA, 0, 1), 500)),
      ["flood", "frame"],
    ],
    [
      "continuations",
      (round) =>
        round === 0
          ? frame(frameType.HEADERS, 0, 1, callHeaders("/t.S/Sink"))
          : repeat(frame(frameType.CONTINUATION, 0, 1, headerBlock({ a: "b" })), 100),
      ["flood", "frame"],
    ],
    [
      "empty continuations",
      (round) =>
        round === 0
          ? frame(frameType.HEADERS, 0, 1, callHeaders("/t.S/Sink"))
          : repeat(frame(frameType.CONTINUATION, 0, 1), 100),
      ["flood", "frame"],
    ],
    ["rapid resets", rapidReset, ["resets"]],
  ];
  it.each(floods)("%s", async (_name, make, faults) => {
    await flood(await victim.attack(), make);
    await vi.waitFor(() => expect(victim.events.closed).toEqual(["fault"]));
    expect(faults).toContain(victim.events.faults.at(-1));
    await victim.survives();
  });
});

describe("what follows a fault in the same packet finds no half-closed session", () => {
  const call = headersFrame(1, callHeaders("/t.S/Sink"));
  const data = frame(frameType.DATA, 0, 1, Buffer.alloc(100));
  const goaway = (code: number) => frame(frameType.GOAWAY, 0, 0, Buffer.of(0, 0, 0, 0, 0, 0, 0, code));
  const reset = (id: number) => frame(frameType.RST_STREAM, 0, id, Buffer.of(0, 0, 0, 8));
  const packets: [string, Buffer][] = [
    ["the caller's goodbye", goaway(0)],
    ["the caller's fault", goaway(2)],
    ["pings", repeat(frame(frameType.PING, 0, 0, Buffer.alloc(8)), 300)],
    ["settings", repeat(settings(), 300)],
    ["an unexpected answer to a ping", frame(frameType.PING, 1, 0, Buffer.alloc(8))],
    ["a bad setting", settings([[4, 0x80000000]])],
    ["an overflowing window", frame(frameType.WINDOW_UPDATE, 0, 0, Buffer.of(0x7f, 255, 255, 255))],
    ["an overflowing stream window", frame(frameType.WINDOW_UPDATE, 0, 1, Buffer.of(0x7f, 255, 255, 255))],
    ["a bad message", frame(frameType.DATA, 0, 1, Buffer.of(9, 0, 0, 0, 0))],
    [
      "resets",
      Buffer.concat(
        Array.from({ length: 1300 }, (_, at) => [headersFrame(2 * at + 3, callHeaders("/t.S/Sink")), reset(2 * at + 3)])
          .flat()
          .concat(goaway(0)),
      ),
    ],
  ];
  it.each(packets)("%s", async (_name, packet) => {
    const victim = await aVictim();
    for (let round = 0; round < 5; round++) {
      const attacker = await victim.attack();
      await attacker.send(Buffer.concat([call, packet, data, data, reset(1), data]));
      await Promise.race([attacker.closed, new Promise((resolve) => setTimeout(resolve, 20))]);
      attacker.destroy();
    }
    await victim.survives();
  });
});

it("rapid resets by many that leave at once do not harm", async () => {
  const victim = await aVictim();
  const packet = Buffer.concat(
    Array.from({ length: 2000 }, (_, at) => [
      headersFrame(2 * at + 1, callHeaders("/t.S/Sink")),
      frame(frameType.RST_STREAM, 0, 2 * at + 1, Buffer.of(0, 0, 0, 8)),
    ]).flat(),
  );
  for (let round = 0; round < 20; round++) {
    const attacker = await victim.attack();
    await attacker.send(packet);
    await Promise.race([attacker.closed, new Promise((resolve) => setTimeout(resolve, 20))]);
    attacker.destroy();
  }
  await victim.survives();
});

describe("harmless floods are endured", () => {
  const floods: [string, () => Buffer][] = [
    ["priorities", () => repeat(frame(frameType.PRIORITY, 0, 1, Buffer.of(0, 0, 0, 3, 1)), 1000)],
    ["window updates", () => repeat(frame(frameType.WINDOW_UPDATE, 0, 0, Buffer.of(0, 0, 0, 1)), 1000)],
    ["unknown frames", () => repeat(frame(0xbb, 0, 0, Buffer.alloc(20)), 1000)],
  ];
  it.each(floods)("%s", async (_name, make) => {
    const victim = await aVictim();
    const attacker = await victim.attack();
    for (let round = 0; round < 50; round++) await attacker.send(make());
    attacker.destroy();
    await victim.survives();
  });
});

describe("those who wait", () => {
  it.each([
    ["before the preface", []],
    ["inside the preface", [preface.subarray(0, 10)]],
    ["before the settings", [preface]],
    ["inside the settings", [preface, settings([[4, 1]]).subarray(0, 12)]],
  ])("%s are dropped", async (_name, said) => {
    const victim = await aVictim({ handshakeTimeoutMs: 60 });
    const attacker = await connectRaw(victim.address);
    for (const bytes of said) await attacker.send(bytes);
    await attacker.closed;
    expect(victim.events.faults).toEqual(["handshake-timeout"]);
    await victim.survives();
  });

  it.each([
    ["inside a prefix", "/t.S/Sink", Buffer.of(0, 0)],
    ["inside a message", "/t.S/Sink", framed(Buffer.alloc(100)).subarray(0, 50)],
    ["before the message of a unary call", "/t.S/Hang", Buffer.of()],
  ])("%s have their call ended", async (_name, method, said) => {
    const victim = await aVictim({ messageTimeoutMs: 100 });
    const attacker = await victim.attack();
    await attacker.send(headersFrame(1, callHeaders(method)));
    await attacker.send(frame(frameType.DATA, 0, 1, said));
    await vi.waitFor(() => expect(victim.events.statuses).toEqual([4]));
    expect(victim.events.faults).toEqual(["message-timeout"]);
    attacker.destroy();
    await victim.survives();
  });

  it("dribbling a message does not help", async () => {
    const victim = await aVictim({ messageTimeoutMs: 100 });
    const attacker = await victim.attack();
    await attacker.send(headersFrame(1, callHeaders("/t.S/Sink")));
    await attacker.send(frame(frameType.DATA, 0, 1, Buffer.of(0, 0, 0, 100, 0)));
    while (victim.events.statuses.length === 0) {
      await attacker.send(frame(frameType.DATA, 0, 1, Buffer.of(7)));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(victim.events.faults).toEqual(["message-timeout"]);
    attacker.destroy();
    await victim.survives();
  });

  it("never read their answers have their call ended", async () => {
    const victim = await aVictim({ sendTimeoutMs: 100 });
    const attacker = await victim.attack([[4, 0]]);
    const streams = [1, 3, 5, 7, 9];
    for (const id of streams) {
      await attacker.send(headersFrame(id, callHeaders("/t.S/Large")));
      await attacker.send(frame(frameType.DATA, 1, id, framed(Buffer.of())));
    }
    await vi.waitFor(() => expect(victim.events.statuses).toEqual(streams.map(() => 8)));
    expect(victim.events.faults).toEqual(streams.map(() => "send-timeout"));
    attacker.destroy();
    await victim.survives();
  });

  it("read one octet at a time have it ended, too", async () => {
    const victim = await aVictim({ sendTimeoutMs: 100 });
    const attacker = await victim.attack([[4, 0]]);
    await attacker.send(headersFrame(1, callHeaders("/t.S/Large")));
    await attacker.send(frame(frameType.DATA, 1, 1, framed(Buffer.of())));
    while (victim.events.statuses.length === 0) {
      await attacker.send(frame(frameType.WINDOW_UPDATE, 0, 1, Buffer.of(0, 0, 0, 1)));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(victim.events.faults).toEqual(["send-timeout"]);
    attacker.destroy();
    await victim.survives();
  });
});

describe("those who take much", () => {
  it("announce 100 MB a hundred times and are refused from the five octets", async () => {
    const victim = await aVictim();
    const attacker = await victim.attack();
    for (let at = 0; at < 100; at++) {
      await attacker.send(headersFrame(2 * at + 1, callHeaders("/t.S/Sink")));
      await attacker.send(frame(frameType.DATA, 0, 2 * at + 1, Buffer.of(0, 0x06, 0, 0, 0)));
    }
    await vi.waitFor(() => expect(victim.events.statuses).toEqual(Array(100).fill(8)));
    attacker.destroy();
    await victim.survives();
  });

  it("begin many messages and end none", async () => {
    const victim = await aVictim({ maxBufferedBytes: 1_000_000 });
    const attacker = await victim.attack();
    const part = Buffer.concat([Buffer.of(0, 0, 0xff, 0xff, 0xff), Buffer.alloc(16_000)]);
    for (let at = 0; at < 100; at++) {
      await attacker.send(headersFrame(2 * at + 1, callHeaders("/t.S/Sink")));
      await attacker.send(frame(frameType.DATA, 0, 2 * at + 1, part));
    }
    await vi.waitFor(() => expect(victim.events.statuses.length).toBeGreaterThan(30));
    expect(victim.server.live().heldBytes).toBeLessThanOrEqual(1_000_000);
    expect(new Set(victim.events.faults)).toEqual(new Set(["memory"]));
    attacker.destroy();
    await victim.survives();
  });

  it("send more headers than they may", async () => {
    const victim = await aVictim();
    const many = (count: number, value: string) =>
      Object.fromEntries(Array.from({ length: count }, (_, at) => [`x-${at}`, value]));
    const blocks = [
      callHeaders("/t.S/Sink", many(200, "")),
      callHeaders("/t.S/Sink", many(10, "v".repeat(2000))),
      callHeaders("/t.S/Sink", many(600, "")),
      callHeaders("/t.S/Sink", many(10, "v".repeat(7000))),
      Buffer.concat([callHeaders("/t.S/Sink"), Buffer.alloc(8000, 0x80 | 19)]), // a bomb of one octet each (RFC 7541, 6.1)
    ];
    for (const block of blocks) {
      const attacker = await victim.attack();
      await new Promise((resolve) => setTimeout(resolve, 20)); // our settings are in force once acknowledged
      const parts = [];
      for (let at = 0; at < block.length; at += 16_000) parts.push(block.subarray(at, at + 16_000));
      const frames = parts.map((part, at) =>
        frame(at === 0 ? frameType.HEADERS : frameType.CONTINUATION, at === parts.length - 1 ? 4 : 0, 1, part),
      );
      await attacker.send(Buffer.concat(frames));
      const reset = () =>
        attacker.frames.some(({ type }) => type === frameType.RST_STREAM || type === frameType.GOAWAY);
      await vi.waitFor(() => expect(reset()).toBe(true));
      attacker.destroy();
    }
    expect(victim.events.streams).toEqual([]);
    expect(victim.events.refusals).toEqual(["headers", "headers"]); // the others node refuses unseen
    await victim.survives();
  });

  it("open more streams than they may", async () => {
    const victim = await aVictim({ maxStreams: 10 });
    const attacker = await victim.attack();
    for (let at = 0; at < 50; at++) await attacker.send(headersFrame(2 * at + 1, callHeaders("/t.S/Sink")));
    await vi.waitFor(() => {
      const refused = attacker.frames.filter(({ type }) => type === frameType.RST_STREAM || type === frameType.GOAWAY);
      expect(refused.length).toBeGreaterThan(0);
    });
    expect(victim.server.live().calls).toBeLessThanOrEqual(10);
    attacker.destroy();
    await victim.survives();
  });

  it("keep handlers busy with calls they have reset", async () => {
    const victim = await aVictim({ maxStreams: 10 });
    const attacker = await victim.attack();
    for (let at = 0; at < 30; at++) {
      const id = 2 * at + 1;
      await attacker.send(headersFrame(id, callHeaders("/t.S/Stuck")));
      await attacker.send(frame(frameType.DATA, 0, id, framed(Buffer.of())));
      const { streams, refusals } = victim.events;
      await vi.waitFor(() => expect(streams.length + refusals.length).toBe(at + 1), { interval: 1 });
      await attacker.send(frame(frameType.RST_STREAM, 0, id, Buffer.of(0, 0, 0, 8)));
    }
    await vi.waitFor(() => expect(victim.events.refusals).toEqual(Array(20).fill("calls")));
    expect(victim.events.streams).toHaveLength(10);
  });

  it("come in thousands: those beyond the limit are refused, the others served", async () => {
    const victim = await aVictim({ maxConnections: 1001 });
    const attackers: RawConnection[] = [];
    for (let at = 0; at < 2000; at++) attackers.push(await connectRaw(victim.address));
    await vi.waitFor(() => expect(victim.events.opened).toHaveLength(1001));
    await vi.waitFor(() => expect(victim.events.refusals).toEqual(Array(1000).fill("connections")));
    for (const attacker of attackers) await attacker.send(preface);
    for (const attacker of attackers) attacker.destroy();
    await victim.survives();
  });
});
