import { constants, type ServerHttp2Stream } from "node:http2";
import type { Refusal } from "./grpc-request.ts";
import { toTrailers } from "./status.ts";

/** Answers a request that cannot become a call: trailers-only for gRPC callers, a readable text for others. */
export function refuse(stream: ServerHttp2Stream, refusal: Refusal, head = false): void {
  stream.on("error", () => {}); // a caller that leaves early needs no answer
  stream.on("data", () => {}); // what it still sends is dropped
  if (stream.destroyed || stream.closed) return;
  const plain = refusal.httpStatus !== 200;
  const headers = {
    ":status": refusal.httpStatus,
    "content-type": plain ? "text/plain; charset=utf-8" : "application/grpc",
    ...refusal.headers,
    ...toTrailers(refusal.status, refusal.message),
  };
  stream.respond(headers, { endStream: !plain || head });
  if (plain && !head) stream.end(`${refusal.message}\n`);
  hangUp(stream);
}

/** Tells a caller that has its answer and is still sending to stop. */
function hangUp(stream: ServerHttp2Stream): void {
  setImmediate(() => {
    if (!stream.destroyed && !stream.closed && !stream.readableEnded) stream.close(constants.NGHTTP2_NO_ERROR);
  });
}
