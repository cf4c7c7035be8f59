import { createHash } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";

/** A body and what it is. */
export interface Body {
  readonly type: "application/json; charset=utf-8" | "text/plain; charset=utf-8";
  readonly bytes: Buffer;
}

/**
 * Sends a body under a weak entity tag made of its content, or 304 if the asker has it (RFC 9110, 8.8.3 and 13.1.2).
 * Late records change what was said of the past, so nothing else can stand for the content.
 */
export function sendBody(request: FastifyRequest, reply: FastifyReply, { type, bytes }: Body): FastifyReply {
  const tag = `W/"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`;
  reply.headers({ etag: tag, "cache-control": "private, no-cache", "x-content-type-options": "nosniff" });
  if (isKnown(request.headers["if-none-match"], tag)) return reply.code(304).send();
  return reply.type(type).send(bytes);
}

function isKnown(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  const opaque = (text: string) => text.trim().replace(/^W\//, "");
  return header.trim() === "*" || header.split(",").some((part) => opaque(part) === opaque(tag));
}
