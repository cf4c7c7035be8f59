import type { SpoolTrouble } from "./spool.ts";
import { troubleOf } from "./spool-error.ts";

/** What a watch needs. */
export interface DiskWatchOptions {
  /** Tries whether the disk takes writes again; rejects while it does not. */
  probe(): Promise<void>;
  /** Told when trouble begins, each time it is found to last, and, with undefined, when it ends. */
  onChange(trouble: SpoolTrouble | undefined, detail: string): void;
}

const firstProbeMs = 50;
const lastProbeMs = 5000;

/** Knows whether the disk takes writes; in trouble, tries at growing intervals until it does. */
export class DiskWatch {
  readonly #options: DiskWatchOptions;
  #trouble: SpoolTrouble | undefined;
  #waitMs = firstProbeMs;
  #timer: NodeJS.Timeout | undefined;
  #probing: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: DiskWatchOptions) {
    this.#options = options;
  }

  /** Why the disk takes no writes for now. */
  get trouble(): SpoolTrouble | undefined {
    return this.#trouble;
  }

  /** A write passed: the next trouble is a new one. */
  passed(): void {
    this.#waitMs = firstProbeMs;
  }

  failed(error: unknown): void {
    this.#trouble = troubleOf(error);
    this.#options.onChange(this.#trouble, error instanceof Error ? error.message : String(error));
    clearTimeout(this.#timer);
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => this.#probe(), this.#waitMs);
    this.#waitMs = Math.min(this.#waitMs * 2, lastProbeMs);
  }

  /** There may be room now: tries at once. */
  retry(): void {
    if (this.#trouble === undefined || this.#probing !== undefined || this.#isClosed) return;
    clearTimeout(this.#timer);
    this.#probe();
  }

  /** Resolves when nothing is tried any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#probing;
  }

  #probe(): void {
    this.#probing = this.#options.probe().then(
      () => {
        this.#probing = undefined;
        this.#trouble = undefined;
        this.#options.onChange(undefined, "the disk takes writes again");
      },
      (error: unknown) => {
        this.#probing = undefined;
        this.failed(error);
      },
    );
  }
}
