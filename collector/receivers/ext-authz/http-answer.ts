import type { HeaderChange, Verdict } from "../../../schemas/model/verdict.ts";
import { refusalOf } from "../../decode/ext-authz/refusal.ts";
import { sendable } from "../../decode/ext-authz/sendable.ts";

/** An answer over HTTP. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: string;
}

/** How the front takes answers. */
export interface AnswerStyle {
  /** Takes 5xx for a failure of the hub, so a refusal must be none. */
  readonly fails5xx: boolean;
  /** The caller of the proxy speaks gRPC. */
  readonly isGrpc: boolean;
}

const decisionId = "x-mixdown-decision-id";
const removals = "x-envoy-auth-headers-to-remove";

/** A verdict as an answer: 200 with the headers that change, or the refusal as the client is to see it. */
export function toHttpAnswer(verdict: Verdict, { fails5xx, isGrpc }: AnswerStyle): HttpAnswer {
  const { changes, id } = verdict;
  const denial = verdict.denial && refusalOf(verdict.denial);
  if (denial === undefined) {
    const upstream = sendable(changes.upstream);
    const removed = upstream.filter(({ action }) => action === "remove").map(({ name }) => name);
    const own = { [decisionId]: id, ...(removed.length > 0 && { [removals]: removed.join(", ") }) };
    return { status: 200, headers: { ...byName([...upstream, ...sendable(changes.client)]), ...own }, body: "" };
  }
  return {
    status: denial.status < 300 || (fails5xx && denial.status >= 500) ? 403 : denial.status,
    headers: {
      "content-type": "text/plain; charset=utf-8",
      ...byName(sendable(changes.client)),
      ...(isGrpc && { "grpc-status": String(denial.code) }),
      [decisionId]: id,
    },
    body: denial.body ?? denial.message,
  };
}

/** The values of each name: `set` starts over, others add. */
function byName(changes: readonly HeaderChange[]): Record<string, string | string[]> {
  const headers = new Map<string, string[]>();
  for (const change of changes) {
    if (change.action === "remove") continue;
    const before = change.action === "set" ? [] : (headers.get(change.name) ?? []);
    headers.set(change.name, [...before, toLatin1(change.value)]);
  }
  return Object.fromEntries(
    [...headers].map(([name, values]) => [name, values.length === 1 ? (values[0] ?? "") : values]),
  );
}

/** Node writes headers as Latin-1: this way the bytes are those of UTF-8. */
function toLatin1(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}
