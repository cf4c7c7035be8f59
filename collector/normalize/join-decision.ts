import type { AccessLogEntry, Json } from "../../schemas/model/access-log.ts";
import type { FindDecision, JoinedDecision } from "../../schemas/model/decision.ts";

const authzFilters = ["envoy.filters.http.ext_authz", "envoy.filters.network.ext_authz"];

/** PERMISSION_DENIED, which a refusal has that says no more. */
const refused = 7;

/**
 * The hub's decision on an entry's request: what the hub gave the proxy with it, where that is logged, and what the hub
 * remembers of it.
 */
export function decisionOf(
  entry: AccessLogEntry,
  path: string | undefined,
  find: FindDecision,
): JoinedDecision | undefined {
  const told = toldBy(entry);
  const id = entry.requestId ?? entry.streamId;
  const { requestMethod: method, authority: host } = entry;
  const known =
    id === undefined
      ? undefined
      : find({ id, method, path, host, ...(told?.id !== undefined && { decisionId: told.id }) });
  if (known !== undefined || told === undefined) return known;
  const { rule, revision, allowed } = told;
  return { rule, revision, ...(allowed !== undefined && { code: allowed ? 0 : refused }) };
}

/** What the dynamic metadata of Envoy's filter says; undefined where it is not logged, or not the hub's. */
function toldBy(entry: AccessLogEntry) {
  for (const filter of authzFilters) {
    const metadata = entry.filterMetadata(filter);
    const rule = textOf(metadata?.rule);
    const revision = textOf(metadata?.revision);
    if (rule === undefined || revision === undefined) continue;
    const allowed = typeof metadata?.allowed === "boolean" ? metadata.allowed : undefined;
    return { rule, revision, allowed, id: textOf(metadata?.decision_id) };
  }
}

const textOf = (value: Json | undefined): string | undefined => (typeof value === "string" ? value : undefined);
