import { type VirtualKind, virtualKind } from "../dimensions.ts";
import type { GraphPartial } from "./graph-partial.ts";
import type { GraphSums } from "./graph-scan.ts";
import { type HealthSettings, healthOf, worseOf } from "./health.ts";
import { compareText, toExemplars, toMeasures } from "./measures.ts";
import type { NodeName } from "./naming.ts";
import {
  type EdgeAnswer,
  type EdgesAnswer,
  type EdgesQuery,
  type Health,
  type NodeAnswer,
  QueryFailure,
} from "./query.ts";
import { toInterval } from "./range.ts";
import { isCounted } from "./reporter.ts";
import { byKey, sumRequests } from "./services.ts";
import { Total, totalOf } from "./total.ts";

interface Edge {
  /** Unique. */
  readonly name: string;
  readonly source: NodeName;
  readonly destination: NodeName;
  readonly protocol: string | undefined;
  readonly total: Total;
}

/** Totals of everything that the answer is about. */
interface Graph {
  readonly names: ReadonlyMap<string, NodeName>;
  readonly edges: ReadonlyMap<string, Edge>;
  readonly inbound: ReadonlyMap<string, Total>;
  readonly outbound: ReadonlyMap<string, Total>;
  /** What nodes are that only others tell of; undefined for those that tell for themselves. */
  readonly virtual: ReadonlyMap<string, VirtualKind | undefined>;
}

/** Makes the answer of one store's part, or of several added up. */
export function finishEdges(partial: GraphPartial, query: EdgesQuery, settings: HealthSettings): EdgesAnswer {
  const { range, sums, recent } = partial;
  const graph = toGraph(sums, query);
  const judged = recent === undefined ? graph : toGraph(recent, query);
  const seconds = range.to - range.from;
  const compare = byKey(query.sort, ({ name }: Edge) => name);
  const all = [...graph.edges.values()].filter(({ total }) => total.hasTraffic);
  const near = inFocus(all, graph.names, query);
  const edges = [...near.edges].sort(compare);
  const shown = edges
    .slice(0, query.limit)
    .map((edge) => toEdge(edge, judged.edges.get(edge.name)?.total ?? edge.total, seconds, query, settings));
  const hidden = edges.slice(query.limit);
  const nodes = shownNodes(graph, shown, near.nodes, query, range.to);
  return {
    interval: toInterval(range, range.resolution),
    nodes: nodes.map((name) => toNode(name, graph, judged, seconds, query, settings)),
    edges: shown,
    truncated: hidden.length > 0,
    hidden: { edges: hidden.length, requests: sumRequests(hidden) },
  };
}

function toGraph({ cells, coverage }: GraphSums, { reporter }: EdgesQuery): Graph {
  const names = new Map<string, NodeName>();
  const edges = new Map<string, Edge>();
  const virtual = new Map<string, VirtualKind | undefined>();
  const graph = { names, edges, inbound: new Map<string, Total>(), outbound: new Map<string, Total>(), virtual };
  const note = (id: string, kind: VirtualKind | undefined) => {
    if (kind === undefined || !virtual.has(id)) virtual.set(id, kind);
  };
  for (const cell of cells) {
    const { source, destination, protocol } = cell.key;
    if (source === undefined) continue;
    const counts = isCounted(cell.key, reporter, coverage);
    const name = `${source.id}\n${destination.id}\n${protocol === undefined ? "" : `=${protocol}`}`;
    const edge = edges.get(name) ?? { name, source, destination, protocol, total: new Total() };
    edges.set(name, edge);
    edge.total.add(cell, counts);
    names.set(source.id, source);
    names.set(destination.id, destination);
    note(source.id, virtualKind(cell.key.reporter, "source"));
    note(destination.id, virtualKind(cell.key.reporter, "destination"));
    totalOf(graph.inbound, destination.id).add(cell, counts);
    totalOf(graph.outbound, source.id).add(cell, counts);
  }
  return graph;
}

/** Edges within `depth` steps of the focus in either direction, and the nodes they join. */
function inFocus(edges: readonly Edge[], names: Graph["names"], { focus, depth }: EdgesQuery) {
  if (focus === undefined) return { edges, nodes: undefined };
  if (!names.has(focus)) {
    throw new QueryFailure("invalid", { parameter: "focus", message: `no node has the id ${focus.slice(0, 200)}` });
  }
  const near = new Set([focus]);
  let kept: readonly Edge[] = [];
  for (let step = 0; step < depth; step++) {
    const reached = new Set(near);
    kept = edges.filter(({ source, destination }) => reached.has(source.id) || reached.has(destination.id));
    for (const { source, destination } of kept) near.add(source.id).add(destination.id);
    if (near.size === reached.size) break;
  }
  return { edges: kept, nodes: near };
}

/** Nodes of the edges shown, the focus, and, without a focus, those without traffic; by id. */
function shownNodes(
  graph: Graph,
  shown: readonly EdgeAnswer[],
  near: ReadonlySet<string> | undefined,
  { focus, idle, limit }: EdgesQuery,
  to: number,
): NodeName[] {
  const ids = new Set(shown.flatMap(({ source, destination }) => [source, destination]));
  if (focus !== undefined) ids.add(focus);
  if (near === undefined && idle) for (const id of idleNodes(graph, to).slice(0, limit)) ids.add(id);
  return [...ids].sort(compareText).flatMap((id) => graph.names.get(id) ?? []);
}

function idleNodes({ names, edges, inbound, outbound }: Graph, to: number): string[] {
  const busy = new Set<string>();
  for (const { source, destination, total } of edges.values()) {
    if (total.hasTraffic) busy.add(source.id).add(destination.id);
  }
  const wasSeen = (id: string) => [inbound, outbound].some((totals) => totals.get(id)?.wasSeenBefore(to));
  return [...names.keys()].filter((id) => !busy.has(id) && wasSeen(id)).sort(compareText);
}

function toEdge(edge: Edge, judged: Total, seconds: number, query: EdgesQuery, settings: HealthSettings): EdgeAnswer {
  const { source, destination, protocol, total } = edge;
  const health = worseOf(
    healthOf(judged, { ...source, direction: "outbound" }, settings),
    healthOf(judged, { ...destination, direction: "inbound" }, settings),
  );
  return {
    source: source.id,
    destination: destination.id,
    protocol: protocol ?? null,
    ...toMeasures(total, seconds, query.reporter, health),
    exemplars: toExemplars(total.examples()),
  };
}

/** A node's measures are those of what it serves; its health is the worse of what it serves and what it calls. */
function toNode(
  name: NodeName,
  graph: Graph,
  judged: Graph,
  seconds: number,
  query: EdgesQuery,
  settings: HealthSettings,
): NodeAnswer {
  const served = graph.inbound.get(name.id);
  const calls = graph.outbound.get(name.id);
  const health = worseKnown(
    healthOf(judged.inbound.get(name.id) ?? served, { ...name, direction: "inbound" }, settings),
    healthOf(judged.outbound.get(name.id) ?? calls, { ...name, direction: "outbound" }, settings),
  );
  const total = served ?? new Total();
  if (calls !== undefined) total.seeToo(calls);
  const virtual = graph.virtual.get(name.id);
  return { ...name, ...(virtual && { virtual }), ...toMeasures(total, seconds, query.reporter, health) };
}

/** Where one direction has traffic, it alone decides against a silent one. */
function worseKnown(a: Health, b: Health): Health {
  if (a.requests === 0 && b.requests > 0) return b;
  return b.requests === 0 && a.requests > 0 ? a : worseOf(a, b);
}
