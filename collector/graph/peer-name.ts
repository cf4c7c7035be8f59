import { slotOf } from "../../schemas/attributes/vocabulary.ts";
import { type RawSpan, type SpanKey, spanKeyNumber } from "../../schemas/model/span.ts";
import type { Value } from "../../schemas/model/value.ts";
import type { SpanFacts } from "./span-facts.ts";

/** What kind of call it is, in Grafana's words. */
export type CallType = "database" | "messaging_system" | "virtual_node";

/** The other side as a span names it. */
export interface NamedPeer {
  readonly type: CallType;
  readonly name: string;
  /** Of a database or queue: which product. */
  readonly system: string | undefined;
}

const keys = (...names: readonly SpanKey[]) => names.map(spanKeyNumber);
const databaseKeys = keys("db.system.name", "db.system", "db.namespace", "db.name");
const databaseSystemKeys = keys("db.system.name", "db.system");
const databaseNameKeys = keys("db.namespace", "db.name", "db.system.name", "db.system");
const callee = keys("service.peer.name", "peer.service");
const address = keys("server.address", "net.peer.name");
const socketAddress = keys("network.peer.address", "net.sock.peer.addr");
const socketPort = keys("network.peer.port", "net.sock.peer.port");
const messagingKeys = keys("messaging.destination.name", "messaging.system");
const messagingSystemKeys = keys("messaging.system");

const slots = {
  side: slotOf("context.reporter.kind"),
  service: slotOf("destination.service.name"),
  namespace: slotOf("destination.service.namespace"),
  workload: slotOf("destination.workload.name"),
  host: slotOf("destination.service.host"),
  caller: slotOf("source.canonical.name"),
  callerWorkload: slotOf("source.workload.name"),
} as const;

/** The one who is called, as the caller's span names it; undefined if it does not. */
export function calleeOf(
  span: RawSpan,
  facts: SpanFacts,
  values: readonly (Value | undefined)[],
): NamedPeer | undefined {
  const system = first(span, databaseSystemKeys);
  if (first(span, databaseKeys) !== undefined) {
    const name = first(span, callee) ?? first(span, address) ?? socketOf(span) ?? first(span, databaseNameKeys);
    return name === undefined ? undefined : { type: "database", name, system: system ?? "database" };
  }
  return queueOf(span) ?? serviceOf(values, facts);
}

/** The one who calls, as the span of the one who is called names it: of a request from outside `user`. */
export function callerOf(span: RawSpan, facts: SpanFacts, values: readonly (Value | undefined)[]): NamedPeer {
  const queue = facts.isMessage ? queueOf(span) : undefined;
  const isTold = values[slots.side] === "inbound";
  const named = isTold ? (values[slots.caller] ?? values[slots.callerWorkload]) : undefined;
  return queue ?? { type: "virtual_node", name: typeof named === "string" ? named : "user", system: undefined };
}

/** The queue or topic that a span names. */
export function queueOf(span: RawSpan): NamedPeer | undefined {
  const name = first(span, messagingKeys);
  if (name === undefined) return undefined;
  return { type: "messaging_system", name, system: first(span, messagingSystemKeys) ?? "messaging" };
}

/** Named as the caller names itself: Istio has its proxies say `name.namespace`. */
function serviceOf(values: readonly (Value | undefined)[], facts: SpanFacts): NamedPeer | undefined {
  const name = values[slots.service] ?? values[slots.workload] ?? values[slots.host];
  if (typeof name !== "string") return undefined;
  const namespace = values[slots.namespace];
  const isQualified = typeof namespace === "string" && facts.service === `${facts.name}.${facts.namespace}`;
  const type = facts.isMessage ? "messaging_system" : "virtual_node";
  return { type, name: isQualified ? `${name}.${namespace}` : name, system: undefined };
}

function socketOf(span: RawSpan): string | undefined {
  const host = first(span, socketAddress);
  const port = first(span, socketPort);
  return host === undefined || port === undefined ? host : `${host}:${port}`;
}

function first(span: RawSpan, numbers: readonly number[]): string | undefined {
  for (const number of numbers) {
    const value = span.value(number);
    if (value !== undefined && value !== "" && value !== "-") return String(value);
  }
  return undefined;
}
