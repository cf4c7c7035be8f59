import { slotOf } from "../../schemas/attributes/vocabulary.ts";
import type { AttributeRecord } from "../../schemas/model/record.ts";
import { isTimestamp } from "../../schemas/model/value.ts";
import type { HeldSpan } from "./held-span.ts";
import type { CallType, NamedPeer } from "./peer-name.ts";

/** A call: the spans of its two sides, or one and what it names as the other. */
export type Call =
  | { readonly client: HeldSpan; readonly server: HeldSpan }
  | { readonly client: HeldSpan; readonly server?: undefined; readonly peer: NamedPeer }
  | { readonly client?: undefined; readonly server: HeldSpan; readonly peer: NamedPeer };

/** What kind of call it is; undefined for a request between two services that both make spans. */
export function typeOf(call: Call): CallType | undefined {
  if ("peer" in call) return call.peer.type;
  return call.client.facts.isMessage || call.server.facts.isMessage ? "messaging_system" : undefined;
}

const slot = {
  signal: slotOf("context.signal"),
  weight: slotOf("context.weight"),
  start: slotOf("context.time"),
  end: slotOf("response.time"),
  duration: slotOf("response.duration"),
  client: slotOf("call.client"),
  server: slotOf("call.server"),
  type: slotOf("call.type"),
  virtual: slotOf("call.virtual"),
  failed: slotOf("call.failed"),
  clientDuration: slotOf("call.client.duration"),
  serverDuration: slotOf("call.server.duration"),
  queueDuration: slotOf("call.queue.duration"),
  dropped: slotOf("call.dropped"),
  source: slotOf("source.canonical.name"),
  destination: slotOf("destination.canonical.name"),
  service: slotOf("destination.service.name"),
} as const;

type Values = AttributeRecord["values"];

/** Makes a record of a call of what a record holds of it already; `markCall` tells its type. */
export function describeCall(values: Values, call: Call): void {
  const { client, server } = call;
  const peer = "peer" in call ? call.peer : undefined;
  values[slot.signal] = "call";
  values[slot.weight] = weightOf(client, server);
  values[slot.client] = client === undefined ? peer?.name : nameOf(client, slot.source);
  values[slot.server] = server === undefined ? peer?.name : nameOf(server, slot.destination);
  values[slot.failed] = client?.facts.hasFailed === true || server?.facts.hasFailed === true;
  values[slot.clientDuration] = client?.at(slot.duration);
  values[slot.serverDuration] = (server ?? client).at(slot.duration);
  values[slot.queueDuration] =
    client && server && typeOf(call) === "messaging_system" ? between(client, server) : undefined;
}

/** Makes a record of a span that found no other side. */
export function describeUnpaired(values: Values, held: HeldSpan, isDropped: boolean): void {
  values[slot.signal] = "unpaired";
  values[slot.client] = held.facts.isExit ? nameOf(held, slot.source) : undefined;
  values[slot.server] = held.facts.isExit ? held.peer?.name : nameOf(held, slot.destination);
  values[slot.type] = held.peer?.type ?? (held.facts.isMessage ? "messaging_system" : undefined);
  values[slot.failed] = held.facts.hasFailed;
  values[slot.dropped] = isDropped;
}

/** The slots that only these records fill. */
export const callSlots: readonly number[] = [
  ...[slot.client, slot.server, slot.type, slot.virtual, slot.failed, slot.dropped],
  ...[slot.clientDuration, slot.serverDuration, slot.queueDuration],
];

/** Of spans sampled at different rates, a pair is there when the harder rate keeps it. */
function weightOf(client: HeldSpan | undefined, server: HeldSpan | undefined): number | undefined {
  const weights = [client, server].map((held) => held?.at(slot.weight));
  const known = weights.filter((weight) => typeof weight === "number");
  return known.length === 0 ? undefined : Math.max(...known);
}

function nameOf(held: HeldSpan, own: number): string {
  return held.facts.service ?? held.facts.name ?? (held.at(own) as string | undefined) ?? "unknown";
}

/** From the end of the sending to the start of the receiving, in nanoseconds; undefined where clocks say that it came before. */
function between(client: HeldSpan, server: HeldSpan): number | undefined {
  const sent = client.at(slot.end);
  const received = server.at(slot.start);
  if (!isTimestamp(sent) || !isTimestamp(received)) return undefined;
  const nanos = (received.seconds - sent.seconds) * 1e9 + received.nanos - sent.nanos;
  return nanos >= 0 ? nanos : undefined;
}

const protocolSlot = slotOf("context.protocol");
const flagsSlot = slotOf("context.proxy_error_code");
const namespaceSlot = slotOf("destination.service.namespace");

/** What stands for the flags of a call that failed where there is no proxy that sets any. */
const failedFlag = "error";

/** Marks what a record tells that is no request between two services with spans, and names the side that has none. */
export function markCall(values: Values, call: Call): void {
  const { client, server } = call;
  const peer = "peer" in call ? call.peer : undefined;
  const type = typeOf(call);
  values[slot.type] = type;
  values[slot.virtual] = client === undefined ? "client" : server === undefined ? "server" : undefined;
  if (type === undefined) return;
  if (peer !== undefined && client === undefined) values[slot.source] ??= peer.name;
  if (type === "virtual_node") return;
  values[protocolSlot] = peer?.system ?? client?.peer?.system ?? server?.peer?.system ?? "messaging";
  if (client?.facts.hasFailed || server?.facts.hasFailed) values[flagsSlot] = failedFlag;
  if (peer === undefined || server !== undefined) return;
  values[slot.destination] = peer.name;
  values[slot.service] = peer.name;
  values[namespaceSlot] = undefined;
}
