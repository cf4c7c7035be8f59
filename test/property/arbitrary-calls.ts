import fc from "fast-check";

/** A span of a generated trace, as far as the graph of calls goes. */
export interface DrawnSpan {
  readonly id: number;
  readonly trace: number;
  /** 0: none. */
  readonly parent: number;
  readonly kind: "server" | "client" | "producer" | "consumer" | "internal";
  readonly service: string;
  /** What the span names as its peer. */
  readonly peer: { readonly type: "database" | "messaging_system" | "virtual_node"; readonly name: string } | undefined;
  readonly failed: boolean;
  readonly links: readonly { readonly id: number; readonly trace: number }[];
}

/** What a service does while it serves. */
type Work =
  | {
      readonly does: "call";
      readonly of: string;
      readonly named: boolean;
      readonly wrapped: boolean;
      readonly work: Work[];
    }
  | { readonly does: "query"; readonly wrapped: boolean }
  | { readonly does: "send"; readonly to: string; readonly linked: boolean; readonly work: Work[] }
  | { readonly does: "compute"; readonly work: Work[] };

const services = ["web", "cart", "stock", "mail"];
const service = fc.constantFrom(...services);

const { works } = fc.letrec<{ works: Work[]; work: Work }>((tie) => ({
  works: fc.array(tie("work"), { maxLength: 3, depthIdentifier: "work" }),
  work: fc.oneof(
    { maxDepth: 3, depthIdentifier: "work" },
    fc.record({ does: fc.constant("query" as const), wrapped: fc.boolean() }),
    fc.record({
      does: fc.constant("call" as const),
      of: service,
      named: fc.boolean(),
      wrapped: fc.boolean(),
      work: tie("works"),
    }),
    fc.record({ does: fc.constant("send" as const), to: service, linked: fc.boolean(), work: tie("works") }),
    fc.record({ does: fc.constant("compute" as const), work: tie("works") }),
  ),
}));

/** Whole traces: programs that call one another, databases and queues. */
export const arbitraryCalls: fc.Arbitrary<DrawnSpan[]> = fc
  .array(fc.record({ root: service, failures: fc.infiniteStream(fc.nat(4)), work: works }), {
    minLength: 1,
    maxLength: 3,
  })
  .map((traces) => traces.flatMap(({ root, failures, work }, n) => draw(n * 1000 + 1, root, failures, work)));

function draw(first: number, root: string, failures: Iterator<number>, work: readonly Work[]): DrawnSpan[] {
  const spans: DrawnSpan[] = [];
  let last = first - 1;
  const add = (span: Partial<DrawnSpan> & Pick<DrawnSpan, "kind" | "service" | "parent" | "trace">): number => {
    const failed = failures.next().value === 0;
    spans.push({ id: ++last, peer: undefined, failed, links: [], ...span });
    return last;
  };
  const run = (each: Work, owner: string, trace: number, parent: number): void => {
    const of = { service: owner, trace };
    if (each.does === "compute") {
      const inner = add({ ...of, kind: "internal", parent });
      for (const next of each.work) run(next, owner, trace, inner);
    } else if (each.does === "send") {
      const peer = { type: "messaging_system", name: `to-${each.to}` } as const;
      const sent = add({ ...of, kind: "producer", parent, peer });
      const place = each.linked
        ? { trace: last + 500_000, parent: 0, links: [{ id: sent, trace }] }
        : { trace, parent: sent };
      const received = add({ ...place, kind: "consumer", service: each.to, peer });
      for (const next of each.work) run(next, each.to, place.trace, received);
    } else {
      const isCall = each.does === "call";
      const named = isCall ? each.named && ({ type: "virtual_node", name: `${each.of}.example` } as const) : undefined;
      const peer = isCall ? named || undefined : ({ type: "database", name: "orders" } as const);
      const outer = each.wrapped ? add({ ...of, kind: "client", parent, peer }) : parent;
      const exit = add({ ...of, kind: "client", parent: outer, peer });
      if (!isCall) return;
      const entry = add({ kind: "server", service: each.of, trace, parent: exit });
      for (const next of each.work) run(next, each.of, trace, entry);
    }
  };
  const start = add({ kind: "server", service: root, trace: first, parent: 0 });
  for (const each of work) run(each, root, first, start);
  return spans;
}
