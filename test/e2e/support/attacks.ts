import { gzipSync } from "node:zlib";
import { httpMessage, identifierMessage, requestEntry } from "./als-messages.ts";
import type { Matcher } from "./exposition.ts";
import {
  dataFrames,
  flag,
  frame,
  frameType,
  grpcHeaders,
  grpcMessage,
  headerField,
  type RawConnection,
  rawConnection,
} from "./http2-frames.ts";
import { repeat } from "./traffic.ts";
import { pause } from "./wait.ts";

/** Something a hostile or broken peer does, and the metric of the hub that must grow by it. */
export interface Attack {
  readonly name: string;
  readonly counted: readonly [name: string, matcher?: Matcher];
  /** Grows at least so much; 1 by default. */
  readonly atLeast?: number;
  run(address: string): Promise<void>;
}

const streamLogs = "/envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs";
const protocolErrors = "mixdown_protocol_errors_total";
const decodeErrors = "mixdown_decode_errors_total";
const headersOf = (stream: number, more?: Readonly<Record<string, string>>, flags: number = flag.END_HEADERS) =>
  frame(frameType.HEADERS, flags, stream, grpcHeaders(streamLogs, more));

/** Bytes without pattern that are the same in every run (a linear congruential generator). */
export function noise(seed: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed * 2_654_435_761;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

/** Opens a connection, does something on it and drops it. */
async function onConnection(
  address: string,
  act: (raw: RawConnection) => Promise<void>,
  greeting = true,
): Promise<void> {
  const raw = await rawConnection(address, { greeting });
  await act(raw);
  raw.destroy();
}

/** One access-log stream with these messages as they are, half-closed at the end, and a moment for the answer. */
function sendMessages(address: string, messages: readonly Uint8Array[], headers = {}): Promise<void> {
  return onConnection(address, async (raw) => {
    await raw.write(headersOf(1, headers));
    for (const message of messages) await raw.write(dataFrames(1, message));
    await raw.write(frame(frameType.DATA, flag.END_STREAM, 1));
    await Promise.race([raw.closed, pause(100)]);
  });
}

/** Writes a burst of frames again and again until the hub has had enough. */
function flood(bursts: number, burst: (index: number) => Uint8Array) {
  return (address: string) =>
    onConnection(address, async (raw) => {
      for (let index = 0; index < bursts && !raw.gone(); index++) await raw.write(burst(index));
      await Promise.race([raw.closed, pause(2_000)]);
    });
}

const burstOf = (frames: number, one: (index: number) => Uint8Array) => (burst: number) =>
  Buffer.concat(Array.from({ length: frames }, (_, index) => one(burst * frames + index)));

const good = httpMessage([requestEntry({ id: "good" }), requestEntry({ id: "also-good" })]);
const identifier = identifierMessage("hostile");
/** A length-delimited field (number 2, http_logs) that says it has 100 MB. */
const hugeField = Buffer.from([0x12, 0x80, 0x84, 0xaf, 0x5f, 1, 2, 3]);
const streamId = (index: number) => index * 2 + 1;

/** Everything the hub is put through. */
export const attacks: readonly Attack[] = [
  {
    name: "random bytes instead of HTTP/2",
    counted: [protocolErrors, { reason: "preface" }],
    atLeast: 200,
    run: (address) =>
      repeat(300, 20, (seed) =>
        onConnection(
          address,
          async (raw) => {
            await raw.write(noise(seed + 1, 24 + seed * 13));
            await Promise.race([raw.closed, pause(500)]);
          },
          false,
        ),
      ).then(() => {}),
  },
  {
    name: "random frames after a good greeting",
    counted: [protocolErrors],
    atLeast: 50,
    run: (address) =>
      repeat(200, 20, (seed) =>
        onConnection(address, async (raw) => {
          await raw.write(frame(seed % 12, seed & 0xff, seed % 3, noise(seed + 7, seed * 5)));
          await raw.write(noise(seed + 11, 500));
          await Promise.race([raw.closed, pause(200)]);
        }),
      ).then(() => {}),
  },
  {
    name: "random bytes as messages",
    counted: [decodeErrors],
    atLeast: 50,
    run: (address) =>
      repeat(200, 10, (seed) =>
        sendMessages(address, [grpcMessage(identifier), grpcMessage(noise(seed + 3, 10 + seed * 3))]),
      ).then(() => {}),
  },
  {
    name: "a good message cut short at every byte",
    counted: [decodeErrors],
    atLeast: 50,
    run: (address) =>
      repeat(good.length - 1, 10, (cut) =>
        sendMessages(address, [grpcMessage(identifier), grpcMessage(good.subarray(0, cut + 1))]),
      ).then(() => {}),
  },
  {
    name: "wrong wire types in every field",
    counted: [decodeErrors],
    atLeast: 10,
    run: (address) =>
      repeat(8 * 8, 8, (index) => {
        const tag = (((index >> 3) + 1) << 3) | (index & 7);
        const entry = Buffer.from([tag, 0x96, 1, 0, 0, 0, 0, 0, 0]);
        const logs = Buffer.from([0x12, entry.length + 2, 0x0a, entry.length, ...entry]);
        return sendMessages(address, [grpcMessage(identifier), grpcMessage(entry), grpcMessage(logs)]);
      }).then(() => {}),
  },
  {
    name: "a field that says it has 100 MB",
    counted: [decodeErrors],
    atLeast: 50,
    run: (address) =>
      repeat(50, 10, () => sendMessages(address, [grpcMessage(identifier), grpcMessage(hugeField)])).then(() => {}),
  },
  {
    name: "a message that says it has 100 MB",
    counted: ["mixdown_calls_total", { status: "8" }],
    atLeast: 100,
    run: (address) =>
      repeat(100, 10, () =>
        sendMessages(address, [grpcMessage(Buffer.alloc(100), { length: 100_000_000 }), Buffer.alloc(50_000)]),
      ).then(() => {}),
  },
  {
    name: "100 MB of zeros in a small compressed message",
    counted: ["mixdown_calls_total", { status: "8" }],
    atLeast: 20,
    run: async (address) => {
      const bomb = gzipSync(Buffer.alloc(100_000_000));
      await repeat(20, 4, () =>
        onConnection(address, async (raw) => {
          await raw.write(headersOf(1, { "grpc-encoding": "gzip" }));
          await raw.write(dataFrames(1, grpcMessage(bomb, { compressed: true })));
          await Promise.race([raw.closed, pause(1_000)]);
        }),
      );
    },
  },
  {
    name: "500 slow senders that stop in the middle",
    counted: ["mixdown_calls_total", { status: "1" }],
    atLeast: 500,
    run: (address) =>
      repeat(500, 500, () =>
        onConnection(address, async (raw) => {
          await raw.write(headersOf(1));
          const message = grpcMessage(identifier);
          for (let at = 0; at < 10; at++) {
            await raw.write(frame(frameType.DATA, 0, 1, message.subarray(at, at + 1)));
            await pause(200);
          }
        }),
      ).then(() => {}),
  },
  {
    name: "2,000 connections with a stream each",
    counted: ["mixdown_connections_closed_total"],
    atLeast: 2_000,
    run: async (address) => {
      const open = await repeat(2_000, 50, async () => {
        const raw = await rawConnection(address);
        await raw.write(Buffer.concat([headersOf(1), dataFrames(1, grpcMessage(good))]));
        return raw;
      });
      await pause(2_000);
      for (const raw of open) raw.destroy();
    },
  },
  {
    name: "a flood of pings",
    counted: [protocolErrors, { reason: /^(pings|flood)$/ }],
    run: flood(
      200,
      burstOf(1_000, () => frame(frameType.PING, 0, 0, Buffer.alloc(8))),
    ),
  },
  {
    name: "a flood of settings",
    counted: [protocolErrors, { reason: /^(settings|flood)$/ }],
    run: flood(
      200,
      burstOf(1_000, () => frame(frameType.SETTINGS, 0, 0, Buffer.from([0, 3, 0, 0, 0, 100]))),
    ),
  },
  {
    name: "streams opened and reset at once",
    counted: [protocolErrors, { reason: /^(resets|flood)$/ }],
    run: flood(
      100,
      burstOf(500, (index) =>
        Buffer.concat([
          headersOf(streamId(index)),
          frame(frameType.RST_STREAM, 0, streamId(index), Buffer.from([0, 0, 0, 8])),
        ]),
      ),
    ),
  },
  {
    name: "streams that make the hub reset them",
    counted: [protocolErrors, { reason: /^(resets|flood|frame)$/ }],
    run: flood(
      100,
      burstOf(500, (index) =>
        Buffer.concat([
          headersOf(streamId(index)),
          frame(frameType.WINDOW_UPDATE, 0, streamId(index), Buffer.from([0x7f, 0xff, 0xff, 0xff])),
        ]),
      ),
    ),
  },
  {
    name: "a header block without end",
    counted: [protocolErrors],
    run: flood(200, (index) =>
      index === 0
        ? headersOf(1, {}, 0)
        : frame(
            frameType.CONTINUATION,
            0,
            1,
            Buffer.concat(Array.from({ length: 100 }, () => headerField("x-a", "b".repeat(100)))),
          ),
    ),
  },
  {
    name: "empty frames on an open stream",
    counted: ["mixdown_connections_closed_total"],
    run: flood(200, (burst) =>
      burst === 0 ? headersOf(1) : Buffer.concat(Array.from({ length: 1_000 }, () => frame(frameType.DATA, 0, 1))),
    ),
  },
  {
    name: "methods that are not there",
    counted: ["mixdown_refused_total", { reason: "method" }],
    atLeast: 500,
    run: flood(
      10,
      burstOf(50, (index) =>
        frame(
          frameType.HEADERS,
          flag.END_HEADERS | flag.END_STREAM,
          streamId(index),
          grpcHeaders("/no.such.Service/Method"),
        ),
      ),
    ),
  },
  {
    name: "calls that are no gRPC",
    counted: ["mixdown_refused_total", { reason: "content-type" }],
    atLeast: 500,
    run: flood(
      10,
      burstOf(50, (index) =>
        headersOf(streamId(index), { "content-type": "text/html" }, flag.END_HEADERS | flag.END_STREAM),
      ),
    ),
  },
];
