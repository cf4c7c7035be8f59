import type { InstanceDeclaration, MetricInstance } from "../../../schemas/model/instance.ts";
import { parseDuration } from "../../../schemas/model/time-text.ts";
import type { Host } from "../../adapter.ts";
import type { SeriesConfig } from "./config.ts";
import { Counter } from "./counter.ts";
import { type MetricDefinition, sameSeries, toDefinitions } from "./definition.ts";
import { Gauge } from "./gauge.ts";
import { Histogram } from "./histogram.ts";
import { IdleClock } from "./idle-clock.ts";
import { Losses } from "./losses.ts";
import type { Surroundings } from "./metric.ts";
import type { Naming } from "./naming.ts";

/** One metric with its series, of any kind. */
export type Metric = Counter | Gauge | Histogram;

const kinds = { counter: Counter, gauge: Gauge, histogram: Histogram } as const;

/** Records between two looks at the clock. */
const recordsPerVisit = 1024;
/** Idle series ended at one visit, so that none takes long: about 2 ms. */
const endedPerVisit = 2000;

/** How a store names its metrics, and what it keeps beside their values: see `Surroundings`. */
export interface StoreOptions {
  readonly naming: Naming;
  readonly countsRecords?: boolean;
  readonly withExtremes?: boolean;
}

/** All metrics of one handler, as series in memory. */
export class SeriesStore {
  readonly #host: Host;
  readonly #naming: Naming;
  readonly #around: Surroundings;
  #byInstance = new Map<string, Metric>();
  /** Losses of metrics that are no more, and of instances that never were, by the name to report them under. */
  #strays = new Map<string, Losses>();
  #untilVisit = recordsPerVisit;

  constructor(host: Host, { naming, countsRecords = false, withExtremes = false }: StoreOptions) {
    this.#host = host;
    this.#naming = naming;
    const now = () => host.now();
    this.#around = { now, clock: new IdleClock(0, now()), texts: new WeakMap(), countsRecords, withExtremes };
  }

  /** Takes settings and instances. Metrics whose definition stays the same keep their series. */
  define(config: SeriesConfig, instances: readonly InstanceDeclaration[]): void {
    this.visit();
    this.#around.clock.setExpiry(Number(parseDuration(config.expiry) ?? 0) / 1e6);
    const next = new Map<string, Metric>();
    for (const definition of toDefinitions(config, instances, this.#naming)) {
      next.set(
        definition.instance,
        this.#carryOver(definition, config.maxSeries) ?? this.#make(definition, config.maxSeries),
      );
    }
    this.#byInstance = next;
  }

  /** The metrics as they are defined now. */
  get metrics(): Iterable<Metric> {
    return this.#byInstance.values();
  }

  #carryOver(definition: MetricDefinition, maxSeries: number): Metric | undefined {
    const metric = this.#byInstance.get(definition.instance);
    if (metric === undefined || !sameSeries(metric.definition, definition)) return undefined;
    metric.definition = definition;
    metric.table.maxSeries = maxSeries;
    metric.table.makeRoom();
    return metric;
  }

  #make(definition: MetricDefinition, maxSeries: number): Metric {
    return new kinds[definition.kind](definition, maxSeries, this.#around);
  }

  /** Adds one measurement. Hot: allocates nothing for a known series. */
  record(instance: MetricInstance): void {
    if (--this.#untilVisit === 0) this.visit();
    const metric = this.#byInstance.get(instance.instance);
    if (metric === undefined) this.#straysOf(instance.instance).dropped("unknown_instance");
    else metric.record(instance);
  }

  #straysOf(instance: string): Losses {
    const name = this.#naming.metric(instance);
    const losses = this.#strays.get(name) ?? new Losses();
    this.#strays.set(name, losses);
    return losses;
  }

  /** Ends idle series and tells the hub what was lost. */
  visit(): void {
    this.#untilVisit = recordsPerVisit;
    const upTo = this.#around.clock.advance(this.#host.now());
    let left = upTo > 0 ? endedPerVisit : 0;
    for (const metric of this.#byInstance.values()) {
      if (left > 0) left -= metric.expire(upTo, left);
      metric.losses.flush(this.#host, metric.exposedName);
    }
    for (const [name, losses] of this.#strays) losses.flush(this.#host, name);
    this.#strays.clear();
  }
}
