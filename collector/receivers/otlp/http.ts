import type { IncomingMessage } from "node:http";
import type { FastifyReply } from "fastify";
import { OverloadError } from "../../../schemas/model/overload.ts";
import {
  encodeResponse,
  encodeStatus,
  type PartialSuccess,
  type RpcStatus,
  responseToJson,
  type Signal,
  statusToJson,
} from "../../decode/otlp/answers.ts";
import { convertJson, OtlpJsonError } from "../../decode/otlp-json.ts";
import { OtlpError } from "../../decode/otlp-spans.ts";
import { grpcStatus } from "../../transport/grpc.ts";
import { type BodyOptions, readBody } from "../../transport/http-body.ts";
import { HttpError } from "../../transport/http-error.ts";
import { inTurns } from "../in-turns.ts";
import type { PostRoute } from "../post-route.ts";
import type { ReceiverEvents } from "../receiver.ts";
import type { OtlpRequest } from "./request.ts";

const protobufType = "application/x-protobuf";
const jsonType = "application/json";

/** How one signal is taken over HTTP. */
export interface HttpExport {
  readonly signal: Signal;
  readonly source: string;
  readonly body: BodyOptions;
  readonly events: ReceiverEvents;
  take(request: OtlpRequest): PartialSuccess | Promise<PartialSuccess>;
}

/** `POST /v1/<signal>`: protobuf or JSON, answered in kind, errors as google.rpc.Status. */
export function exportRoute(options: HttpExport): PostRoute {
  const { signal } = options;
  return {
    path: `/v1/${signal}`,
    async take(request, reply) {
      const json = isJson(request);
      const outcome = await takeBody(request, json, options);
      reply.header("content-type", json ? jsonType : protobufType);
      return Buffer.from(json ? responseToJson(signal, outcome) : encodeResponse(outcome));
    },
    fail: (error, request, reply) => refuse(error, request, reply, options),
  };
}

/** Development of profiles is not done: they are refused as OTLP refuses. */
export const profilesRoute: PostRoute = {
  path: "/v1development/profiles",
  async take() {
    throw new HttpError(404, "NOT_FOUND", "profiles are not taken: expected /v1/traces, /v1/logs or /v1/metrics");
  },
  fail: answerError,
};

async function takeBody(request: IncomingMessage, json: boolean, options: HttpExport): Promise<PartialSuccess> {
  const { signal, source, body, events } = options;
  const { bytes, release } = await readBody(request, body);
  try {
    events.message(source, bytes.length);
    return await options.take(json ? await inTurns(convertJson(bytes.toString("utf8"), signal)) : { bytes });
  } finally {
    release();
  }
}

/** Whether a request is in JSON. Throws an HttpError (415) for what is neither JSON nor protobuf. */
function isJson({ headers }: IncomingMessage): boolean {
  const type = (headers["content-type"] ?? "").split(";")[0]!.trim().toLowerCase();
  if (type === jsonType) return true;
  if (type === protobufType || type === "application/protobuf") return false;
  const got = type === "" ? "no content-type" : `content-type ${type}`;
  throw new HttpError(415, "UNSUPPORTED_MEDIA_TYPE", `${got}: expected ${protobufType} or ${jsonType}`);
}

function refuse(
  error: unknown,
  request: IncomingMessage,
  reply: FastifyReply,
  { source, events }: HttpExport,
): unknown {
  if (error instanceof OtlpError) events.decodeError(source, `message_${error.fault}`);
  else if (error instanceof OtlpJsonError) events.decodeError(source, "message_json");
  else if (error instanceof OverloadError) events.decodeError(source, "message_pushed_back");
  else if (error instanceof HttpError) events.decodeError(source, `message_${error.code.toLowerCase()}`);
  return answerError(error, request, reply);
}

function answerError(error: unknown, request: IncomingMessage, reply: FastifyReply): unknown {
  const answer = toAnswer(error);
  if (answer === undefined) throw error;
  const { httpStatus, status } = answer;
  if (status.retryAfterMs !== undefined) reply.header("retry-after", Math.ceil(status.retryAfterMs / 1000));
  const json = (request.headers["content-type"] ?? "").toLowerCase().startsWith(jsonType);
  reply.code(httpStatus).header("content-type", json ? jsonType : protobufType);
  return Buffer.from(json ? statusToJson(status) : encodeStatus(status));
}

/** How long a sender waits when the hub holds too much already. */
const busyMs = 1000;

/** gRPC codes of what else over HTTP is refused. */
const codes: Readonly<Record<number, number>> = {
  404: grpcStatus.UNIMPLEMENTED,
  413: grpcStatus.RESOURCE_EXHAUSTED,
  503: grpcStatus.UNAVAILABLE,
};

function toAnswer(error: unknown): { readonly httpStatus: number; readonly status: RpcStatus } | undefined {
  if (error instanceof OtlpError || error instanceof OtlpJsonError)
    return { httpStatus: 400, status: { code: grpcStatus.INVALID_ARGUMENT, message: error.message } };
  if (error instanceof OverloadError) {
    const { message, retryAfterMs } = error;
    return { httpStatus: 503, status: { code: grpcStatus.UNAVAILABLE, message, retryAfterMs } };
  }
  if (!(error instanceof HttpError)) return undefined;
  const { statusCode: httpStatus, message } = error;
  const retryAfterMs = httpStatus === 503 ? busyMs : undefined;
  return { httpStatus, status: { code: codes[httpStatus] ?? grpcStatus.INVALID_ARGUMENT, message, retryAfterMs } };
}
