import { hash } from "node:crypto";

const zeros = /^0+$/;

/** A trace id as 32 lower-case hex digits, 64-bit ones filled up; undefined if the text is none. */
export function parseTraceId(text: unknown): string | undefined {
  if (typeof text !== "string" || !/^(?:[0-9a-f]{16}|[0-9a-f]{32})$/i.test(text) || zeros.test(text)) return undefined;
  return text.toLowerCase().padStart(32, "0");
}

/** A span id as 16 lower-case hex digits; undefined if the text is none. */
export function parseSpanId(text: unknown): string | undefined {
  if (typeof text !== "string" || !/^[0-9a-f]{16}$/i.test(text) || zeros.test(text)) return undefined;
  return text.toLowerCase();
}

/** A span id that follows from what it is made of: the same whenever that comes again. */
export function deriveSpanId(parts: readonly unknown[]): string {
  const id = hash("sha256", JSON.stringify(parts), "hex").slice(0, 16);
  return zeros.test(id) ? "0000000000000001" : id;
}
