import fc from "fast-check";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { bidirectional, clientStreaming, unary } from "../../collector/transport/grpc-method.ts";
import { connectGrpc, framed, type TestConnection } from "../support/grpc-client.ts";
import { startGrpc, type TestServer } from "../support/grpc-server.ts";
import { callHeaders, connectRaw, frame, headersFrame, preface, settings } from "../support/http2-frames.ts";

const methods = new Map([
  ["/t.S/Echo", unary((request) => Buffer.from(request))],
  ["/t.S/Sink", clientStreaming(() => ({ message() {}, end: () => Buffer.of() }))],
  ["/t.S/Chat", bidirectional((_call, send) => ({ message: (bytes) => send(Buffer.from(bytes)), end() {} }))],
]);

let server: TestServer;
let honest: TestConnection;
beforeEach(async () => {
  server = await startGrpc(methods, { limits: { handshakeTimeoutMs: 200, messageTimeoutMs: 200 } });
  honest = await connectGrpc(server.address);
});
afterEach(async () => {
  await honest.close();
  await server.server.close();
});

/** Says something and leaves; the server must not mind. */
async function say(...parts: Uint8Array[]): Promise<void> {
  const connection = await connectRaw(server.address);
  await connection.send(Buffer.concat(parts));
  await new Promise((resolve) => setImmediate(resolve));
  connection.destroy();
  await connection.closed;
}

async function expectUnharmed(): Promise<void> {
  expect(await honest.unary("/t.S/Echo", Buffer.from("well?"))).toMatchObject({ status: 0 });
  const left = { connections: 1, calls: 0, heldBytes: 0 };
  await vi.waitFor(() => expect(server.server.live()).toEqual(left), { timeout: 5000 });
  expect(server.events.opened.length).toBe(server.events.closed.length + 1);
  expect(server.events.streams.length).toBe(server.events.statuses.length);
  expect(server.events.bugs).toEqual([]);
}

const hello = Buffer.concat([preface, settings()]);
const someBytes = fc.uint8Array({ maxLength: 300 });
const method = fc.constantFrom("/t.S/Echo", "/t.S/Sink", "/t.S/Chat");

it("minds no random bytes", async () => {
  await fc.assert(
    fc.asyncProperty(someBytes, (bytes) => say(bytes)),
    { numRuns: 150 },
  );
  await expectUnharmed();
});

it("minds no random frames", async () => {
  const someFrame = fc
    .tuple(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 255 }), fc.integer({ min: 0, max: 7 }), someBytes)
    .map(([type, flags, stream, payload]) => frame(type, flags, stream, payload));
  await fc.assert(
    fc.asyncProperty(method, fc.array(someFrame, { maxLength: 12 }), (name, frames) =>
      say(hello, headersFrame(1, callHeaders(name)), ...frames),
    ),
    { numRuns: 150 },
  );
  await expectUnharmed();
});

it("minds no random messages", async () => {
  const part = fc.oneof(
    someBytes,
    someBytes.map((bytes) => framed(bytes)),
    someBytes.map((bytes) => framed(bytes, 1)),
  );
  const encoding = fc.constantFrom<Record<string, string>[]>({}, { "grpc-encoding": "gzip" });
  await fc.assert(
    fc.asyncProperty(method, encoding, fc.array(part, { maxLength: 8 }), fc.boolean(), (name, headers, parts, end) =>
      say(
        hello,
        headersFrame(1, callHeaders(name, headers)),
        ...parts.map((bytes, at) => frame(0, end && at === parts.length - 1 ? 1 : 0, 1, bytes)),
      ),
    ),
    { numRuns: 150 },
  );
  await expectUnharmed();
});

it("minds no conversation that breaks off anywhere", async () => {
  const whole = Buffer.concat([
    hello,
    headersFrame(1, callHeaders("/t.S/Echo")),
    frame(0, 1, 1, framed(Buffer.from("hello"))),
    headersFrame(3, callHeaders("/t.S/Sink")),
    frame(0, 0, 3, framed(Buffer.from("half a message")).subarray(0, 9)),
  ]);
  for (let length = 0; length <= whole.length; length++) await say(whole.subarray(0, length));
  await expectUnharmed();
});
