import { once } from "node:events";
import type { Delivery } from "../adapter.ts";
import { faultOf } from "../shared/http.ts";
import type { Line } from "./lines.ts";
import type { Way } from "./way.ts";

/** What is to be sent of a batch. */
export interface Sendable {
  readonly datagrams: readonly Line[];
  /** Places in the batch of what can never be sent, and why. */
  readonly rejected: readonly number[];
  readonly reason: string;
}

/** Sends text piece by piece. After a failure the piece that failed and all behind it are to be sent again, those before it not. */
export async function sendAll(
  way: Way,
  { datagrams, rejected, reason }: Sendable,
  signal: AbortSignal,
): Promise<Delivery> {
  const end = new AbortController();
  const aborted = rejectsWhen(signal, end.signal);
  let sent = 0;
  try {
    for (; sent < datagrams.length; sent++) await Promise.race([way.send(datagrams[sent]!.text), aborted]);
    return rejected.length === 0 ? { status: "delivered" } : { status: "partial", rejected, reason };
  } catch (error) {
    way.close();
    const retry = datagrams.slice(sent).flatMap(({ indexes }) => indexes);
    const why = faultOf(error);
    if (sent === 0 && rejected.length === 0) return { status: "retry", reason: why };
    return { status: "partial", rejected, retry, reason: rejected.length === 0 ? why : `${why}; ${reason}` };
  } finally {
    end.abort();
  }
}

/** Rejects once `signal` is aborted; never, once `end` is. */
function rejectsWhen(signal: AbortSignal, end: AbortSignal): Promise<never> {
  const aborted = async () => {
    if (!signal.aborted) await once(signal, "abort", { signal: end });
    throw new Error("the time of the attempt was up");
  };
  const promise = aborted();
  // Nobody waits for it between two pieces.
  promise.catch(() => {});
  return promise;
}
