import type { AdapterLog } from "../../adapters/adapter.ts";
import { errorText } from "../../schemas/model/error-text.ts";
import { plainFields } from "./plain-fields.ts";

/** Where the lines of a handler go. */
export type LogLines = Record<"info" | "warn" | "error", (fields: object, message: string) => void>;

/** What bounds a handler's log. */
export interface HandlerLogOptions {
  now(): number;
  /** That many more lines were cut. */
  onCut(lines: number): void;
}

/** Lines that a handler may write in each stretch of time. */
const LINES = 100;
const STRETCH_MS = 10_000;
const MAX_MESSAGE = 2000;

/** The log of one handler: a flood is cut and says so, and nothing that an adapter hands over makes it throw. */
export function createHandlerLog(lines: LogLines, { now, onCut }: HandlerLogOptions): AdapterLog {
  let since = now();
  let written = 0;
  let cut = 0;

  function mayWrite(): boolean {
    const passedMs = now() - since;
    // A clock that was set back starts a stretch, too.
    if (passedMs >= STRETCH_MS || passedMs < 0) {
      if (cut > 0) lines.warn({ cut }, "the handler logged too much: lines were cut");
      since = now();
      written = 0;
      cut = 0;
    }
    if (written < LINES) {
      written++;
      return true;
    }
    if (cut === 0)
      lines.warn(
        { lines: LINES, seconds: STRETCH_MS / 1000 },
        "the handler logs too much: the rest is cut for a while",
      );
    cut++;
    onCut(1);
    return false;
  }

  const write = (level: keyof LogLines) => (fields: unknown, message: unknown) => {
    if (!mayWrite()) return;
    const text = typeof fields === "string" && message === undefined ? fields : message;
    lines[level](plainFields(fields), (typeof text === "string" ? text : errorText(text)).slice(0, MAX_MESSAGE));
  };
  return { info: write("info"), warn: write("warn"), error: write("error") };
}
