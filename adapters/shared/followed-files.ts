import { isDeepStrictEqual } from "node:util";
import { errorText } from "../../schemas/model/error-text.ts";
import type { AdapterLog } from "../adapter.ts";

/** What is read from files, and how. */
export interface FollowOptions<Text, T> {
  /** Named in log lines, such as `files of limits`. */
  readonly what: string;
  /** Reads the files; may throw. */
  read(): Text;
  /** Brings what was read into use; throws if it is no good. Called at first, and when something else was read. */
  parse(text: Text): T;
  readonly refreshMs: number;
  /** Told of changes that are taken and of those that are refused; each once. */
  readonly onTaken?: (value: T) => void;
  readonly onRefused?: () => void;
}

/** What the files came to. */
export interface Followed<T> {
  /** What holds now, and whether it still does later. */
  current(): { readonly value: T; holds(): boolean };
  close(): void;
}

/** Looks at files again and again: a good change is taken, a bad one is told once and changes nothing. Throws if they are bad at first. */
export function followFiles<Text, T>(options: FollowOptions<Text, T>, log: AdapterLog): Followed<T> {
  const { what, read, parse, refreshMs, onTaken, onRefused } = options;
  let text = read();
  let current = versionOf(parse(text));
  let refused = "";

  function versionOf(value: T) {
    const version = { value, holds: () => current === version };
    return version;
  }

  const look = () => {
    try {
      const next = read();
      const isSame = isDeepStrictEqual(next, text);
      if (!isSame) {
        current = versionOf(parse(next));
        text = next;
      }
      refused = "";
      if (isSame) return;
      log.info({}, `the ${what} have changed`);
      onTaken?.(current.value);
    } catch (error) {
      const problem = errorText(error);
      if (problem === refused) return;
      refused = problem;
      log.error({ problem }, `the changed ${what} are refused; the former ones stay`);
      onRefused?.();
    }
  };

  const timer = setInterval(look, refreshMs).unref();
  return { current: () => current, close: () => clearInterval(timer) };
}
