import type { Delivery } from "../adapter.ts";

/** What became of some of a batch: `indexes` say which, in the order of the request that `delivery` is about. */
export interface Part {
  readonly indexes: readonly number[];
  readonly delivery: Delivery;
}

/**
 * What became of a batch that went out as several requests. A part that is too large is tried again with the batch's rest gone, and is
 * halved by the hub when nothing but parts that are too large is left.
 */
export function combine(size: number, parts: readonly Part[]): Delivery {
  const rejected = parts.flatMap(rejectedOf);
  const retry = parts.flatMap(retryOf);
  const failures = parts.map(({ delivery }) => delivery).filter((delivery) => delivery.status !== "delivered");
  const reason = [...new Set(failures.map((failure) => failure.reason))].join("; ");
  const waits = failures.flatMap((failure) => ("afterMs" in failure ? (failure.afterMs ?? []) : []));
  const afterMs = waits.length === 0 ? {} : { afterMs: Math.max(...waits) };
  if (failures.length === 0) return { status: "delivered" };
  if (rejected.length === size) return { status: "rejected", reason };
  if (retry.length < size) return { status: "partial", rejected, retry, reason, ...afterMs };
  const tooLarge = failures.every(({ status }) => status === "too_large");
  return tooLarge ? { status: "too_large", reason } : { status: "retry", reason, ...afterMs };
}

function rejectedOf({ indexes, delivery }: Part): readonly number[] {
  if (delivery.status === "rejected") return indexes;
  if (delivery.status === "too_large" && indexes.length === 1) return indexes;
  return delivery.status === "partial" ? delivery.rejected.map((i) => indexes[i]!) : [];
}

function retryOf({ indexes, delivery }: Part): readonly number[] {
  if (delivery.status === "retry") return indexes;
  if (delivery.status === "too_large" && indexes.length > 1) return indexes;
  return delivery.status === "partial" ? (delivery.retry ?? []).map((i) => indexes[i]!) : [];
}
