import { createSpanDecoder } from "../../collector/decode/otlp-spans.ts";
import type { CallGraph, GraphLimits } from "../../collector/graph/call-graph.ts";
import { Layout } from "../../collector/graph/layout.ts";
import { createCallGraph } from "../../collector/graph/waiting-graph.ts";
import { createEnrichTables } from "../../collector/normalize/enrich.ts";
import { createRouteTemplates } from "../../collector/normalize/route-templates.ts";
import { createSpanNormalizer } from "../../collector/normalize/span.ts";
import { type AttributeName, builtInAttributes, slotOf } from "../../schemas/attributes/vocabulary.ts";
import type { Span } from "../../schemas/gen/opentelemetry/proto/trace/v1/trace_pb.js";
import { AttributeRecord, createProjection } from "../../schemas/model/record.ts";
import type { Value } from "../../schemas/model/value.ts";
import { aRequest } from "./otlp-span.ts";

/** What a record says, by attribute; absent ones are left out. */
export type Said = Readonly<Record<string, Value>>;

const limits: GraphLimits = { waitMs: 10_000, maxSpans: 1000, maxBytes: 10_000_000 };

/** A graph with a clock of its own that takes spans of OTLP and notes what it says. */
export class GraphBench {
  nowMs = 0;
  readonly graph: CallGraph;
  readonly calls: Said[] = [];
  /** What statistics are told. */
  readonly told: Said[] = [];
  readonly #decoder = createSpanDecoder({ now: () => Date.parse("2026-11-25T00:00:00Z") });
  readonly #record = new AttributeRecord(builtInAttributes.length);
  readonly #normalize = createSpanNormalizer({
    projection: createProjection(builtInAttributes.keys()),
    enrich: createEnrichTables({ addresses: {}, principals: {} }),
    routes: createRouteTemplates({ templates: [], learn: true, maxTemplates: 1000 }),
  });

  readonly #more: Partial<GraphLimits>;

  constructor(more: Partial<GraphLimits> = {}) {
    this.#more = more;
    const sinks = {
      span: ({ values }: AttributeRecord) => void this.told.push(said(values)),
      call: ({ values }: AttributeRecord) => void this.calls.push(said(values)),
    };
    this.graph = createCallGraph(sinks, () => this.nowMs);
    this.graph.configure({ ...limits, ...more }, new Layout(builtInAttributes.keys()), builtInAttributes.length);
  }

  /** Keeps these attributes from now on, and what calls are made of. */
  keep(...names: readonly AttributeName[]): this {
    this.graph.configure({ ...limits, ...this.#more }, new Layout(names.map(slotOf)), builtInAttributes.length);
    return this;
  }

  /** Takes the spans of one resource. */
  take(resource: Readonly<Record<string, string>>, ...spans: readonly Span[]): this {
    const batch = this.#decoder.read(aRequest(spans, resource), "otlp");
    for (let span = batch.next(); span !== undefined; span = batch.next()) {
      this.#normalize(span, this.#record);
      this.graph.take(span, this.#record);
    }
    return this;
  }

  /** Lets so much time pass. */
  wait(ms: number): this {
    this.nowMs += ms;
    this.graph.expire();
    return this;
  }

  /** The calls so far, in short: `client -> server (type)`. */
  get edges(): string[] {
    return this.calls.filter((call) => call["context.signal"] === "call").map(edgeOf);
  }
}

function edgeOf(call: Said): string {
  const type = call["call.type"];
  return `${call["call.client"]} -> ${call["call.server"]}${type === undefined ? "" : ` (${type})`}`;
}

/** The attributes of a record that are there. */
export function said(values: AttributeRecord["values"]): Said {
  const present = builtInAttributes.flatMap(({ name }, slot): [string, Value][] => {
    const value = values[slot];
    return value === undefined ? [] : [[name, value]];
  });
  return Object.fromEntries(present);
}
