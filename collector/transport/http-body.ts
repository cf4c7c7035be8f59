import type { IncomingMessage } from "node:http";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { HttpError } from "./http-error.ts";
import type { MemoryLedger } from "./memory.ts";

/** Bounds of a body, and where its memory is booked. */
export interface BodyOptions {
  /** Most bytes, compressed or not. */
  readonly maxBytes: number;
  /** Shared by all requests of a listener. */
  readonly memory: MemoryLedger;
  /** The body is passed on as it is, whatever content-encoding says. */
  readonly asIs?: true;
}

/** A body that has arrived; its memory stays booked until it is released. */
export interface Body {
  readonly bytes: Buffer;
  release(): void;
}

/**
 * Reads a body to its end, gzip (RFC 1952) undone as it comes, so that what inflates too far is stopped on the way.
 * Rejects with an HttpError: 413 if it is too large, 415 for another encoding, 400 if it is no gzip or is cut off, 503
 * if the listener holds too much already.
 */
export async function readBody(request: IncomingMessage, { maxBytes, memory, asIs }: BodyOptions): Promise<Body> {
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  let held = 0;
  const release = () => {
    memory.add(-held);
    held = 0;
  };
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of asIs ? chunksOf(request) : decoded(request, maxBytes)) {
      held += chunk.length;
      if (held > maxBytes) throw tooLarge(maxBytes);
      if (!memory.add(chunk.length)) throw new HttpError(503, "BUSY", "too much at once; send it again later");
      chunks.push(chunk);
    }
  } catch (error) {
    release();
    throw toHttpError(error);
  }
  return { bytes: Buffer.concat(chunks, held), release };
}

/** Leaves the request as it is when reading ends early: destroying it would take its connection, and the answer with it. */
function chunksOf(request: IncomingMessage): AsyncIterable<Buffer> {
  return request.iterator({ destroyOnReturn: false });
}

function decoded(request: IncomingMessage, maxBytes: number): AsyncIterable<Buffer> {
  const encoding = request.headers["content-encoding"]?.trim().toLowerCase() ?? "identity";
  if (encoding === "identity" || encoding === "") return chunksOf(request);
  if (encoding !== "gzip" && encoding !== "x-gzip")
    throw new HttpError(
      415,
      "UNSUPPORTED_ENCODING",
      `content-encoding ${encoding} is not taken: expected gzip or none`,
    );
  // Errors of either end destroy the last stream, which the reader sees.
  return pipeline(bounded(chunksOf(request), maxBytes), createGunzip(), () => {});
}

/** Ends a stream that goes on for ever without inflating to anything. */
async function* bounded(chunks: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<Buffer> {
  let total = 0;
  for await (const chunk of chunks) {
    total += chunk.length;
    if (total > maxBytes) throw tooLarge(maxBytes);
    yield chunk;
  }
}

/** How long a sender whose request was answered may go on sending. */
const LINGER_MS = 2000;

/**
 * Passes over what is left of a request that is answered before its end. A connection that is closed at once on
 * someone who is still sending takes the answer with it; one that never ends is closed after a while.
 */
export function discardRest(request: IncomingMessage): void {
  if (request.complete) return;
  const cut = setTimeout(() => request.socket.destroy(), LINGER_MS);
  request.on("error", () => {}).once("close", () => clearTimeout(cut));
  request.once("end", () => clearTimeout(cut)).resume();
}

function tooLarge(maxBytes: number): HttpError {
  return new HttpError(
    413,
    "BODY_TOO_LARGE",
    `the body is too large: expected at most ${maxBytes} bytes, inflated too`,
  );
}

function toHttpError(error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  if (code.startsWith("Z_")) return new HttpError(400, "MALFORMED_GZIP", "the body is no gzip, or is cut off");
  if (code === "ECONNRESET") return new HttpError(400, "ABORTED", "the sender went away before the end of the body");
  return error;
}
