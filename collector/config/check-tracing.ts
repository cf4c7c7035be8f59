import { nearest } from "../../schemas/model/nearest.ts";
import type { ReadHandler } from "./checked.ts";
import type { Finding, Path, Report } from "./problem.ts";
import { child, type Entry, isEmpty, type Tree, textOf } from "./tree.ts";

/** What the handler for the hub's own spans is checked against. */
export interface TracingChecks {
  readonly handlers: readonly Entry[];
  readonly checked: ReadonlyMap<string, ReadHandler>;
  /** False if a file could not be read whole: then a handler may be there all the same. */
  readonly complete: boolean;
}

/** The name of the handler that takes the hub's own spans, if tracing is on. */
export const carrierOf = (tracing: Tree | undefined): string | undefined => textOf(child(tracing, "handler"));

/** The hub's own spans go to a handler that takes spans, and whose lane holds up no sender. */
export function checkTracing(tracing: Tree | undefined, checks: TracingChecks, report: Report): void {
  const name = carrierOf(tracing);
  const at = child(tracing, "handler")?.at;
  if (name === undefined || at === undefined) return;
  const path: Path = ["tracing", "handler"];
  const problem = problemOf(name, checks);
  if (problem !== undefined) report({ at, path, ...problem });
}

function problemOf(
  name: string,
  { handlers, checked, complete }: TracingChecks,
): Omit<Finding, "at" | "path"> | undefined {
  const entry = handlers.find(({ key }) => key === name);
  if (entry === undefined) {
    const names = handlers.map(({ key }) => key);
    return complete ? { message: `unknown handler "${name}"`, suggestion: nearest(name, names) } : undefined;
  }
  const adapter = checked.get(name)?.adapter;
  if (adapter !== undefined && !adapter.accepts.includes("tracespan"))
    return {
      message: `handler "${name}" takes no spans that the hub makes`,
      expected: "a handler of an adapter that takes tracespan, such as otlp",
    };
  if (holdsUp(entry.value))
    return {
      message: `handler "${name}" makes senders wait, which the hub's own spans must not`,
      expected: "a handler that is not durable, and not with whenFull: block",
    };
}

function holdsUp(handler: Tree): boolean {
  const durable = child(handler, "durable");
  const isOff = isEmpty(durable) || (durable?.kind === "scalar" && [false, "false"].includes(durable.value as never));
  return !isOff || textOf(child(handler, "whenFull")) === "block";
}
