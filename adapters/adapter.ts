import type { z } from "zod";
import type { InstanceDeclaration, InstanceOf, Template } from "../schemas/model/instance.ts";

/** What became of one batch. Expected outcomes are values; throwing means a bug. */
export type Delivery =
  | { status: "delivered" }
  /** `rejected` holds indexes into the batch. */
  | { status: "partial"; rejected: number[]; reason: string }
  /** `afterMs`: what the backend asked for, if it did. */
  | { status: "retry"; reason: string; afterMs?: number }
  | { status: "rejected"; reason: string };

/** An open adapter that sends batches. The hub queues, batches, retries and times out; `close` never overlaps `deliver`. */
export interface Outlet<T extends Template> {
  deliver(batch: readonly InstanceOf<T>[], signal: AbortSignal): Promise<Delivery>;
  close(): Promise<void>;
}

/** An open adapter that aggregates in process. `record` is called on the hot path: no waiting, no throwing. */
export interface Aggregator<T extends Template> {
  record(instance: InstanceOf<T>): void;
  /**
   * Takes a changed configuration or changed instances without losing what is aggregated.
   * Without it, the hub closes and opens the adapter anew.
   */
  reconfigure?(config: unknown, instances: readonly InstanceDeclaration[]): void;
  close(): Promise<void>;
}

/** A page that an adapter serves over HTTP: GET only, whole answers. */
export interface Page {
  /** Answers one request. Header names are lower case. */
  respond(headers: Readonly<Record<string, string | string[] | undefined>>): PageAnswer | Promise<PageAnswer>;
}

/** One HTTP answer of a page. */
export interface PageAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
}

/** What the hub gives an adapter: collaborators, so that nothing is global. */
export interface Host {
  /** The handler's name in the configuration. */
  readonly handler: string;
  /** The instances that rules send to this handler. */
  readonly instances: readonly InstanceDeclaration[];
  /** Milliseconds since the epoch. */
  now(): number;
  readonly log: AdapterLog;
  readonly fetch: typeof fetch;
  /** Adds to a counter of the hub, `mixdown_handler_<name>`, labelled with the handler and these labels. */
  count(name: "overflow" | "expired" | "dropped", labels: Readonly<Record<string, string>>, value: number): void;
  /** Serves `page` at `/metrics`: on `address` ("host:port") if given, else on the admin listener. Returns how to stop. */
  serveMetrics(page: Page, address?: string): Promise<() => Promise<void>>;
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
  /** One schema gives the type, the checks, the defaults and the docs. */
  readonly config: S;
  /** Attributes read beside those of the instances, such as `trace.id` for exemplars. */
  readonly reads?: readonly string[];
  /** Checks settings against the instances sent to the handler; everything wrong at once. */
  validate?(config: z.output<S>, instances: readonly InstanceDeclaration[]): readonly ConfigProblem[];
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
