import type { OutgoingHttpHeaders } from "node:http2";
import { GrpcError, grpcStatus } from "./grpc.ts";

const unsafe = /[^ -$&-~]/u;

/**
 * A status message as grpc-message carries it: UTF-8 with every octet outside 0x20-0x7E, and the percent sign, as %XX
 * (gRPC over HTTP/2, Responses). Lone surrogates become U+FFFD.
 */
export function encodeGrpcMessage(message: string): string {
  if (!unsafe.test(message)) return message;
  let text = "";
  for (const byte of Buffer.from(message, "utf8")) {
    const plain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
    text += plain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return text;
}

/** A grpc-message as text; what is not a valid escape stays as it is, so this never fails. */
export function decodeGrpcMessage(encoded: string): string {
  const raw = encoded.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(raw, "latin1").toString("utf8");
}

/** The trailers of a call that ends with a status; `details` is a google.rpc.Status. */
export function toTrailers(status: number, message: string, details?: Uint8Array): OutgoingHttpHeaders {
  if (message === "") return { "grpc-status": String(status) };
  return {
    "grpc-status": String(status),
    "grpc-message": encodeGrpcMessage(message.slice(0, 1024)),
    ...(details !== undefined && { "grpc-status-details-bin": Buffer.from(details).toString("base64") }),
  };
}

/** What a thrown value means to the caller; anything but a GrpcError is a bug whose details stay inside. */
export function toGrpcError(error: unknown): GrpcError {
  return error instanceof GrpcError ? error : new GrpcError(grpcStatus.INTERNAL, "internal error");
}

/**
 * The status under which a call counts that the caller or the connection ended, by RST_STREAM code
 * (gRPC over HTTP/2, Errors; NO_ERROR and CANCEL both mean that the caller gave up).
 */
export function statusOfReset(code: number): number {
  if (code === 0 || code === 8) return grpcStatus.CANCELLED;
  if (code === 7) return grpcStatus.UNAVAILABLE;
  if (code === 11) return grpcStatus.RESOURCE_EXHAUSTED;
  if (code === 12) return grpcStatus.PERMISSION_DENIED;
  return grpcStatus.INTERNAL;
}
