import type { IncomingHttpHeaders } from "node:http2";
import type { ListenerLimits } from "../config/schema.ts";
import { acceptedEncodings } from "./compression.ts";
import { parseTimeout } from "./deadline.ts";
import type { RefusalReason } from "./events.ts";
import { type GrpcMethod, type GrpcMethods, grpcStatus } from "./grpc.ts";

/** A request that may start a call. */
export interface AcceptedRequest {
  readonly name: string;
  readonly method: GrpcMethod;
  /** Time the caller gives it in milliseconds; undefined without grpc-timeout. */
  readonly timeoutMs: number | undefined;
  /** The caller compresses with gzip, and so takes gzip. */
  readonly gzip: boolean;
}

/** What a request without a call is answered with. */
export interface Refusal {
  readonly httpStatus: number;
  readonly status: number;
  readonly message: string;
  readonly reason: RefusalReason;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Reads the headers of a request (gRPC over HTTP/2, Requests): which method, or why not. */
export function readRequest(headers: IncomingHttpHeaders, methods: GrpcMethods): AcceptedRequest | Refusal {
  if (headers[":method"] !== "POST") return notPost;
  if (!/^application\/grpc($|[+;])/i.test(headers["content-type"] ?? "")) return notGrpc(headers["content-type"]);
  const name = headers[":path"] ?? "";
  const method = methods.get(name);
  if (method === undefined) return unknownMethod(name, methods);
  const timeout = single(headers["grpc-timeout"]);
  const timeoutMs = timeout === undefined ? undefined : parseTimeout(timeout);
  if (timeout !== undefined && timeoutMs === undefined) return badTimeout(timeout);
  const encoding = single(headers["grpc-encoding"]) ?? "identity";
  if (encoding !== "identity" && encoding !== "gzip") return badEncoding(encoding);
  return { name, method, timeoutMs, gzip: encoding === "gzip" };
}

/** Refuses headers beyond the limits: number, and octets of names and values plus 32 for each (RFC 9113, 10.5.1). */
export function refuseLarge(raw: readonly string[], limits: ListenerLimits): Refusal | undefined {
  let bytes = 16 * raw.length;
  for (const text of raw) bytes += text.length;
  if (raw.length <= 2 * limits.maxHeaders && bytes <= limits.maxHeaderBytes) return undefined;
  return {
    httpStatus: 431,
    status: grpcStatus.RESOURCE_EXHAUSTED,
    message: `${raw.length / 2} headers of ${bytes} bytes: the limit is ${limits.maxHeaders} of ${limits.maxHeaderBytes}`,
    reason: "headers",
  };
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(", ") : value;
}

const notPost: Refusal = {
  httpStatus: 405,
  status: grpcStatus.INTERNAL,
  message: "gRPC calls are made with POST",
  reason: "method",
  headers: { allow: "POST" },
};

function notGrpc(contentType = "none"): Refusal {
  return {
    httpStatus: 415,
    status: grpcStatus.INTERNAL,
    message: `content-type ${quote(contentType)} is not application/grpc`,
    reason: "content-type",
  };
}

function unknownMethod(path: string, methods: GrpcMethods): Refusal {
  const service = path.slice(0, path.lastIndexOf("/") + 1);
  const known = service.length > 1 && [...methods.keys()].some((name) => name.startsWith(service));
  const message = known
    ? `unknown method ${quote(path.slice(service.length))} of service ${quote(service.slice(1, -1))}`
    : `unknown service ${quote(service.slice(1, -1) || path)}`;
  return { httpStatus: 200, status: grpcStatus.UNIMPLEMENTED, message, reason: "method" };
}

function badTimeout(timeout: string): Refusal {
  return {
    httpStatus: 400,
    status: grpcStatus.INTERNAL,
    message: `grpc-timeout ${quote(timeout)} is malformed: expected 1 to 8 digits and one of H M S m u n`,
    reason: "header",
  };
}

function badEncoding(encoding: string): Refusal {
  return {
    httpStatus: 200,
    status: grpcStatus.UNIMPLEMENTED,
    message: `grpc-encoding ${quote(encoding)} is not supported: expected identity or gzip`,
    reason: "encoding",
    headers: { "grpc-accept-encoding": acceptedEncodings },
  };
}

function quote(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}...` : text);
}
