import { fromBinary } from "@bufbuild/protobuf";
import Fastify from "fastify";
import { expect, it } from "vitest";
import { RetryInfoSchema, StatusSchema } from "../../../schemas/gen/google/rpc/status_pb.js";
import { OverloadError } from "../../../schemas/model/overload.ts";
import type { SpanBatch } from "../../../schemas/model/span.ts";
import { connectGrpc } from "../../../test/support/grpc-client.ts";
import { startGrpc } from "../../../test/support/grpc-server.ts";
import { aRequest, aSpan } from "../../../test/support/otlp-span.ts";
import type { ListenerConfig } from "../../config/schema.ts";
import { createProxyTable } from "../proxies.ts";
import { otlp } from "./index.ts";

const method = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

/** The receiver before an intake that takes only so many batches. */
function open(batches: number) {
  let left = batches;
  let taken = 0;
  const errors: string[] = [];
  const reportSpans = async (batch: SpanBatch) => {
    if (left-- <= 0) throw new OverloadError("the lane of traces is full", 2500);
    let accepted = 0;
    while (batch.next() !== undefined) accepted++;
    taken += accepted;
    return { accepted, malformed: batch.malformed };
  };
  const none = () => ({ accepted: 0, malformed: 0, rejected: [] });
  const receiver = otlp.open({
    intake: {
      ...{ reportAccessLogs: none, reportRecords: none, reportSpans, reportMetrics: none, takesMetrics: () => false },
      check: () => ({ problem: { reason: "unexpected", error: "nobody asks here" } }),
      limit: () => ({ failure: "not asked" }),
    },
    events: {
      streamOpened() {},
      streamClosed() {},
      message() {},
      points() {},
      decodeError: (_source, reason) => errors.push(reason),
    },
    proxies: createProxyTable(() => 0),
    now: Date.now,
  });
  return { receiver, errors, taken: () => taken };
}

const trust = { reporter: "outbound", trustForwardedClientCert: false, default: "allow", trustedHops: 0 } as const;

it("asks to be left alone for a while when it is pushed back: gRPC", async () => {
  const { receiver, errors } = open(0);
  const server = await startGrpc(receiver.methods(trust));
  const connection = await connectGrpc(server.address);
  const { status, message, trailers, headers } = await connection.unary(method, aRequest([aSpan(1)]));
  await connection.close();
  await server.server.drain(0);
  expect([status, message, errors]).toEqual([14, "the lane of traces is full", ["message_pushed_back"]]);
  const bin = String(trailers["grpc-status-details-bin"] ?? headers["grpc-status-details-bin"]);
  const { code, details } = fromBinary(StatusSchema, Buffer.from(bin, "base64"));
  const retry = fromBinary(RetryInfoSchema, details[0]!.value);
  expect([code, retry.retryDelay?.seconds, retry.retryDelay?.nanos]).toEqual([14, 2n, 500_000_000]);
});

it("asks to be left alone for a while when it is pushed back: HTTP, in both encodings", async () => {
  const { receiver } = open(0);
  const server = Fastify();
  receiver.mount?.(server, { limits: { maxMessageBytes: 1e6, maxBufferedBytes: 1e6 }, ...trust } as ListenerConfig);
  const json =
    '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174"}]}]}]}';
  const inject = (type: string, payload: string | Buffer) =>
    server.inject({ method: "POST", url: "/v1/traces", headers: { "content-type": type }, payload });
  const answer = await inject("application/json", json);
  expect([answer.statusCode, answer.headers["retry-after"], answer.json()]).toEqual([
    503,
    "3",
    {
      code: 14,
      message: "the lane of traces is full",
      details: [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "2.5s" }],
    },
  ]);
  const binary = await inject("application/x-protobuf", Buffer.from(aRequest([aSpan(1)])));
  expect([binary.statusCode, fromBinary(StatusSchema, binary.rawPayload).code]).toEqual([503, 14]);
  await server.close();
});

it("takes a large request in turns", async () => {
  const { receiver, taken } = open(5);
  const call = receiver.methods(trust).get(method)!;
  const sent: Uint8Array[] = [];
  const handler = call.open({} as never, (bytes) => void sent.push(bytes));
  await handler.message(aRequest(Array.from({ length: 5000 }, (_, n) => aSpan((n % 250) + 1))));
  expect([taken(), sent.map(({ length }) => length)]).toEqual([5000, [0]]);
});
