import { Worker } from "node:worker_threads";
import { HubError } from "../errors.ts";
import { field, rowWidth, type TakenBucket } from "./open-bucket.ts";
import type { Answer, Answers, StatsQuery } from "./query/query.ts";
import type { StoreLog } from "./store/database.ts";
import type { FromStore, StoreSettings, ToStore } from "./store/messages.ts";
import type { Batch, StoreCounters } from "./store/store.ts";

type AnyAnswer = Answer<Answers[keyof Answers]>;

/** What a client works with. */
export interface StoreClientOptions {
  readonly settings: StoreSettings;
  readonly log: StoreLog;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Called when the thread had to be started anew, and knows no series. */
  onRestart(): void;
}

const restartMs = 1000;
const oldestNode = 22;

/** The thread's file: beside this one, in TypeScript or compiled as this one is. */
const workerUrl = new URL(`./store-worker${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

/**
 * Starts the thread's file with compiled code kept between starts, as bin/mixdown.js does for the program; a thread does
 * not take that over by itself, and without it stripping types costs it 30 MiB.
 */
const bootstrap = `
  const { enableCompileCache, flushCompileCache } = require("node:module");
  enableCompileCache?.();
  import(${JSON.stringify(workerUrl.href)}).then(() => flushCompileCache?.());
`;

/** This side of the store's thread: sends buckets and queries, takes answers. */
export class StoreClient {
  readonly #options: StoreClientOptions;
  readonly #pending = new Map<number, (answer: AnyAnswer) => void>();
  /** Requests in each batch under way. */
  #inFlight: number[] = [];
  #worker: Worker | undefined;
  #nextId = 1;
  #restart: NodeJS.Timeout | undefined;
  #closed: (() => void) | undefined;
  /** Another hub still has the store. */
  #isWaiting = false;
  /** What the store told last. */
  counters: StoreCounters | undefined;
  /** Requests in batches that the thread took with it when it died, or that came while there was none. */
  lostRequests = 0;

  constructor(options: StoreClientOptions) {
    this.#options = options;
  }

  /** Batches sent and not yet answered. */
  get backlog(): number {
    return this.#inFlight.length;
  }

  /** Starts the thread; while another hub has the store, batches wait. Fails with HubError if Node is too old or the store cannot be opened. */
  open(): Promise<void> {
    if (Number.parseInt(process.versions.node, 10) < oldestNode) {
      const message = `Node ${process.versions.node} is older than ${oldestNode}, which the statistics store needs`;
      throw new HubError("RUNTIME_TOO_OLD", message);
    }
    return new Promise((resolve, reject) => {
      const settings = { ...this.#options.settings, nowMs: this.#options.now() };
      const worker = new Worker(bootstrap, { eval: true, workerData: settings, name: "statistics" });
      this.#worker = worker;
      let isOpen = false;
      worker.on("message", (message: FromStore) => {
        if (message.kind === "refused") reject(new HubError(message.code, message.message));
        if (message.kind === "ready" || message.kind === "waiting") {
          isOpen = true;
          resolve();
        }
        this.#take(message);
      });
      worker.on("error", (error) => {
        this.#options.log.error({ reason: error.message }, "the statistics thread failed");
        reject(new HubError("STORE_UNUSABLE", `the statistics thread failed: ${error.message}`, { cause: error }));
      });
      worker.on("exit", () => this.#onExit(isOpen));
    });
  }

  /** Sends buckets; their arrays are handed over. */
  write(batch: Batch): void {
    if (this.#worker === undefined) {
      this.giveUp(batch.buckets);
      return;
    }
    this.#inFlight.push(requestsIn(batch.buckets));
    this.#post({ kind: "write", nowMs: this.#options.now(), batch }, batch);
  }

  /** Counts buckets as lost. */
  giveUp(buckets: readonly TakenBucket[]): void {
    this.lostRequests += requestsIn(buckets);
  }

  /**
   * Asks; `copy` makes copies of the open buckets, and is called only if they are sent: definitions that are not sent would
   * be lost. Never fails: why there is no answer is an answer.
   */
  query(asked: StatsQuery, copy: () => Batch): Promise<AnyAnswer> {
    if (this.#worker === undefined) return Promise.resolve(unavailable("the statistics store is not running"));
    if (this.#isWaiting) return Promise.resolve(unavailable("another hub still holds the statistics store"));
    return new Promise((resolve) => {
      const id = this.#nextId++;
      const open = copy();
      this.#pending.set(id, resolve);
      this.#post({ kind: "query", nowMs: this.#options.now(), id, asked, open }, open);
    });
  }

  /** Has everything written and ends the thread. */
  async close(): Promise<void> {
    clearTimeout(this.#restart);
    const worker = this.#worker;
    if (worker === undefined) return;
    await new Promise<void>((resolve) => {
      this.#closed = resolve;
      if (this.#isWaiting) void worker.terminate();
      else this.#post({ kind: "close", nowMs: this.#options.now() });
    });
  }

  #post(message: ToStore, batch?: Batch): void {
    const buckets = batch?.buckets ?? [];
    const arrays = buckets.flatMap(({ series, numbers, binKeys, binCounts }) => [series, numbers, binKeys, binCounts]);
    this.#worker?.postMessage(message, arrays.map(({ buffer }) => buffer) as ArrayBuffer[]);
  }

  #take(message: FromStore): void {
    switch (message.kind) {
      case "waiting":
        this.#isWaiting = true;
        break;
      case "ready":
        if (this.#isWaiting) this.#options.log.info({}, "the other hub has let go of the statistics store");
        this.#isWaiting = false;
        break;
      case "written":
        this.#inFlight.shift();
        this.counters = message.counters;
        break;
      case "answer":
        this.#pending.get(message.id)?.(message.answer);
        this.#pending.delete(message.id);
        break;
      case "log":
        this.#options.log[message.level](message.fields, message.message);
        break;
    }
  }

  /** A thread that dies is started anew; what it held in memory is lost, and counted. */
  #onExit(wasOpen: boolean): void {
    this.#worker = undefined;
    for (const resolve of this.#pending.values()) resolve(unavailable("the statistics store is not running"));
    this.#pending.clear();
    if (this.#closed !== undefined) {
      this.#closed();
      return;
    }
    this.lostRequests += this.#inFlight.reduce((sum, requests) => sum + requests, 0);
    this.#inFlight = [];
    if (wasOpen) this.#restartLater();
  }

  #restartLater(): void {
    this.#options.log.error({}, "the statistics thread ended: it is started anew");
    this.#restart = setTimeout(() => {
      this.#options.onRestart();
      this.open().catch(() => this.#restartLater());
    }, restartMs);
  }
}

const unavailable = (message: string): AnyAnswer => ({
  ok: false,
  kind: "unavailable",
  problems: [{ parameter: "", message }],
});

const requestsIn = (buckets: readonly TakenBucket[]): number =>
  buckets.reduce((sum, bucket) => sum + requestsOf(bucket), 0);

function requestsOf({ rows, numbers }: TakenBucket): number {
  let sum = 0;
  for (let row = 0; row < rows; row++) sum += numbers[row * rowWidth + field.requests]!;
  return sum;
}
