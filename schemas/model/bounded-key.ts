import { createHash } from "node:crypto";

/** Keys up to this length are kept as they are. */
const MAX_KEY = 200;

/** A key that is not long: what goes beyond 200 characters is told by its SHA-256, so that long values cost no memory. */
export function boundedKey(key: string): string {
  if (key.length <= MAX_KEY) return key;
  return `${key.slice(0, 100)}#${createHash("sha256").update(key).digest("base64url")}`;
}
