import { clientExtraNanos, type MeshRequest, outside } from "./mesh-traffic.ts";

/** What is true of some requests. */
export interface Truth {
  readonly requests: number;
  readonly errors: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly classes: Readonly<Record<string, number>>;
  /** By `code grpc flags`. */
  readonly responses: Readonly<Record<string, number>>;
  /** Ascending. */
  readonly durationsMs: readonly number[];
}

/** A request as one side saw it. */
export interface Seen {
  readonly request: MeshRequest;
  readonly nanos: number;
}

/** Who counts: the server's proxy, the client's, or each request once. */
export type Side = "inbound" | "outbound" | "auto";

/** What a side saw. */
export function seenBy(requests: readonly MeshRequest[], side: Side): Seen[] {
  return requests.flatMap((request) => {
    const hasServer = request.serverProxy !== undefined;
    if (side === "inbound" && !hasServer) return [];
    const isServers = hasServer && side !== "outbound";
    return [{ request, nanos: request.nanos + (isServers ? 0 : clientExtraNanos) }];
  });
}

const serverErrors = [2, 4, 8, 12, 13, 14, 15];

/** An error as DESIGN 5 defines it. */
const isError = ({ code, grpc, flags }: MeshRequest): boolean =>
  code >= 500 || (grpc !== null && serverErrors.includes(grpc)) || (code === 0 && flags !== null && flags !== "DC");

/** Adds up. */
export function truthOf(seen: readonly Seen[]): Truth {
  const sum = (value: (request: MeshRequest) => number) =>
    seen.reduce((total, { request }) => total + value(request), 0);
  const classes: Record<string, number> = { "2xx": 0, "3xx": 0, "4xx": 0, "5xx": 0, none: 0 };
  const responses: Record<string, number> = {};
  for (const { request } of seen) {
    const { code, grpc, flags } = request;
    const name = code === 0 ? "none" : `${Math.floor(code / 100)}xx`;
    classes[name] = (classes[name] ?? 0) + 1;
    const key = `${code || null} ${grpc} ${flags}`;
    responses[key] = (responses[key] ?? 0) + 1;
  }
  return {
    requests: seen.length,
    errors: sum((request) => (isError(request) ? 1 : 0)),
    bytesIn: sum(({ bytesIn }) => bytesIn),
    bytesOut: sum(({ bytesOut }) => bytesOut),
    classes,
    responses,
    durationsMs: seen.map(({ nanos }) => nanos / 1e6).sort((a, b) => a - b),
  };
}

/** The value at rank ceil(q * n), from 1, of percent `q`. */
export function quantile({ durationsMs }: Truth, percent: number): number {
  return durationsMs[Math.ceil((percent * durationsMs.length) / 100) - 1] ?? Number.NaN;
}

/** The id of a node at level service. */
export const nodeId = (name: string): string => (name === outside ? `/${name}` : `shop/${name}`);
