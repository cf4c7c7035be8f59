import type { AccessLogBatch, AccessLogEntry, ListenerTrust, StreamOrigin } from "../../../schemas/model/access-log.ts";
import type { RejectedSpan, SpanResource } from "../../../schemas/model/span.ts";
import type { ByteCache } from "../byte-cache.ts";
import { itemWidth, type RequestIndex } from "../otlp/request-index.ts";
import type { ParsedResource } from "../otlp/resource.ts";
import { type LogFault, readRecord } from "./record.ts";

/** What log records are read with. */
export interface LogBatchOptions {
  readonly texts: ByteCache<string>;
  readonly listener: ListenerTrust;
  /** Numbers of the records in what the sender sent, if those are not their places. */
  readonly places: readonly number[] | undefined;
}

/** Records that one resource has in a row, as a batch of an access log. */
export class OtlpLogBatch implements AccessLogBatch {
  readonly origin: StreamOrigin;
  readonly answered = true;
  malformed = 0;
  readonly rejected: RejectedSpan[] = [];
  readonly #index: RequestIndex;
  readonly #resource: ParsedResource;
  readonly #options: LogBatchOptions;
  readonly #end: number;
  #place: number;

  constructor(index: RequestIndex, from: number, to: number, resource: ParsedResource, options: LogBatchOptions) {
    this.#index = index;
    this.#place = from;
    this.#end = to;
    this.#resource = resource;
    this.#options = options;
    this.origin = originOf(resource, options.listener);
  }

  next(): AccessLogEntry | undefined {
    while (this.#place < this.#end) {
      const place = this.#place++;
      const entry = this.#read(place);
      if (typeof entry === "object") return entry;
      this.malformed++;
      const number = this.#options.places?.[place] ?? place;
      this.rejected.push({ reason: entry, error: `log record ${number}: ${explanations[entry]}` });
    }
    return undefined;
  }

  #read(place: number): AccessLogEntry | LogFault {
    const { bytes, items } = this.#index;
    const { attributes, fault } = this.#resource;
    if (fault !== undefined) return fault;
    const at = place * itemWidth;
    return readRecord(bytes, items[at + 1]!, items[at + 2]!, attributes.has("log_name"), this.#options.texts);
  }
}

const explanations: Readonly<Record<LogFault, string>> = {
  truncated: "a field is longer than what is left",
  overlong_varint: "a varint has more than 64 bits",
  bad_tag: "a field has no valid number",
  wire_type: "a field has a wire type that it cannot have",
  limit: "expected fewer levels of lists and maps in a value, or fewer attributes of its resource",
  attributes: "expected at most 4096 attributes",
  trace_id: "expected a trace_id of 16 bytes or none",
  span_id: "expected a span_id of 8 bytes or none",
  not_access_log:
    "it is no access log: expected Envoy's or Istio's format, or attributes such as method, path and response_code",
};

/** Envoy's logger names itself and its node in the resource; other senders have the resource of their process. */
function originOf({ attributes }: SpanResource, listener: ListenerTrust): StreamOrigin {
  const of = (name: string) => attributes.get(name) ?? "";
  const node = {
    id: of("node_name") || of("service.instance.id"),
    cluster: of("cluster_name") || of("service.name"),
    metadata: {},
    locality: undefined,
    userAgentName: undefined,
    userAgentVersion: undefined,
  };
  return { identifier: { node, logName: of("log_name") }, listener };
}
