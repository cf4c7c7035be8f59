import type { Delivery } from "../../adapter.ts";

/** Bytes one behind the other: fields of requests put together are a request. */
export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/**
 * A backend says how many spans or points it rejected, not which, and an item holds many: items at the end stand for them, as far as
 * whole ones do. What is left over is in the log only. `sizes`: how many each item of the batch holds.
 */
export function toItems(delivery: Delivery, sizes: readonly number[]): Delivery {
  if (delivery.status !== "partial") return delivery;
  const rejected: number[] = [];
  let left = delivery.rejected.length;
  for (let item = sizes.length - 1; item >= 0 && sizes[item]! <= left; item--) {
    left -= sizes[item]!;
    rejected.unshift(item);
  }
  return rejected.length === 0 ? { status: "delivered" } : { status: "partial", rejected, reason: delivery.reason };
}
