import type { z } from "zod";
import type {
  InstanceDeclaration,
  InstanceOf,
  MetricInstance,
  PointInstance,
  Template,
  Templates,
} from "../schemas/model/instance.ts";
import type { Checks } from "./checker.ts";
import type { RateLimits, Stores } from "./limiter.ts";

/**
 * What became of one batch. Expected outcomes are values; throwing means a bug, which the hub takes for `retry`.
 * `reason` is one line for people: it stands in the log, in `/api/v1/handlers` and beside dead letters.
 */
export type Delivery =
  | { status: "delivered" }
  /** Some of the batch; numbers are indexes into it. `rejected` go to the dead letters, `retry` are sent again, the rest is delivered. */
  | { status: "partial"; rejected: readonly number[]; retry?: readonly number[]; reason: string; afterMs?: number }
  /** `afterMs`: how long the backend asked to be left alone, if it did. */
  | { status: "retry"; reason: string; afterMs?: number }
  /** The backend will never take it as it is. The hub sends halves; a single item that is too large goes to the dead letters. */
  | { status: "too_large"; reason: string }
  /** The backend will never take it: it goes to the dead letters. */
  | { status: "rejected"; reason: string };

/** What an outlet gets for each template: where it sums up metrics, points instead of metric instances. */
type Delivered = Omit<Templates, "metric"> & { metric: MetricInstance | PointInstance };

/** What an outlet gets. */
export type Deliverable<T extends Template> = Delivered[T];

/**
 * An open adapter that sends batches. The hub queues, batches, retries, times out and counts.
 * `close` never overlaps `deliver`; `deliver` overlaps itself unless the adapter is `ordered`.
 */
export interface Outlet<T extends Template> {
  /** Sends one batch, in order. `signal` is aborted at the lane's timeout: what comes after is not heard any more. */
  deliver(batch: readonly Deliverable<T>[], signal: AbortSignal): Promise<Delivery>;
  /** Bytes that an instance adds to a request before compression; without it the hub takes the length of its JSON. */
  sizeOf?(instance: Deliverable<T>): number;
  /** Sums up metric instances in process instead of sending each. */
  readonly sums?: Sums;
  close(): Promise<void>;
}

/** The metrics of an outlet, summed up in process. */
export interface Sums {
  /** Milliseconds between harvests. */
  readonly intervalMs: number;
  /** Called on the hot path: no waiting, no throwing. */
  record(instance: MetricInstance): void;
  /**
   * What is to be sent now; goes through the lane to `deliver`. Called each interval, and once more before the end, with
   * `isLast`, so that series can be ended.
   */
  harvest(isLast?: boolean): readonly PointInstance[];
}

/** An open adapter that aggregates in process. `record` is called on the hot path: no waiting, no throwing. */
export interface Aggregator<T extends Template> {
  record(instance: InstanceOf<T>): void;
  /**
   * Takes a changed configuration or changed instances without losing what is aggregated.
   * New definitions hold as soon as the call returns; the promise waits for what else moves, such as a listener.
   * Without it, the hub closes and opens the adapter anew.
   */
  reconfigure?(config: unknown, instances: readonly InstanceDeclaration[]): void | Promise<void>;
  close(): Promise<void>;
}

/** The two text formats of metrics: Prometheus text 0.0.4 and OpenMetrics 1.0. */
export type ExpositionFormat = "text" | "openmetrics";

/** One metric family as text, so that pages can put families of several sources into one document. */
export interface MetricFamily {
  /** Without the `_total` of counters, in both formats. */
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram" | "summary" | "unknown";
  /** The metadata lines (TYPE, UNIT, HELP), each ended by a line feed. */
  readonly head: string;
  /** The sample lines in pieces of some 100 KiB, each piece whole lines; no `# EOF`. May be read over several turns of the event loop. */
  samples(): Iterable<string>;
}

/** Where a metrics page takes its families from. */
export interface MetricsSource {
  /** The families at this moment. Pages ask all sources before they read any samples. */
  families(format: ExpositionFormat): readonly MetricFamily[] | Promise<readonly MetricFamily[]>;
}

/** What the hub gives an adapter: collaborators, so that nothing is global. */
export interface Host {
  /** The handler's name in the configuration. */
  readonly handler: string;
  /** The instances that rules send to this handler. */
  readonly instances: readonly InstanceDeclaration[];
  /** How long the lane waits for one delivery, in milliseconds: its `signal` is aborted then. */
  readonly timeoutMs: number;
  /** Milliseconds since the epoch. */
  now(): number;
  readonly log: AdapterLog;
  readonly fetch: typeof fetch;
  /** Adds to a counter of the hub, `mixdown_handler_<name>`, labelled with the handler and these labels. */
  count(name: "overflow" | "expired" | "dropped", labels: Readonly<Record<string, string>>, value: number): void;
  /**
   * Shows `source` at `/metrics`: on its own listener at `address` ("host:port") if given, else on the admin listener.
   * Returns how to stop; rejects if the address cannot be bound.
   */
  exposeMetrics(source: MetricsSource, address?: string): Promise<() => Promise<void>>;
}

/** Structured log lines of one handler. */
export interface AdapterLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** A problem in an adapter's configuration that its schema cannot say, with the path below `params`. */
export interface ConfigProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** What an adapter declares: its name, the templates it takes, its settings, and how to open it. */
export interface Adapter<T extends Template = Template, S extends z.ZodType = z.ZodType> {
  readonly type: string;
  /** One sentence for `mixdown components`. */
  readonly summary: string;
  readonly accepts: readonly T[];
  /**
   * One schema gives the type, the checks, the defaults and the docs. A text setting with `.meta({ expression: true })` holds an
   * expression over attributes: the hub checks it, evaluates it for each record, and puts its value in `instance.computed`
   * by the setting's name. `.meta({ secret: true })` masks a setting wherever the configuration is shown.
   */
  readonly config: S;
  /**
   * Batches are delivered one after the other, in the order in which the records came. Without it, several may be under
   * way at once, as many as the backend answers quickly.
   */
  readonly ordered?: boolean;
  /** What one request may hold at the most, by the backend's own limits; users may set less, not more. */
  limits?(config: z.output<S>): { readonly maxItems?: number; readonly maxBytes?: number };
  /** Attributes read beside those of the instances, such as `trace.id` for exemplars. */
  readonly reads?: readonly string[];
  /** URLs that it sends to, so that a hub does not send to itself what it takes. */
  endpoints?(config: z.output<S>): readonly string[];
  /** Checks settings against the instances sent to the handler; everything wrong at once. */
  validate?(config: z.output<S>, instances: readonly InstanceDeclaration[]): readonly ConfigProblem[];
  /** How many label combinations it can keep, so that the hub hands out that many before it says overflow. */
  tupleBudget?(config: z.output<S>): number;
  /** Set by adapters that policy rules can ask. */
  readonly checks?: Checks<z.output<S>>;
  /** Set by adapters that answer rate limit requests of domains of their own. */
  readonly rateLimits?: RateLimits<z.output<S>>;
  /** Set by adapters that keep budgets. */
  readonly stores?: Stores<z.output<S>>;
  open(config: z.output<S>, host: Host): Promise<Outlet<T> | Aggregator<T>>;
}

/** Declares an adapter; nothing happens until the hub opens it. */
export function defineAdapter<T extends Template, S extends z.ZodType>(adapter: Adapter<T, S>): Adapter<T, S> {
  return adapter;
}

/** Tells the two kinds of open adapters apart. */
export function isAggregator<T extends Template>(open: Outlet<T> | Aggregator<T>): open is Aggregator<T> {
  return "record" in open;
}
