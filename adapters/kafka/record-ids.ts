import { randomBytes } from "node:crypto";

/** Gives each object a text of its own, the same each time that it is asked for the same object, and never one that another process gives. */
export function createIds(): (of: object) => string {
  const prefix = randomBytes(9).toString("base64url");
  const known = new WeakMap<object, string>();
  let count = 0;
  return (of) => {
    const had = known.get(of);
    if (had !== undefined) return had;
    const id = `${prefix}-${(count++).toString(36)}`;
    known.set(of, id);
    return id;
  };
}
