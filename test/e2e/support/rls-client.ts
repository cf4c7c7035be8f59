import { create, fromBinary, type MessageInitShape, toBinary, toJson } from "@bufbuild/protobuf";
import {
  RateLimitRequestSchema,
  RateLimitResponseSchema,
} from "../../../schemas/gen/envoy/service/ratelimit/v3/rls_pb.js";
import { connectGrpc } from "../../support/grpc-client.ts";

/** What is asked. */
export type RlsRequest = MessageInitShape<typeof RateLimitRequestSchema>;

/** A connection to a rate limit service. */
export interface RlsClient {
  /** The answer as JSON; throws the status if there is none. */
  ask(request: RlsRequest, timeout?: string): Promise<RlsAnswer>;
  close(): Promise<void>;
}

/** What is answered, as protobuf's JSON has it. */
export interface RlsAnswer {
  readonly overallCode: string;
  readonly statuses?: readonly {
    readonly code: string;
    readonly limitRemaining?: number;
    readonly durationUntilReset?: string;
  }[];
  readonly responseHeadersToAdd?: readonly { readonly key: string; readonly value: string }[];
  readonly dynamicMetadata?: unknown;
}

/** Connects to the gRPC port of a rate limit service, the hub's or another. */
export async function connectRls(address: string): Promise<RlsClient> {
  const connection = await connectGrpc(address);
  return {
    async ask(request, timeout = "10S") {
      const bytes = toBinary(RateLimitRequestSchema, create(RateLimitRequestSchema, request));
      const method = "/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit";
      const { status, message, messages } = await connection.unary(method, bytes, { "grpc-timeout": timeout });
      if (status !== 0 || messages[0] === undefined) throw new Error(`status ${status}: ${message}`);
      return toJson(RateLimitResponseSchema, fromBinary(RateLimitResponseSchema, messages[0])) as unknown as RlsAnswer;
    },
    close: () => connection.close(),
  };
}
