import type { SpanPiece, WrapSpans } from "../../../schemas/model/span.ts";
import { SamplingCounts } from "./counts.ts";
import type { TailSettings } from "./keep-rule.ts";
import { type SamplingClock, TailStore } from "./tail-store.ts";

/** What sampling keeps of the way of one instance to one handler, for as long as the hub lives. */
export interface SampledWay {
  readonly handler: string;
  readonly instance: string;
  readonly counts: SamplingCounts;
  /** Where whole traces wait, if they do. */
  readonly store: TailStore | undefined;
}

/** The way of an instance to a handler. */
export interface WayOptions {
  readonly handler: string;
  readonly instance: string;
  /** All that the instance's settings say, as text: where it is the same after a reload, what waits goes on waiting. */
  readonly settings: string;
  readonly tail: TailSettings;
  offer(piece: SpanPiece): void;
}

/** What one plan samples with. Nothing of the running one changes before it takes over. */
export interface PlannedSampling {
  countsOf(handler: string, instance: string): SamplingCounts;
  openStore(way: WayOptions): TailStore;
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  /** Traces that still wait in stores that this plan does not have are decided, and those of all others go to its handlers. */
  takeOver(): void;
}

/** What sampling keeps over plans. */
export interface Sampling {
  plan(clock: SamplingClock): PlannedSampling;
  /** What was sampled since the hub started. */
  ways(): readonly SampledWay[];
  /** Decides all traces that wait. */
  close(): void;
}

/** A store at work, and where what it keeps goes. */
interface OpenStore extends Pick<WayOptions, "handler" | "instance"> {
  readonly store: TailStore;
  offer: WayOptions["offer"];
}

/** Sampling for a hub's life. */
export function createSampling(wrap: WrapSpans): Sampling {
  const counts = new Map<string, SamplingCounts>();
  let open = new Map<string, OpenStore>();

  const countsOf = (handler: string, instance: string): SamplingCounts => {
    const key = keyOf(handler, instance);
    const found = counts.get(key) ?? new SamplingCounts();
    counts.set(key, found);
    return found;
  };

  const create = ({ handler, instance, tail, offer }: WayOptions, clock: SamplingClock): OpenStore => {
    const opened: OpenStore = {
      ...{ handler, instance, offer },
      store: new TailStore({
        ...{ settings: tail, clock, wrap, counts: countsOf(handler, instance) },
        send: (piece) => opened.offer(piece),
      }),
    };
    return opened;
  };

  return {
    plan(clock) {
      const next: typeof open = new Map();
      const offers = new Map<OpenStore, WayOptions["offer"]>();
      return {
        countsOf,
        now: clock.now,
        openStore(way) {
          const key = keyOf(way.handler, way.instance, way.settings);
          const opened = open.get(key) ?? create(way, clock);
          next.set(key, opened);
          offers.set(opened, way.offer);
          return opened.store;
        },
        takeOver() {
          const before = open;
          open = next;
          for (const [key, gone] of before) if (!next.has(key)) retire(gone, [...next.values()]);
          for (const [opened, offer] of offers) opened.offer = offer;
        },
      };
    },
    ways: () =>
      [...counts].map(([key, kept]) => {
        const [handler, instance] = JSON.parse(key) as [string, string];
        const opened = [...open.values()].find((each) => each.handler === handler && each.instance === instance);
        return { handler, instance, counts: kept, store: opened?.store };
      }),
    close() {
      for (const { store } of open.values()) store.close("closed");
    },
  };
}

/** Decides what waits in a store whose settings are gone; the one with the new settings remembers its decisions. */
function retire({ store, handler, instance }: OpenStore, next: readonly OpenStore[]): void {
  store.close("reload");
  next.find((each) => each.handler === handler && each.instance === instance)?.store.inherit(store);
}

const keyOf = (...names: readonly string[]): string => JSON.stringify(names);
