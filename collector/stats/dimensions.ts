import { type AttributeName, slotOf } from "../../schemas/attributes/vocabulary.ts";
import type { Value } from "../../schemas/model/value.ts";

/** A text that a series is keyed by: its column in the store, and the attributes that carry it, the first that is there. */
interface TextDimension {
  readonly column: string;
  readonly attributes: readonly [AttributeName, ...AttributeName[]];
}

const peer = (side: "source" | "destination"): readonly TextDimension[] => [
  { column: `${side}_cluster`, attributes: [`${side}.cluster.id`] },
  { column: `${side}_namespace`, attributes: [`${side}.workload.namespace`, `${side}.namespace`] },
  { column: `${side}_workload`, attributes: [`${side}.workload.name`] },
  { column: `${side}_canonical_name`, attributes: [`${side}.canonical.name`] },
  { column: `${side}_canonical_revision`, attributes: [`${side}.canonical.revision`, `${side}.version`] },
  { column: `${side}_principal`, attributes: [`${side}.principal`] },
];

/** The texts of a series' key, in the order in which every part of the statistics holds them. */
export const textDimensions: readonly TextDimension[] = [
  ...peer("source"),
  ...peer("destination"),
  { column: "service_host", attributes: ["destination.service.host"] },
  { column: "service_name", attributes: ["destination.service.name"] },
  { column: "service_namespace", attributes: ["destination.service.namespace"] },
  { column: "method", attributes: ["request.method"] },
  { column: "route", attributes: ["route.template"] },
  { column: "protocol", attributes: ["context.protocol"] },
  { column: "grpc_status", attributes: ["response.grpc_status"] },
  { column: "flags", attributes: ["context.proxy_error_code"] },
  { column: "rule", attributes: ["check.rule"] },
];

/** Places in `textDimensions`; a peer's six start at `source` and `destination`. */
export const dimension = {
  source: 0,
  destination: 6,
  host: 12,
  service: 13,
  serviceNamespace: 14,
  method: 15,
  route: 16,
  protocol: 17,
  grpcStatus: 18,
  flags: 19,
  rule: 20,
} as const;

/** Places of a peer's parts, from `dimension.source` or `dimension.destination` on. */
export const peerPart = { cluster: 0, namespace: 1, workload: 2, canonicalName: 3, revision: 4, principal: 5 } as const;

/** How many texts a series has. */
export const textCount = textDimensions.length;

/** Whether the connection was mutual TLS. */
export const mtls = { unknown: 0, no: 1, yes: 2 } as const;

/** What the hub decided on the request, as numbers; unknown where it was not asked. */
export const verdict = { unknown: 0, allow: 1, deny: 2 } as const;

const verdicts = [undefined, "allow", "deny"] as const;

/** The number of what `check.verdict` says. */
export const verdictOf = (value: unknown): number =>
  value === "allow" ? verdict.allow : value === "deny" ? verdict.deny : verdict.unknown;

/** Stands for every value beyond a budget. */
export const other = "{other}";

/** What tells one series from another: texts by place in `textDimensions`, and four numbers. */
export interface SeriesKey {
  readonly texts: readonly (string | undefined)[];
  /** HTTP status, 0 if no response was sent. */
  readonly code: number;
  /** One of `mtls`. */
  readonly mtls: number;
  /** One of `reporterClass`. */
  readonly reporter: number;
  /** One of `verdict`. */
  readonly verdict: number;
}

interface StoredAttribute {
  readonly name: AttributeName;
  readonly slot: number;
  read(key: SeriesKey): Value | undefined;
}

/** Every attribute that statistics store, by which answers are grouped and filtered. */
export const storedDimensions: readonly StoredAttribute[] = [
  ...textDimensions.flatMap(({ attributes }, place) =>
    attributes.map((name) => ({ name, slot: slotOf(name), read: (key: SeriesKey) => key.texts[place] })),
  ),
  { name: "response.code", slot: slotOf("response.code"), read: ({ code }) => (code === 0 ? undefined : code) },
  {
    name: "connection.mtls",
    slot: slotOf("connection.mtls"),
    read: (key) => (key.mtls === mtls.unknown ? undefined : key.mtls === mtls.yes),
  },
  {
    name: "context.reporter.kind",
    slot: slotOf("context.reporter.kind"),
    read: ({ reporter }) => reporterKinds[reporter],
  },
  { name: "check.verdict", slot: slotOf("check.verdict"), read: (key) => verdicts[key.verdict] },
];

