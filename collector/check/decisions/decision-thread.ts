import { Worker } from "node:worker_threads";
import type {
  DecisionAnswer,
  DecisionPage,
  DecisionSums,
  FromDecisions,
  ListQuery,
  SumQuery,
  ToDecisions,
} from "./messages.ts";

/** What the thread tells of writing. */
export interface ThreadEvents {
  kept(rows: number): void;
  lost(rows: number, reason: string): void;
}

type AnyAnswer = DecisionAnswer<DecisionPage | DecisionSums>;

/** The thread's file: beside this one, in TypeScript or compiled as this one is. */
const workerUrl = new URL(`./worker${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

/** Compiled code is kept between starts, which a thread does not take over by itself. */
const bootstrap = `
  require("node:module").enableCompileCache?.();
  import(${JSON.stringify(workerUrl.href)}).catch((error) => { setImmediate(() => { throw error; }); });
`;

/** This side of the thread that keeps decisions. It is started when there is something for it, and anew should it die. */
export class DecisionThread {
  readonly #file: string;
  readonly #events: ThreadEvents;
  readonly #pending = new Map<number, (answer: AnyAnswer) => void>();
  #worker: Worker | undefined;
  #nextId = 1;
  /** Rows sent and not yet written. */
  underWay = 0;

  constructor(file: string, events: ThreadEvents) {
    this.#file = file;
    this.#events = events;
  }

  keep(message: Extract<ToDecisions, { kind: "keep" }>): void {
    this.underWay += message.packed.rows;
    this.#running().postMessage(message, [message.packed.bytes.buffer]);
  }

  /** Never fails: why there is no answer is an answer. */
  ask(asked: { readonly kind: "list"; readonly query: ListQuery }): Promise<DecisionAnswer<DecisionPage>>;
  ask(asked: { readonly kind: "sum"; readonly query: SumQuery }): Promise<DecisionAnswer<DecisionSums>>;
  ask(asked: { kind: "list"; query: ListQuery } | { kind: "sum"; query: SumQuery }): Promise<AnyAnswer> {
    return new Promise((resolve) => {
      const id = this.#nextId++;
      this.#pending.set(id, resolve);
      this.#running().postMessage({ ...asked, id });
    });
  }

  /** Has everything written and ends the thread. */
  async close(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return;
    const ended = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
    worker.postMessage({ kind: "close" } satisfies ToDecisions);
    await ended;
  }

  #running(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(bootstrap, { eval: true, workerData: this.#file });
    let reason = "the thread that keeps decisions ended";
    worker.on("message", (message: FromDecisions) => this.#take(message));
    worker.on("error", (error) => {
      reason = error.message;
    });
    worker.on("exit", () => {
      this.#worker = undefined;
      this.#giveUp(reason);
    });
    this.#worker = worker;
    return worker;
  }

  #take(message: FromDecisions): void {
    if (message.kind === "answer") {
      this.#pending.get(message.id)?.(message.answer);
      this.#pending.delete(message.id);
      return;
    }
    this.underWay -= message.rows;
    if (message.kind === "kept") this.#events.kept(message.rows);
    else this.#events.lost(message.rows, message.reason);
  }

  #giveUp(reason: string): void {
    if (this.underWay > 0) this.#events.lost(this.underWay, reason);
    this.underWay = 0;
    for (const resolve of this.#pending.values())
      resolve({ ok: false, kind: "unavailable", problem: { parameter: "", message: reason } });
    this.#pending.clear();
  }
}
