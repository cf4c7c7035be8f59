import type { IncomingMessage } from "node:http";
import type { FastifyInstance, FastifyReply } from "fastify";
import { OverloadError } from "../../../schemas/model/overload.ts";
import type { ListenerConfig } from "../../config/schema.ts";
import { createSpanDecoder, type SpanDecoder } from "../../decode/otlp-spans.ts";
import { convertZipkin, type ZipkinEncoding, ZipkinError } from "../../decode/zipkin.ts";
import { type BodyOptions, readBody } from "../../transport/http-body.ts";
import { HttpError, overloaded } from "../../transport/http-error.ts";
import { MemoryLedger } from "../../transport/memory.ts";
import { inTurns } from "../in-turns.ts";
import { takeSpans } from "../otlp/take-spans.ts";
import { mountPosts } from "../post-route.ts";
import { defineReceiver, type ReceiverHost } from "../receiver.ts";

const source = "zipkin";

/** Takes Zipkin's spans over HTTP: v2 as JSON or protobuf, and v1 as JSON. */
export const zipkin = defineReceiver({
  type: "zipkin",
  source,
  summary: "Zipkin over HTTP: POST /api/v2/spans as JSON or protobuf, /api/v1/spans as JSON.",
  services: [],
  open(host) {
    const spans = createSpanDecoder({ now: host.now });
    return {
      methods: () => new Map(),
      mount: (server, listener) => mount(server, listener, spans, host),
    };
  },
});

function mount(server: FastifyInstance, { limits }: ListenerConfig, spans: SpanDecoder, host: ReceiverHost): void {
  const body = { maxBytes: limits.maxMessageBytes, memory: new MemoryLedger(limits.maxBufferedBytes) };
  const route = (path: string, encodingOf: (type: string) => ZipkinEncoding | undefined) => ({
    path,
    take: (request: IncomingMessage, reply: FastifyReply) => take(request, reply, encodingOf, body, spans, host),
    fail: (error: unknown) => refuse(error, host),
  });
  mountPosts(server, [
    route("/api/v2/spans", (type) => (isJson(type) ? "json" : isProtobuf(type) ? "protobuf" : undefined)),
    route("/api/v1/spans", (type) => (isJson(type) ? "json-v1" : undefined)),
  ]);
}

const isJson = (type: string) => type === "" || type === "application/json";
const isProtobuf = (type: string) => type === "application/x-protobuf" || type === "application/protobuf";

/** Zipkin answers 202 with nothing; what was refused of it is told in a body that its senders pass over. */
async function take(
  request: IncomingMessage,
  reply: FastifyReply,
  encodingOf: (type: string) => ZipkinEncoding | undefined,
  body: BodyOptions,
  spans: SpanDecoder,
  host: ReceiverHost,
): Promise<unknown> {
  const type = (request.headers["content-type"] ?? "").split(";")[0]!.trim().toLowerCase();
  const encoding = encodingOf(type);
  if (encoding === undefined)
    throw new HttpError(415, "UNSUPPORTED_MEDIA_TYPE", `content-type ${type} is not taken: expected application/json`);
  const { bytes, release } = await readBody(request, body);
  try {
    host.events.message(source, bytes.length);
    const { rejected, message } = await takeSpans(await inTurns(convertZipkin(bytes, encoding)), spans, source, host);
    reply.code(202);
    return rejected === 0 ? "" : { rejected, message };
  } finally {
    release();
  }
}

function refuse(error: unknown, { events }: ReceiverHost): never {
  const refusal = toHttpError(error);
  if (refusal instanceof HttpError) events.decodeError(source, `message_${refusal.code.toLowerCase()}`);
  throw refusal;
}

function toHttpError(error: unknown): unknown {
  if (error instanceof ZipkinError) return new HttpError(400, "MALFORMED_SPANS", error.message);
  return error instanceof OverloadError ? overloaded(error) : error;
}
