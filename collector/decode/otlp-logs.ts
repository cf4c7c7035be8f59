import type { ListenerTrust } from "../../schemas/model/access-log.ts";
import { ofFirstField } from "./otlp/first-field.ts";
import { indexRequest, itemWidth } from "./otlp/request-index.ts";
import { createResourceCache } from "./otlp/resource.ts";
import { createTextCache } from "./otlp/span.ts";
import { OtlpLogBatch } from "./otlp-logs/batch.ts";

export type { OtlpLogBatch };

/** Most log records of a request. */
const maxRecords = 100_000;
/** Records of one batch: some milliseconds of work. */
const maxBatch = 2048;

/** The access logs in a request. */
export interface LogRequest {
  /** In order; each is to be read to its end before the next is asked for. */
  readonly batches: Iterable<OtlpLogBatch>;
  readonly count: number;
  /** Records beyond the limit, which are in no batch. */
  readonly beyond: number;
}

/** Reads access logs from the bytes of OTLP requests. */
export interface LogDecoder {
  /** The records of an ExportLogsServiceRequest. Throws OtlpError if its framing is broken. */
  read(message: Uint8Array, listener: ListenerTrust, places?: readonly number[]): LogRequest;
}

/** Makes a decoder for opentelemetry.proto.collector.logs.v1 (OTLP 1.x), as Envoy's access loggers use it. */
export function createLogDecoder(): LogDecoder {
  const texts = createTextCache();
  const resources = createResourceCache(texts);
  return {
    read(message, listener, places) {
      const index = indexRequest(message, maxRecords);
      function* batches() {
        for (let from = 0; from < index.count; ) {
          const resource = resourceAt(from);
          let to = from + 1;
          while (to < index.count && to - from < maxBatch && resourceAt(to) === resource) to++;
          const parsed = ofFirstField(resources, index.bytes, index.resources[resource]!);
          yield new OtlpLogBatch(index, from, to, parsed, { texts, listener, places });
          from = to;
        }
      }
      const resourceAt = (place: number) => index.scopes[index.items[place * itemWidth + 3]!]!.parent;
      return { batches: batches(), count: index.count, beyond: index.beyond };
    },
  };
}
