import { createHash } from "node:crypto";
import { errorText } from "../../schemas/model/error-text.ts";
import type { Host } from "../adapter.ts";

/** How something is kept fresh. */
export interface RefreshOptions<T> {
  /** Named in log lines and reasons, such as `list`. */
  readonly what: string;
  /** Brings the text; rejects if it cannot be had. */
  load(signal: AbortSignal): Promise<string>;
  /** Throws if the text is no good. Not called again for the same text. */
  parse(text: string): T;
  /** Time between loads. */
  readonly refreshMs: number;
  /** How long what was loaded stays good if it cannot be loaded again. */
  readonly staleMs: number;
  /** How long one load may take. */
  readonly timeoutMs: number;
}

/** What holds now, or why nothing does. */
export type Current<T> =
  | { readonly ok: true; readonly value: T /** False once it is replaced, or no longer good. */; holds(): boolean }
  | { readonly ok: false; readonly reason: string };

/** Something that is loaded again and again. */
export interface Refreshed<T> {
  current(): Current<T>;
  /** Waits for the load that is under way, else loads if the last load began at least so long ago. Never rejects. */
  refresh(minAgeMs: number): Promise<void>;
  close(): void;
}

/** One text that was loaded, and what it came to. */
interface Version<T> {
  readonly hash: string;
  readonly current: Extract<Current<T>, { ok: true }>;
}

/** Longest wait after a failure; the first waits a second, each further one twice as long. */
const MAX_RETRY_MS = 30_000;

/** How long those who open it wait for the first load; it goes on behind them. */
const FIRST_MS = 5_000;

const patience = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms).unref());

/** Loads once, and from then on in the background. What cannot be loaded leaves what there was, until it is too old. */
export async function createRefreshed<T>(
  options: RefreshOptions<T>,
  host: Pick<Host, "now" | "log">,
): Promise<Refreshed<T>> {
  const { what, refreshMs, staleMs, timeoutMs } = options;
  const { now, log } = host;
  const closed = new AbortController();
  let version: Version<T> | undefined;
  let goodUntilMs = 0;
  let triedAtMs = 0;
  let failures = 0;
  let reason = "it was not loaded yet";
  let timer: NodeJS.Timeout | undefined;
  let underWay: Promise<void> | undefined;

  const take = (text: string) => {
    const hash = createHash("sha256").update(text).digest("base64");
    if (hash !== version?.hash) {
      const next: Version<T> = {
        hash,
        current: { ok: true, value: options.parse(text), holds: () => version === next && now() < goodUntilMs },
      };
      version = next;
    }
    goodUntilMs = now() + staleMs;
    if (failures > 0) log.info({}, `the ${what} can be loaded again`);
    failures = 0;
  };

  const fail = (error: unknown) => {
    if (closed.signal.aborted) return;
    reason = errorText(error);
    if (failures++ === 0) log.warn({ reason }, `the ${what} cannot be loaded: what there is stays good for a while`);
  };

  const load = async () => {
    clearTimeout(timer);
    triedAtMs = now();
    await options
      .load(AbortSignal.any([closed.signal, AbortSignal.timeout(timeoutMs)]))
      .then(take)
      .catch(fail);
    underWay = undefined;
    if (closed.signal.aborted) return;
    const waitMs = failures === 0 ? refreshMs : Math.min(refreshMs, MAX_RETRY_MS, 500 * 2 ** failures);
    timer = setTimeout(refresh, waitMs).unref();
  };

  const refresh = (): Promise<void> => {
    underWay ??= load();
    return underWay;
  };

  await Promise.race([refresh(), patience(FIRST_MS)]);
  return {
    current() {
      if (version !== undefined && now() < goodUntilMs) return version.current;
      const age = version === undefined ? "" : " for too long";
      return { ok: false, reason: `the ${what} cannot be loaded${age}: ${reason}` };
    },
    refresh: async (minAgeMs) => {
      if (underWay !== undefined || now() - triedAtMs >= minAgeMs) await refresh();
    },
    close() {
      closed.abort(new Error("closed"));
      clearTimeout(timer);
    },
  };
}
