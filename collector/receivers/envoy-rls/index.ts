import { ByteWriter } from "../../../schemas/model/byte-writer.ts";
import type { LimitReceipt } from "../../../schemas/model/check-request.ts";
import type { RateLimitAnswer, RateLimitRequest } from "../../../schemas/model/rate-limit.ts";
import type { ListenerConfig } from "../../config/schema.ts";
import { parseRateLimitRequest, RateLimitJsonError, rateLimitResponseToJson } from "../../decode/rate-limit/json.ts";
import { whatIsMissing } from "../../decode/rate-limit/missing.ts";
import { decodeRateLimitRequest } from "../../decode/rate-limit/request.ts";
import { encodeRateLimitResponse } from "../../decode/rate-limit/response.ts";
import { rateLimitService, shouldRateLimit } from "../../decode/rate-limit/service.ts";
import { type GrpcCall, GrpcError, grpcStatus } from "../../transport/grpc.ts";
import { unary } from "../../transport/grpc-method.ts";
import { readBody } from "../../transport/http-body.ts";
import { HttpError } from "../../transport/http-error.ts";
import { MemoryLedger } from "../../transport/memory.ts";
import { mountPosts } from "../post-route.ts";
import { defineReceiver, type Receiver, type ReceiverHost } from "../receiver.ts";

const source = "limit";

/** How long an asker that does not say is taken to wait. */
const WAITS_MS = 10_000;

/** Answers rate limit requests: envoy.service.ratelimit.v3 over gRPC, and the same as JSON at `POST /json`. */
export const envoyRls = defineReceiver({
  type: "envoy-rls",
  source,
  summary: "Envoy's rate limit service v3, over gRPC and as JSON at POST /json.",
  services: [rateLimitService],
  open: openRateLimits,
});

function openRateLimits(host: ReceiverHost): Receiver {
  const { intake, events, now } = host;
  const writer = new ByteWriter();

  const ask = (request: RateLimitRequest, tellsClient: boolean, waitsMs: number, traceparent?: string) => {
    const missing = whatIsMissing(request);
    if (missing !== undefined) throw new RefusedRequest(missing);
    return intake.limit({ request, tellsClient, waitsMs, traceparent });
  };

  const answerGrpc = (bytes: Uint8Array, call: GrpcCall, tellsClient: boolean) => {
    events.message(source, bytes.length);
    const request = decodeRateLimitRequest(bytes);
    if (typeof request === "string") throw refused(`message_${request}`, `the message is malformed: ${request}`);
    try {
      const { deadlineMs } = call;
      const waitsMs = deadlineMs === undefined ? WAITS_MS : Math.max(0, deadlineMs - now());
      const receipt = ask(request, tellsClient, waitsMs, call.header("traceparent"));
      const encode = (given: LimitReceipt) => encodeRateLimitResponse(answerOf(given), writer);
      return receipt instanceof Promise ? receipt.then(encode) : encode(receipt);
    } catch (error) {
      throw error instanceof RefusedRequest ? refused(error.reason, error.message) : error;
    }
  };

  const refused = (reason: string, message: string) => {
    events.decodeError(source, reason);
    return new GrpcError(grpcStatus.INVALID_ARGUMENT, message);
  };

  const answerJson = async (text: string, tellsClient: boolean): Promise<RateLimitAnswer> => {
    try {
      const receipt = await ask(parseRateLimitRequest(text), tellsClient, WAITS_MS);
      if ("answer" in receipt) return receipt.answer;
      throw new HttpError(500, "NO_ANSWER", receipt.failure);
    } catch (error) {
      if (!(error instanceof RefusedRequest) && !(error instanceof RateLimitJsonError)) throw error;
      events.decodeError(source, error instanceof RefusedRequest ? error.reason : "message_malformed");
      throw new HttpError(400, "NOT_A_LIMIT_REQUEST", error.message);
    }
  };

  return {
    methods: ({ rateLimitHeaders = true }) =>
      new Map([[shouldRateLimit, unary((bytes, call) => answerGrpc(bytes, call, rateLimitHeaders))]]),
    mount(server, { limits, rateLimitHeaders }: ListenerConfig) {
      const body = { maxBytes: limits.maxMessageBytes, memory: new MemoryLedger(limits.maxBufferedBytes) };
      mountPosts(server, [
        {
          path: "/json",
          async take(request, reply) {
            const { bytes, release } = await readBody(request, body);
            release();
            events.message(source, bytes.length);
            const answer = await answerJson(bytes.toString(), rateLimitHeaders);
            reply.code(answer.overLimit ? 429 : 200);
            return rateLimitResponseToJson(answer);
          },
        },
      ]);
    },
  };
}

/** A request that asks for nothing. */
class RefusedRequest extends Error {
  readonly reason = "message_incomplete";
}

/** Where there is no answer, the proxy's own failure mode decides. */
function answerOf(receipt: LimitReceipt): RateLimitAnswer {
  if ("answer" in receipt) return receipt.answer;
  throw new GrpcError(grpcStatus.UNAVAILABLE, receipt.failure);
}
