import type { CheckCall } from "../../schemas/model/check-request.ts";
import type { CallerSpan } from "../../schemas/model/traced-work.ts";
import { parseTraceContext, parseTraceparent, type TraceContext } from "./trace-context.ts";

/** The span that a check was asked for from: by the call itself, else by the request that is checked. */
export function callerSpan({ traceparent, check }: Pick<CheckCall, "traceparent" | "check">): CallerSpan | undefined {
  const ofCall = traceparentSpan(traceparent);
  if (ofCall !== undefined) return ofCall;
  if (check.kind === "limit") return undefined;
  const headers = check.kind === "ext_authz" ? check.headers : headersOf(check.value);
  return headers && toCaller(parseTraceContext(headers));
}

/** The span of a traceparent header. */
export function traceparentSpan(traceparent: string | undefined): CallerSpan | undefined {
  return traceparent === undefined ? undefined : toCaller(parseTraceparent(traceparent));
}

function toCaller({ traceId, spanId, sampled }: Partial<TraceContext> = {}): CallerSpan | undefined {
  if (traceId === undefined || spanId === undefined) return undefined;
  return { traceId, spanId, sampled: sampled === true };
}

/** Headers among attributes given as JSON. */
function headersOf(attributes: unknown): ReadonlyMap<string, string> | undefined {
  const headers = (attributes as { readonly "request.headers"?: unknown } | null)?.["request.headers"];
  if (typeof headers !== "object" || headers === null) return undefined;
  return new Map(Object.entries(headers).filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}
