import type { Delivery } from "../adapter.ts";

type Fate = "delivered" | "rejected" | "too_large" | "retry";
const fates: readonly Fate[] = ["delivered", "rejected", "too_large", "retry"];

/** What became of the items of a batch: of the parts of one, the worst counts. */
export class Outcome {
  readonly #fates: Fate[];
  readonly #reasons = new Set<string>();
  #afterMs: number | undefined;

  constructor(items: number) {
    this.#fates = new Array<Fate>(items).fill("delivered");
  }

  /** Takes in what became of a request that held parts of these items; gives the places among them of what may be sent again. */
  take(delivery: Delivery, items: readonly number[]): readonly number[] {
    if (delivery.status === "delivered") return [];
    this.#explain(delivery);
    if (delivery.status === "retry") return items.map((_, place) => place);
    if (delivery.status !== "partial") {
      for (const item of items) this.note(item, delivery.status);
      return [];
    }
    for (const place of delivery.rejected) this.note(items[place]!, "rejected");
    return delivery.retry ?? [];
  }

  note(item: number, fate: Fate): void {
    if (fates.indexOf(fate) > fates.indexOf(this.#fates[item]!)) this.#fates[item] = fate;
  }

  /** For all items, by their number in the batch. */
  toDelivery(): Delivery {
    const of = (fate: Fate) => this.#fates.flatMap((found, item) => (found === fate ? [item] : []));
    const size = this.#fates.length;
    const [rejected, large, retry] = [of("rejected"), of("too_large"), of("retry")];
    const reason = [...this.#reasons].join("; ");
    const after = this.#afterMs === undefined ? {} : { afterMs: this.#afterMs };
    if (rejected.length + large.length + retry.length === 0) return { status: "delivered" };
    if (rejected.length === size) return { status: "rejected", reason };
    if (large.length === size) return { status: "too_large", reason };
    if (retry.length === size) return { status: "retry", reason, ...after };
    return { status: "partial", rejected, retry: [...large, ...retry], reason, ...after };
  }

  #explain(delivery: Exclude<Delivery, { status: "delivered" }>): void {
    this.#reasons.add(delivery.reason);
    const { afterMs } = { afterMs: undefined, ...delivery };
    if (afterMs !== undefined) this.#afterMs = Math.min(this.#afterMs ?? afterMs, afterMs);
  }
}
