import type { Address } from "../../../schemas/model/access-log.ts";
import type { DecidedRequest, JoinedDecision } from "../../../schemas/model/decision.ts";

/** A decision that waits for the records of its request. */
export interface Remembered extends JoinedDecision {
  readonly id: string;
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly host: string | undefined;
  /** Where the request came to, at the proxy that asked. */
  readonly local: Address;
  /** Milliseconds since the epoch. */
  readonly timeMs: number;
}

/** How much of a text is remembered and compared, in UTF-16 units: as much of a path as Envoy puts into a span. */
const MAX_TEXT = 256;

/** The beginning of a long text. It is a text of its own, so that it does not keep the whole in memory. */
export const shortened = (text: string): string =>
  text.length <= MAX_TEXT ? text : Buffer.from(text.slice(0, MAX_TEXT)).toString();

/**
 * Which of the decisions under one request id is the one on this request; they come in the order in which they were asked for.
 *
 * Where the proxy tells the decision's id, that one or none. Else those on the same method and path, as far as both tell: each hop of a request
 * may have changed them. Of these the one that the same proxy asked for, by the address that the request came to; else the one on the same host,
 * which proxies rewrite; else any. So whoever passed the request on without asking tells what was decided elsewhere. Of several that are left the
 * request was tried more than once: the last that was decided before it ended.
 */
export function chooseDecision(known: readonly Remembered[], request: DecidedRequest): Remembered | undefined {
  const id = request.told?.id;
  if (id !== undefined) return known.find((decision) => decision.id === id);
  let best: Remembered | undefined;
  let bestRank = -1;
  for (const decision of known) {
    const rank = rankOf(decision, request);
    if (rank < bestRank || rank < 0) continue;
    if (rank > bestRank || decision.timeMs <= (request.endMs ?? decision.timeMs)) best = decision;
    bestRank = rank;
  }
  return best;
}

/** How well a decision fits; below 0 if it does not. */
function rankOf(decision: Remembered, { method, path, host, local }: DecidedRequest): number {
  if (!agree(decision.method, method) || !agree(decision.path, path && shortened(path))) return -1;
  return (isSame(decision.local, local) ? 2 : 0) + (decision.host === (host && shortened(host)) ? 1 : 0);
}

const agree = (a: string | undefined, b: string | undefined): boolean => a === undefined || b === undefined || a === b;

const isSame = (a: Address, b: Address | undefined): boolean =>
  b?.ip !== undefined && a.ip === b.ip && a.port === b.port;
