import type { DescriptorStatus, HeaderValue, RateLimitAnswer } from "../../../schemas/model/rate-limit.ts";
import { unitOf } from "../../../schemas/model/rate-limit.ts";
import type { HeaderChange, LimitState, Verdict } from "../../../schemas/model/verdict.ts";
import { limitHeaders } from "./limit-headers.ts";

/** What was decided on one descriptor. `override`: what became of the limit that the proxy itself wanted held. */
export interface Decided {
  readonly verdict: Verdict;
  readonly override: DescriptorStatus | undefined;
}

/** Puts what rules decided on each descriptor together into one answer. */
export function toLimitAnswer(decided: readonly Decided[], tellsClient: boolean): RateLimitAnswer {
  const statuses = decided.map(toStatus);
  const verdicts = decided.map(({ verdict }) => verdict);
  const overLimit = statuses.some((status) => status.overLimit);
  const client = joined(verdicts.flatMap(({ changes }) => changes.client ?? []));
  const metadata = Object.assign({}, ...verdicts.map(({ changes }) => changes.metadata ?? {}));
  return {
    overLimit,
    statuses,
    responseHeaders: [...client, ...(tellsClient ? limitHeaders(statuses) : []), ...retryAfter(statuses, client)],
    requestHeaders: joined(verdicts.flatMap(({ changes }) => changes.upstream ?? [])),
    body: overLimit ? verdicts.find(({ denial }) => denial?.body !== undefined)?.denial?.body : undefined,
    metadata: Object.keys(metadata).length > 0 ? metadata : undefined,
  };
}

function toStatus({ verdict, override }: Decided): DescriptorStatus {
  const own = statusOf(verdict);
  if (override === undefined || own.overLimit) return own;
  return override.overLimit || own.limit === undefined || override.remaining < own.remaining ? override : own;
}

/** The limit that refused, else the tightest one. */
function statusOf({ allowed, limits }: Verdict): DescriptorStatus {
  const state = limits.find(({ exceeded }) => exceeded) ?? tightestOf(limits);
  if (state === undefined) return { overLimit: !allowed, limit: undefined, remaining: 0, resetMs: undefined };
  const { rule, limit, remaining, resetMs, windowMs } = state;
  return {
    overLimit: !allowed,
    limit: { requestsPerUnit: limit, unit: unitOf(windowMs), name: rule },
    remaining: allowed ? remaining : 0,
    resetMs,
  };
}

const tightestOf = (limits: readonly LimitState[]): LimitState | undefined =>
  limits.reduce<LimitState | undefined>(
    (least, each) => (least === undefined || each.remaining < least.remaining ? each : least),
    undefined,
  );

/** Headers that rules gave: a name that is set counts once, with its largest number if all are numbers, else its last value. */
function joined(changes: readonly HeaderChange[]): HeaderValue[] {
  const headers: HeaderValue[] = [];
  for (const change of changes) {
    if (change.action === "remove") continue;
    const { action, name, value } = change;
    const before = action === "set" ? headers.findIndex((header) => header.name === name) : -1;
    if (before < 0) headers.push({ name, value });
    else headers[before] = { name, value: larger(headers[before]?.value ?? "", value) };
  }
  return headers;
}

const larger = (before: string, value: string): string => (Number(before) > Number(value) ? before : value);

/** When to come again, where an override refused: rules say so themselves. */
function retryAfter(statuses: readonly DescriptorStatus[], client: readonly HeaderValue[]): HeaderValue[] {
  const waits = statuses.flatMap(({ overLimit, resetMs }) => (overLimit && resetMs !== undefined ? [resetMs] : []));
  if (waits.length === 0 || client.some(({ name }) => name === "retry-after")) return [];
  return [{ name: "retry-after", value: String(Math.max(1, Math.ceil(Math.max(...waits) / 1000))) }];
}
