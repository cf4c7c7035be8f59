/** Stands for a segment that varies. */
export const variable = "{id}";
/** Stands for every path beyond the budget. */
export const overflow = "{other}";

const MAX_SEGMENTS = 16;
const MAX_LITERAL_LENGTH = 64;
const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const grpcPath = /^\/(?:[A-Za-z_]\w*\.)+[A-Z]\w*\/[A-Z]\w*$/;

/**
 * The segments of a path, those that vary by their look alone (numbers, UUIDs, hex of 8 digits and more, text too long
 * for a name) replaced. Undefined for a path of too many segments.
 */
export function segmentsOf(path: string): string[] | undefined {
  const segments: string[] = [];
  let at = path.startsWith("/") ? 1 : 0;
  for (;;) {
    if (segments.length === MAX_SEGMENTS) return undefined;
    const slash = path.indexOf("/", at);
    const end = slash < 0 ? path.length : slash;
    segments.push(looksVariable(path, at, end) ? variable : path.slice(at, end));
    if (slash < 0) return segments;
    at = slash + 1;
  }
}

/** Whether the segment of a path from `start` to `end` is a number, a UUID, hex of 8 digits or more, or longer than any name. */
export function looksVariable(path: string, start = 0, end = path.length): boolean {
  const length = end - start;
  if (length === 0) return false;
  if (length > MAX_LITERAL_LENGTH) return true;
  let decimal = true;
  for (let i = start; i < end; i++) {
    const code = path.charCodeAt(i);
    if (code >= 48 && code <= 57) continue;
    decimal = false;
    const letter = code | 32;
    if (letter < 97 || letter > 102) return length === 36 && uuid.test(path.slice(start, end));
  }
  return decimal || length >= 8;
}

/** Whether a path looks like a gRPC method by the usual naming: `/pkg.Service/Method`. */
export function looksGrpc(path: string): boolean {
  return path.includes(".") && path.length <= 256 && grpcPath.test(path);
}
