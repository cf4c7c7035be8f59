import { looksVariable, segmentsOf, variable } from "./path-segments.ts";

/** A template that paths were brought to. */
export interface Route {
  readonly template: string;
  /** Requests that had it. */
  hits: number;
}

/** Learns the templates of one host, from its paths in the order they come. */
export interface RouteLearner {
  /** The route of a path; undefined beyond the budget. */
  learn(path: string, grpc: boolean): Route | undefined;
  /** Distinct templates given out since the start. */
  readonly size: number;
  /** Rises whenever paths learned before may get another template. */
  readonly version: number;
}

/** One position after a certain prefix. */
interface Node {
  children: Map<string, Node> | undefined;
  /** Segments without a child of their own vary. */
  collapsed: boolean;
  route: Route | undefined;
}

/** Positions this wide collapse together with the widest. */
const WIDE = 16;
const MAX_GRPC_LENGTH = 256;

/**
 * Makes a learner that gives out at most `maxTemplates` templates, ever. Each time half of what is left is used up,
 * the widest position (the prefix with the most different segments behind it) collapses: from then on these segments
 * are `{id}`, except the few that carry much of the traffic. So one position that varies cannot use up the budget.
 */
export function createRouteLearner(maxTemplates: number, mayGrow: () => boolean): RouteLearner {
  const root = createNode();
  const grpcRoutes = new Map<string, Route>();
  let size = 0;
  let version = 0;
  let collapseAt = Math.ceil(maxTemplates / 2);

  function add(template: string): Route {
    size++;
    return { template, hits: 0 };
  }

  function learnGrpc(path: string): Route | undefined {
    const known = grpcRoutes.get(path);
    if (known !== undefined) return known;
    if (size >= maxTemplates || path.length > MAX_GRPC_LENGTH || !mayGrow()) return undefined;
    const route = add(path);
    grpcRoutes.set(path, route);
    return route;
  }

  function learnHttp(path: string): Route | undefined {
    const known = find(root, path);
    if (known !== undefined) return known;
    const segments = segmentsOf(path);
    if (segments === undefined) return undefined;
    if (size >= maxTemplates || !mayGrow()) return undefined;
    if (size >= collapseAt) {
      collapseAt = size + Math.max(1, Math.floor((maxTemplates - size) / 2));
      if (collapseWidest(root)) version++;
    }
    return insert(root, segments, path.startsWith("/") ? "/" : "", add);
  }

  return {
    learn: (path, grpc) => (grpc ? learnGrpc(path) : learnHttp(path)),
    get size() {
      return size;
    },
    get version() {
      return version;
    },
  };
}

function createNode(): Node {
  return { children: undefined, collapsed: false, route: undefined };
}

/** The route of a path that was learned; walks the path in place, since this runs for every request. */
function find(root: Node, path: string): Route | undefined {
  let node: Node | undefined = root;
  let at = path.startsWith("/") ? 1 : 0;
  for (let slash = 0; slash >= 0; at = slash + 1) {
    slash = path.indexOf("/", at);
    const end = slash < 0 ? path.length : slash;
    const children: ReadonlyMap<string, Node> | undefined = node.children;
    const { collapsed } = node;
    node = children?.get(looksVariable(path, at, end) ? variable : path.slice(at, end));
    if (node === undefined && collapsed) node = children?.get(variable);
    if (node === undefined) return undefined;
  }
  return node.route;
}

/** Adds the path's template, which may be there already once a collapse made room. */
function insert(root: Node, segments: readonly string[], start: string, add: (template: string) => Route): Route {
  let node = root;
  const template: string[] = [];
  for (const segment of segments) {
    node.children ??= new Map();
    const name = node.collapsed && !node.children.has(segment) ? variable : segment;
    template.push(name);
    let next = node.children.get(name);
    if (next === undefined) {
      next = createNode();
      node.children.set(name, next);
    }
    node = next;
  }
  node.route ??= add(start + template.join("/"));
  return node.route;
}

/** Collapses the widest position, and those nearly as wide; false if none has two segments to bring together. */
function collapseWidest(root: Node): boolean {
  const nodes = [...positions(root)];
  const widest = nodes.reduce((most, node) => Math.max(most, widthOf(node)), 0);
  if (widest < 2) return false;
  const limit = Math.max(WIDE, widest / 2);
  const wide = nodes.filter((node) => widthOf(node) >= limit);
  const last = nodes.findLast((node) => widthOf(node) === widest);
  for (const node of wide.length > 0 || last === undefined ? wide : [last]) collapse(node);
  return true;
}

/** Every position, each before those behind it. */
function* positions(node: Node): Generator<Node> {
  yield node;
  for (const child of node.children?.values() ?? []) yield* positions(child);
}

/** How many segments of their own a position has. */
function widthOf({ children }: Node): number {
  return children === undefined ? 0 : children.size - (children.has(variable) ? 1 : 0);
}

/** Forgets the segments of a position but those with at least a tenth of its traffic and four times the average. */
function collapse(node: Node): void {
  node.collapsed = true;
  const children = node.children ?? new Map<string, Node>();
  const total = trafficOf(node);
  const enough = Math.max(total / 10, (4 * total) / children.size);
  for (const [segment, child] of children) {
    if (segment !== variable && trafficOf(child) < enough) children.delete(segment);
  }
}

function trafficOf(node: Node): number {
  let hits = node.route?.hits ?? 0;
  for (const child of node.children?.values() ?? []) hits += trafficOf(child);
  return hits;
}
