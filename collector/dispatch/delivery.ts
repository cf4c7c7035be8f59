import type { Delivery } from "../../adapters/adapter.ts";

/** What an adapter answered, held against the contract: anything else is a fault of the adapter, and worth another attempt. */
export function checkDelivery(answer: unknown, size: number): Delivery {
  if (!isObject(answer)) return fault(`answered ${String(answer)} instead of a delivery`);
  const { status, reason, rejected, retry, afterMs } = answer;
  if (status === "delivered") return { status };
  const text = typeof reason === "string" && reason !== "" ? reason : "the adapter gave no reason";
  const wait = typeof afterMs === "number" && afterMs >= 0 && Number.isFinite(afterMs) ? { afterMs } : {};
  if (status === "retry") return { status, reason: text, ...wait };
  if (status === "rejected" || status === "too_large") return { status, reason: text };
  if (status !== "partial") return fault(`answered the unknown status ${String(status)}`);
  if (!areIndexes(rejected, size) || !(retry === undefined || areIndexes(retry, size)))
    return fault("answered indexes that are not in the batch");
  return { status, rejected, reason: text, ...(retry === undefined ? {} : { retry }), ...wait };
}

function fault(what: string): Delivery {
  return { status: "retry", reason: `the adapter ${what}` };
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

function areIndexes(value: unknown, size: number): value is readonly number[] {
  return Array.isArray(value) && value.every((index) => Number.isInteger(index) && index >= 0 && index < size);
}
