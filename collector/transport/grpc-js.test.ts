import {
  type Client,
  credentials,
  Metadata,
  makeClientConstructor,
  type ServiceDefinition,
  status,
} from "@grpc/grpc-js";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { startGrpc, type TestServer } from "../../test/support/grpc-server.ts";
import { GrpcError, type GrpcMethods, grpcStatus } from "./grpc.ts";
import { bidirectional, clientStreaming, serverStreaming, unary } from "./grpc-method.ts";

// An independent client: what it says is what other people's clients say.

const plain = { requestStream: false, responseStream: false };
const identity = {
  requestSerialize: (value: Buffer) => value,
  requestDeserialize: (value: Buffer) => value,
  responseSerialize: (value: Buffer) => value,
  responseDeserialize: (value: Buffer) => value,
};
const method = (name: string, kind: Partial<typeof plain> = {}) => ({
  path: `/t.S/${name}`,
  ...plain,
  ...kind,
  ...identity,
});
const definition: ServiceDefinition = {
  echo: method("Echo"),
  fail: method("Fail"),
  hang: method("Hang"),
  missing: method("Missing"),
  collect: method("Collect", { requestStream: true }),
  count: method("Count", { responseStream: true }),
  chat: method("Chat", { requestStream: true, responseStream: true }),
};

const aborted: string[] = [];
const methods: GrpcMethods = new Map([
  ["/t.S/Echo", unary((request, call) => Buffer.concat([request, Buffer.from(String(call.metadata["x-tag"] ?? ""))]))],
  [
    "/t.S/Fail",
    unary(() => {
      throw new GrpcError(grpcStatus.PERMISSION_DENIED, "non: 100 % interdit, ça ne va pas \u{1f600}");
    }),
  ],
  [
    "/t.S/Hang",
    unary((_request, call) => {
      const { promise, reject } = Promise.withResolvers<Uint8Array>();
      call.signal.addEventListener("abort", () => {
        aborted.push("signal");
        reject(new GrpcError(grpcStatus.CANCELLED, "given up"));
      });
      return promise;
    }),
  ],
  [
    "/t.S/Collect",
    clientStreaming(() => {
      let size = 0;
      return {
        message: (bytes) => {
          size += bytes.length;
        },
        end: () => Buffer.from(String(size)),
      };
    }),
  ],
  [
    "/t.S/Count",
    serverStreaming(async (request, _call, send) => {
      for (let at = 0; at < Number(Buffer.from(request).toString()); at++) await send(Buffer.alloc(10_000, at));
    }),
  ],
  ["/t.S/Chat", bidirectional((_call, send) => ({ message: (bytes) => send(Buffer.from(bytes)), end() {} }))],
]);

let server: TestServer;
let client: Client;
let compressed: Client;

beforeEach(async () => {
  aborted.length = 0;
  server = await startGrpc(methods);
  const Constructor = makeClientConstructor(definition, "S");
  const insecure = credentials.createInsecure();
  client = new Constructor(server.address, insecure);
  compressed = new Constructor(server.address, insecure, { "grpc.default_compression_algorithm": 2 });
});

afterEach(async () => {
  client.close();
  compressed.close();
  await server.server.close();
});

function callUnary(on: Client, name: string, request: Buffer, options: { deadline?: number; tag?: string } = {}) {
  const metadata = new Metadata();
  if (options.tag !== undefined) metadata.set("x-tag", options.tag);
  const { path, requestSerialize, responseDeserialize } = definition[name]!;
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const call = on.makeUnaryRequest(
    path,
    requestSerialize,
    responseDeserialize,
    request,
    metadata,
    { deadline: options.deadline },
    (error, value) => (error === null ? resolve(value as Buffer) : reject(error)),
  );
  return { call, reply: promise };
}

it("makes unary calls with metadata", async () => {
  const replies = Array.from({ length: 50 }, (_, at) =>
    callUnary(client, "echo", Buffer.from(`${at}`), { tag: "!" }).reply.then(String),
  );
  expect(await Promise.all(replies)).toEqual(Array.from({ length: 50 }, (_, at) => `${at}!`));
});

it("reads statuses and messages", async () => {
  await expect(callUnary(client, "fail", Buffer.of()).reply).rejects.toMatchObject({
    code: status.PERMISSION_DENIED,
    details: "non: 100 % interdit, ça ne va pas \u{1f600}",
  });
  await expect(callUnary(client, "missing", Buffer.of()).reply).rejects.toMatchObject({ code: status.UNIMPLEMENTED });
});

it("compresses both ways", async () => {
  const request = Buffer.from("compress me ".repeat(5000));
  expect((await callUnary(compressed, "echo", request).reply).equals(request)).toBe(true);
});

it("keeps deadlines", async () => {
  const { reply } = callUnary(client, "hang", Buffer.of(), { deadline: Date.now() + 50 });
  await expect(reply).rejects.toMatchObject({ code: status.DEADLINE_EXCEEDED });
  await vi.waitFor(() => expect(aborted).toEqual(["signal"]));
  expect(server.events.bugs).toEqual([]);
});

it("cancels", async () => {
  const { call, reply } = callUnary(client, "hang", Buffer.of());
  await vi.waitFor(() => expect(server.events.streams).toHaveLength(1));
  call.cancel();
  await expect(reply).rejects.toMatchObject({ code: status.CANCELLED });
  await vi.waitFor(() => expect(aborted).toEqual(["signal"]));
  await vi.waitFor(() => expect(server.server.live().calls).toBe(0));
  expect(server.events.statuses).toEqual([grpcStatus.CANCELLED]);
});

it("streams up", async () => {
  const { path, requestSerialize, responseDeserialize } = definition.collect!;
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const call = client.makeClientStreamRequest(path, requestSerialize, responseDeserialize, (error, value) =>
    error === null ? resolve(value as Buffer) : reject(error),
  );
  for (let at = 0; at < 100; at++) call.write(Buffer.alloc(50_000));
  call.end();
  expect(String(await promise)).toBe("5000000");
});

it("streams down", async () => {
  const { path, requestSerialize, responseDeserialize } = definition.count!;
  const call = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, Buffer.from("200"));
  const sizes: number[] = [];
  for await (const message of call) sizes.push((message as Buffer).length);
  expect(sizes).toEqual(Array(200).fill(10_000));
});

it("streams both ways", async () => {
  const { path, requestSerialize, responseDeserialize } = definition.chat!;
  const call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
  const got: string[] = [];
  for (const word of ["one", "two", "three"]) call.write(Buffer.from(word));
  call.end();
  for await (const message of call) got.push(String(message));
  expect(got).toEqual(["one", "two", "three"]);
});
