import { randomUUID } from "node:crypto";

interface Sent {
  readonly last: object;
  readonly size: number;
  readonly id: string;
}

/**
 * Gives each request an id that it keeps when it is sent again: the hub hands over the same instances then. Halves of a request are
 * requests of their own.
 */
export function createRequestIds(): (instances: readonly object[]) => string {
  const byFirst = new WeakMap<object, Sent>();
  return (instances) => {
    const [first] = instances;
    const last = instances.at(-1);
    if (first === undefined || last === undefined) return randomUUID();
    const before = byFirst.get(first);
    if (before?.last === last && before.size === instances.length) return before.id;
    const id = randomUUID();
    byFirst.set(first, { last, size: instances.length, id });
    return id;
  };
}