/**
 * Who reported, and for a client whether its request reached a server; see DESIGN 2 on `reporter=auto`. Of spans also what
 * kind of call it was, and which side of it is virtual: it has no spans.
 */
export const reporterClass = {
  unknown: 0,
  inbound: 1,
  reached: 2,
  unreached: 3,
  spanInbound: 4,
  spanReached: 5,
  spanUnreached: 6,
  /** A client's call of a virtual service. */
  spanExternal: 7,
  /** A server's, by a virtual client. */
  spanOutside: 8,
  database: 9,
  /** Sent to a virtual queue, received from one, and received from a known sender. */
  queueSent: 10,
  queueReceived: 11,
  message: 12,
} as const;

const reporterKinds = [
  ...[undefined, "inbound", "outbound", "outbound"],
  ...["inbound", "outbound", "outbound", "outbound", "inbound"],
  ...["outbound", "outbound", "inbound", "inbound"],
] as const;

/** Whether a span told it. */
export const isSpanReporter = (reporter: number): boolean => reporter >= reporterClass.spanInbound;

/** Whether the server's side told it. */
export const isInbound = (reporter: number): boolean => reporterKinds[reporter] === "inbound";

/** Whether a client told it that reached the server, which may tell the same. */
export const isReached = (reporter: number): boolean =>
  reporter === reporterClass.reached ||
  reporter === reporterClass.spanReached ||
  reporter === reporterClass.spanExternal;

/** Whether it tells of no request but of a message or of a call of a database: only the graph shows it. */
export const isEdgeOnly = (reporter: number): boolean => reporter >= reporterClass.database;

/** What a node is that has no spans of its own. */
export const virtualKinds = ["database", "messaging_system", "external", "outside"] as const;
/** One of them. */
export type VirtualKind = (typeof virtualKinds)[number];

/** What the node at a side is, if it is virtual. */
export function virtualKind(reporter: number, side: "source" | "destination"): VirtualKind | undefined {
  switch (reporter) {
    case reporterClass.database:
      return side === "destination" ? "database" : undefined;
    case reporterClass.queueSent:
      return side === "destination" ? "messaging_system" : undefined;
    case reporterClass.queueReceived:
      return side === "source" ? "messaging_system" : undefined;
    case reporterClass.spanExternal:
      return side === "destination" ? "external" : undefined;
    case reporterClass.spanOutside:
      return side === "source" ? "outside" : undefined;
    default:
      return undefined;
  }
}

/** The names of the attributes that statistics store, sorted: what `by` and `where` may read. */
export const storedAttributes: readonly string[] = storedDimensions.map(({ name }) => name).sort();

const measured: readonly AttributeName[] = [
  "context.signal",
  "context.weight",
  "request.size",
  "response.size",
  "response.duration",
  "response.time",
  "upstream.address",
  "connection.event",
  "connection.opened",
  "connection.received.bytes",
  "connection.sent.bytes",
  "trace.id",
  "trace.sampled",
];

/** What statistics read of decisions, where there is a policy that makes some. */
export const decisionStatsSlots: readonly number[] = (["check.rule", "check.verdict"] as const).map(slotOf);

/** The slots that statistics read of all records: their part of the projection. */
export const statsSlots: readonly number[] = [
  ...new Set([...storedDimensions.map(({ slot }) => slot), ...measured.map(slotOf)]),
]
  .filter((slot) => !decisionStatsSlots.includes(slot))
  .sort((a, b) => a - b);

/** The same for spans. */
export const spanStatsSlots: readonly number[] = [...statsSlots, slotOf("upstream.cluster")];
