import type { Delivery } from "../adapter.ts";
import type { Backend } from "./backend.ts";
import { type Load, splitLoad } from "./load.ts";
import { Outcome } from "./outcome.ts";
import { createRing } from "./ring.ts";

/** How several endpoints are used. */
export interface EndpointsOptions {
  readonly endpoints: readonly string[];
  /** In the same order. */
  readonly backends: readonly Pick<Backend, "send">[];
  /** Milliseconds since the epoch. */
  now(): number;
  readonly log: { warn(fields: object, message: string): void };
}

/** How long an endpoint that failed is left alone. */
const DOWN_MS = 5000;

/** Sends items to several endpoints, by trace. What one of them does not take now goes to the others in the same attempt. */
export function createEndpoints({ endpoints, backends, now, log }: EndpointsOptions) {
  const downUntil = endpoints.map(() => 0);

  async function deliver(items: readonly Load[], abort: AbortSignal): Promise<Delivery> {
    const failed = new Set<number>();
    const outcome = new Outcome(items.length);
    let loads = items;
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
  async function round(loads: readonly Load[], open: readonly number[], attempt: Attempt): Promise<readonly Load[]> {
    const up = open.filter((number) => downUntil[number]! <= now());
    const usable = new Set(up.length > 0 ? up : open);
    const ring = createRing(endpoints, (number) => !usable.has(number));
    const byEndpoint = new Map<number, Load[]>();
    for (const load of loads) {
      for (const [number, part] of splitLoad(load, (traceId) => ring.choose(traceId)))
        byEndpoint.set(number, [...(byEndpoint.get(number) ?? []), part]);
    }
    const again = await Promise.all([...byEndpoint].map(([number, parts]) => sendTo(number, parts, attempt)));
    return again.flat();
  }

  async function sendTo(number: number, parts: readonly Load[], { failed, outcome, abort }: Attempt) {
    const delivery = await backends[number]!.send(parts, abort);
    const again = outcome.take(
      delivery,
      parts.map(({ item }) => item),
    );
    if (again.length === 0 || delivery.status === "delivered") {
      downUntil[number] = 0;
      return [];
    }
    const { afterMs = DOWN_MS } = { afterMs: undefined, ...delivery };
    downUntil[number] = now() + afterMs;
    failed.add(number);
    log.warn({ endpoint: endpoints[number], reason: delivery.reason }, "an endpoint is down; its traces go to others");
    return again.map((place) => parts[place]!);
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
