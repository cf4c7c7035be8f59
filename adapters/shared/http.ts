import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Delivery } from "../adapter.ts";

const pack = promisify(gzip);

/** One POST of a batch. */
export interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array<ArrayBuffer>;
  /** The lane's, so that the request ends with the attempt. */
  readonly signal: AbortSignal;
  /** With `gzip` the body is packed, and the header says so. */
  readonly compression?: "none" | "gzip";
  /** Most bytes of the body as sent; more is too large without asking. */
  readonly maxBytes?: number;
  /** Statuses that mean otherwise for this backend than for HTTP in general. */
  readonly meanings?: Readonly<Record<number, Meaning>>;
  /** How answers are read that say more than their status. */
  readonly reader?: AnswerReader;
}

/** The answer to a request. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly contentType: string;
  /** The beginning of its body, of an answer's usual length all of it. */
  readonly body: Buffer;
}

/** Reads the answers of one backend. */
export interface AnswerReader {
  /** What became of a batch that was taken: the backend may have refused a part of it. */
  accepted(answer: Answer): Delivery;
  /** What an error says; it is quoted in one line. */
  explain(answer: Answer): string;
}

/** What a status says about a batch. */
export type Meaning = "delivered" | "retry" | "too_large" | "rejected";

/** Characters of an answer's body that are quoted in a reason. */
const QUOTED = 300;
/** Bytes of an answer's body that are given to a reader. */
const READ = 65_536;

/**
 * Posts a batch and says what became of it: 2xx is delivered; 408, 425, 429, 5xx but 501 and 505, and no answer at all are worth
 * another attempt, after `Retry-After` if there is one (RFC 9110, 10.2.3); 413 is too large; the rest is rejected, redirects too.
 */
export async function post(fetch: typeof globalThis.fetch, request: Post): Promise<Delivery> {
  try {
    const { body, packed } = await encode(request);
    const bytes = typeof body === "string" ? Buffer.byteLength(body) : body.byteLength;
    const { url, maxBytes = Number.POSITIVE_INFINITY, signal } = request;
    if (bytes > maxBytes)
      return { status: "too_large", reason: `${bytes} bytes are more than the ${maxBytes} of a request` };
    const headers = { "user-agent": "mixdown", ...request.headers, ...packed };
    return await toDelivery(await fetch(url, { method: "POST", headers, body, signal, redirect: "manual" }), request);
  } catch (error) {
    return { status: "retry", reason: faultOf(error) };
  }
}

async function encode({ body, compression }: Post): Promise<{ body: Post["body"]; packed?: Record<string, string> }> {
  return compression === "gzip" ? { body: await pack(body), packed: { "content-encoding": "gzip" } } : { body };
}

async function toDelivery(response: Response, { meanings = {}, reader }: Post): Promise<Delivery> {
  const status = meanings[response.status] ?? meaningOf(response.status);
  if (status === "delivered" && reader === undefined) {
    await response.body?.cancel();
    return { status };
  }
  const answer = {
    status: response.status,
    headers: response.headers,
    contentType: response.headers.get("content-type") ?? "",
    body: await beginOf(response, reader ? READ : QUOTED),
  };
  if (status === "delivered" && reader !== undefined) return reader.accepted(answer);
  const reason = reasonOf(response.status, reader?.explain(answer) ?? answer.body.toString());
  if (status !== "retry") return { status, reason };
  const afterMs = retryAfterMs(response.headers.get("retry-after"), Date.now());
  return { status, reason, ...(afterMs === undefined ? {} : { afterMs }) };
}

function meaningOf(status: number): Meaning {
  if (status >= 200 && status < 300) return "delivered";
  if (status === 413) return "too_large";
  if (status === 408 || status === 425 || status === 429) return "retry";
  return status >= 500 && status !== 501 && status !== 505 ? "retry" : "rejected";
}

/** Milliseconds to wait that a Retry-After asks for, given as seconds or as an HTTP date; undefined if it is neither. */
export function retryAfterMs(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000;
  const date = /^[a-z]+, .*GMT$/i.test(header) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}

/** What went wrong with a request that got no answer, in one line: the cause that fetch hides behind "fetch failed". */
export function faultOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? error.cause : undefined;
  const code = cause !== undefined && "code" in cause ? ` (${String(cause.code)})` : "";
  return cause === undefined ? error.message : `${error.message}: ${cause.message || cause.name}${code}`;
}

function reasonOf(status: number, text: string): string {
  const quoted = text.replace(/\s+/g, " ").trim().slice(0, QUOTED);
  return quoted === "" ? `the backend answered ${status}` : `the backend answered ${status}: ${quoted}`;
}

/** The beginning of an answer's body, however long it is. */
async function beginOf(response: Response, limit: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of response.body ?? []) {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= limit) break;
    }
  } catch {
    // What the backend meant is in the status.
  }
  return Buffer.concat(chunks);
}
