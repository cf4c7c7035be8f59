import type { Delivery } from "../adapter.ts";
import type { SpanPart } from "../shared/otlp/split-spans.ts";
import { splitSpans } from "../shared/otlp/split-spans.ts";
import { createRing } from "./ring.ts";

/** Spans of one item of a batch on their way to one endpoint. */
interface Load extends SpanPart {
  /** Place of the item in the batch. */
  readonly item: number;
}

/** How several endpoints are used. */
export interface EndpointsOptions {
  readonly endpoints: readonly string[];
  /** Sends a request of so many spans to an endpoint. */
  send(endpoint: number, body: Uint8Array<ArrayBuffer>, spans: number, abort: AbortSignal): Promise<Delivery>;
  /** Milliseconds since the epoch. */
  now(): number;
  readonly log: { warn(fields: object, message: string): void };
}

/** How long an endpoint that failed is left alone. */
const DOWN_MS = 5000;

/** Sends items to several endpoints, by trace. What one of them does not take now goes to the others in the same attempt. */
export function createEndpoints({ endpoints, send, now, log }: EndpointsOptions) {
  const downUntil = endpoints.map(() => 0);

  async function deliver(items: readonly Uint8Array[], abort: AbortSignal): Promise<Delivery> {
    const failed = new Set<number>();
    const outcome = new Outcome(items.length);
    let loads: readonly Load[] = items.map((bytes, item) => ({ bytes, item, spans: 0 }));
    while (loads.length > 0) {
      const open = endpoints.map((_, number) => number).filter((number) => !failed.has(number));
      if (open.length === 0) {
        for (const { item } of loads) outcome.note(item, "retry");
        break;
      }
      loads = await round(loads, open, { failed, outcome, abort });
    }
    return outcome.toDelivery();
  }

  /** Gives what is to be tried elsewhere. */
  async function round(loads: readonly Load[], open: readonly number[], attempt: Attempt) {
    const up = open.filter((number) => downUntil[number]! <= now());
    const usable = new Set(up.length > 0 ? up : open);
    const ring = createRing(endpoints, (number) => !usable.has(number));
    const byEndpoint = new Map<number, Load[]>();
    for (const { bytes, item } of loads) {
      for (const [number, part] of splitSpans(bytes, (traceId) => ring.choose(traceId)))
        byEndpoint.set(number, [...(byEndpoint.get(number) ?? []), { ...part, item }]);
    }
    const again = await Promise.all([...byEndpoint].map(([number, parts]) => sendTo(number, parts, attempt)));
    return again.flat();
  }

  async function sendTo(number: number, parts: readonly Load[], { failed, outcome, abort }: Attempt) {
    const body = concat(parts.map(({ bytes }) => bytes));
    const spans = parts.reduce((sum, part) => sum + part.spans, 0);
    const delivery = await send(number, body, spans, abort);
    if (delivery.status === "retry") {
      downUntil[number] = now() + (delivery.afterMs ?? DOWN_MS);
      failed.add(number);
      outcome.explain(delivery.reason, delivery.afterMs);
      log.warn(
        { endpoint: endpoints[number], reason: delivery.reason },
        "an endpoint is down; its traces go to others",
      );
      return parts;
    }
    downUntil[number] = 0;
    if (delivery.status !== "delivered") outcome.explain(delivery.reason);
    if (delivery.status === "rejected" || delivery.status === "too_large")
      for (const { item } of parts) outcome.note(item, delivery.status);
    return [];
  }

  return { deliver };
}

/** What one batch's delivery has come to so far. */
interface Attempt {
  /** Endpoints that failed. */
  readonly failed: Set<number>;
  readonly outcome: Outcome;
  readonly abort: AbortSignal;
}

type Fate = "delivered" | "rejected" | "too_large" | "retry";
const fates: readonly Fate[] = ["delivered", "rejected", "too_large", "retry"];

/** What became of the items: of the parts of one, the worst counts. */
class Outcome {
  readonly #fates: Fate[];
  readonly #reasons = new Set<string>();
  #afterMs: number | undefined;

  constructor(items: number) {
    this.#fates = new Array<Fate>(items).fill("delivered");
  }

  note(item: number, fate: Fate): void {
    if (fates.indexOf(fate) > fates.indexOf(this.#fates[item]!)) this.#fates[item] = fate;
  }

  explain(reason: string, afterMs?: number): void {
    this.#reasons.add(reason);
    if (afterMs !== undefined) this.#afterMs = Math.min(this.#afterMs ?? afterMs, afterMs);
  }

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
}

/** Bytes one behind the other. */
export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
