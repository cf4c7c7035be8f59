import { randomBytes } from "node:crypto";

/** Gives texts that differ from one another, and from those of other handlers and processes. */
export function createIds(): () => string {
  const prefix = randomBytes(9).toString("base64url");
  let count = 0;
  return () => `${prefix}-${(count++).toString(36)}`;
}
