import { constants, gunzip, gunzipSync, gzipSync } from "node:zlib";
import { FramingError, tooLarge } from "./framing.ts";
import { grpcStatus } from "./grpc.ts";

/** What grpc-accept-encoding offers. */
export const acceptedEncodings = "identity,gzip";

const inPlaceBytes = 4096; // compressed; at most 4 MiB come out of it, in a few milliseconds
const worthwhileBytes = 1024;

/**
 * A gzip message inflated, off the thread when it is large. Throws or rejects with a FramingError: RESOURCE_EXHAUSTED
 * beyond `maxBytes` (never more than that is inflated), INTERNAL if it is not gzip.
 */
export function inflate(bytes: Uint8Array, maxBytes: number): Uint8Array | Promise<Uint8Array> {
  const options = { maxOutputLength: maxBytes };
  if (bytes.length <= inPlaceBytes) {
    try {
      return gunzipSync(bytes, options);
    } catch (error) {
      throw toFramingError(error, maxBytes);
    }
  }
  return new Promise((resolve, reject) => {
    gunzip(bytes, options, (error, inflated) => (error ? reject(toFramingError(error, maxBytes)) : resolve(inflated)));
  });
}

/** A reply deflated, or undefined if it is too small to be worth it. */
export function deflate(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes.length < worthwhileBytes) return undefined;
  const deflated = gzipSync(bytes, { level: constants.Z_BEST_SPEED });
  return deflated.length < bytes.length ? deflated : undefined;
}

function toFramingError(error: unknown, maxBytes: number): FramingError {
  if (error instanceof RangeError) return tooLarge(undefined, maxBytes);
  const reason = error instanceof Error ? error.message : String(error);
  return new FramingError(grpcStatus.INTERNAL, `cannot decompress a gzip message: ${reason}`, "message");
}
