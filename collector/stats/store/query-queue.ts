import { type Answer, type Answers, QueryFailure } from "../query/query.ts";
import { messageOf } from "./database.ts";

type AnyAnswer = Answer<Answers[keyof Answers]>;
type Run = Generator<void, Answers[keyof Answers]>;

interface Job {
  readonly run: Run;
  readonly done: (answer: AnyAnswer) => void;
}

/** How queries share the thread. */
export interface QueueOptions {
  /** Queries under way at once. */
  readonly maxRunning: number;
  /** Queries waiting; more are refused as busy. */
  readonly maxWaiting: number;
  /** How long one may run before others get their turn. */
  readonly sliceMs: number;
  clock(): number;
  /** Runs something after what else is waiting, such as messages. */
  later(next: () => void): void;
}

/** Runs queries in slices, so that neither writing nor a short query waits for a long one. */
export class QueryQueue {
  readonly #options: QueueOptions;
  readonly #jobs: Job[] = [];
  #isScheduled = false;

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  /** Takes a query. `start` is called at once, if there is room, so that the query sees the store as it is now. */
  add(start: () => Run, done: (answer: AnyAnswer) => void): void {
    const { maxRunning, maxWaiting } = this.#options;
    if (this.#jobs.length >= maxRunning + maxWaiting) {
      done(refuse("busy", "too many queries are waiting: try again later"));
      return;
    }
    try {
      this.#jobs.push({ run: start(), done });
    } catch (error) {
      done(toFailure(error));
    }
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#jobs.length === 0) return;
    this.#isScheduled = true;
    this.#options.later(() => {
      this.#isScheduled = false;
      this.#turn();
      this.#schedule();
    });
  }

  /** One slice of the query that waited longest among those running. */
  #turn(): void {
    const job = this.#jobs.shift();
    if (job === undefined) return;
    const answer = this.#slice(job);
    if (answer !== undefined) job.done(answer);
    else this.#jobs.splice(Math.min(this.#jobs.length, this.#options.maxRunning - 1), 0, job);
  }

  #slice({ run }: Job): AnyAnswer | undefined {
    const until = this.#options.clock() + this.#options.sliceMs;
    try {
      do {
        const step = run.next();
        if (step.done === true) return { ok: true, value: step.value };
      } while (this.#options.clock() < until);
      return undefined;
    } catch (error) {
      return toFailure(error);
    }
  }
}

function toFailure(error: unknown): AnyAnswer {
  if (error instanceof QueryFailure) return { ok: false, kind: error.kind, problems: error.problems };
  return refuse("unavailable", `the statistics store cannot answer: ${messageOf(error)}`);
}

const refuse = (kind: "busy" | "unavailable", message: string): AnyAnswer => ({
  ok: false,
  kind,
  problems: [{ parameter: "", message }],
});
