import type { Delivery } from "../adapter.ts";
import { isTooLargeAlone, type Sent, type Setback } from "./producer.ts";

/** A record that there cannot be, and why. */
export interface Refusal {
  readonly index: number;
  readonly reason: string;
}

/** Most different reasons that are told. */
const maxReasons = 5;

/** What became of a batch of `size` instances. */
export function toDelivery(
  size: number,
  { setbacks }: Pick<Sent, "setbacks">,
  refusals: readonly Refusal[],
  afterMs?: number,
): Delivery {
  const rejected = [...refusals.map(({ index }) => index), ...indexesOf(setbacks.filter(({ final }) => final))];
  const retry = indexesOf(setbacks.filter(({ final }) => !final));
  if (rejected.length + retry.length === 0) return { status: "delivered" };
  const reason = reasonOf([...refusals, ...setbacks]);
  const wait = afterMs === undefined || afterMs <= 0 ? {} : { afterMs };
  if (retry.length === size) return { status: "retry", reason, ...wait };
  if (size === 1 && setbacks.some(isTooLargeAlone)) return { status: "too_large", reason };
  if (rejected.length === size) return { status: "rejected", reason };
  return { status: "partial", rejected, retry, reason, ...(retry.length === 0 ? {} : wait) };
}

function indexesOf(setbacks: readonly Setback[]): number[] {
  return setbacks.flatMap(({ records }) => records.map(({ index }) => index)).sort((a, b) => a - b);
}

function reasonOf(failures: readonly { readonly reason: string }[]): string {
  const reasons = [...new Set(failures.map(({ reason }) => reason))];
  const more = reasons.length > maxReasons ? [`and ${reasons.length - maxReasons} more reasons`] : [];
  return [...reasons.slice(0, maxReasons), ...more].join("; ");
}
