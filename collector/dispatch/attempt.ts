import type { Delivery, Outlet } from "../../adapters/adapter.ts";
import { errorText } from "../../schemas/model/error-text.ts";
import type { Template } from "../../schemas/model/instance.ts";
import type { Clock } from "./clock.ts";
import { checkDelivery } from "./delivery.ts";
import type { Item } from "./item.ts";

/** One try at a batch. Never rejects. */
export type Attempt = (items: readonly Item[]) => Promise<Delivery>;

/** What one try may take, and who may end it early. */
export interface AttemptOptions {
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Aborted when the lane has no time left. */
  readonly closing: AbortSignal;
  /** The adapter threw or answered nonsense, which is a fault of the adapter. */
  onFault(error: unknown): void;
}

/** How long an adapter that was told to end may take to say what became of the batch. */
const GRACE_MS = 500;

/** Tries of an outlet, each within the timeout. One that does not end when told to is not waited for. */
export function createAttempt(outlet: () => Outlet<Template>, options: AttemptOptions): Attempt {
  const { timeoutMs, clock, closing, onFault } = options;

  const answered = async (items: readonly Item[], signal: AbortSignal): Promise<Delivery> => {
    try {
      const answer = await outlet().deliver(
        items.map(({ instance }) => instance),
        signal,
      );
      return checkDelivery(answer, items.length);
    } catch (error) {
      if (!signal.aborted) onFault(error);
      const what = signal.aborted
        ? String(signal.reason?.message ?? signal.reason)
        : `the adapter threw: ${errorText(error)}`;
      return { status: "retry", reason: what };
    }
  };

  return (items) =>
    new Promise((resolve) => {
      const abort = new AbortController();
      let cancel = clock.after(timeoutMs, () => end(`no answer within ${timeoutMs} ms`));
      const end = (reason: string) => {
        cancel();
        abort.abort(new Error(reason));
        cancel = clock.after(GRACE_MS, () => finish({ status: "retry", reason }));
      };
      const onClosing = () => end("the lane was closed");
      const finish = (delivery: Delivery) => {
        cancel();
        closing.removeEventListener("abort", onClosing);
        resolve(delivery);
      };
      closing.addEventListener("abort", onClosing);
      if (closing.aborted) onClosing();
      answered(items, abort.signal).then(finish);
    });
}
