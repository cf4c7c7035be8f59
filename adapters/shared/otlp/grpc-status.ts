import { fromBinary } from "@bufbuild/protobuf";
import { type Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { RetryInfoSchema, StatusSchema } from "../../../schemas/gen/google/rpc/status_pb.js";
import type { Delivery } from "../../adapter.ts";

/** Codes after which OTLP has a request sent again. */
const retryable: ReadonlySet<status> = new Set([
  status.CANCELLED,
  status.DEADLINE_EXCEEDED,
  status.ABORTED,
  status.OUT_OF_RANGE,
  status.UNAVAILABLE,
  status.DATA_LOSS,
]);

/** How the gRPC servers of Go, Java, C++, Node, .NET and Rust say that a message is too large. */
const sizeWords = /larger than|exceeds (the )?max|too large/i;

/**
 * What a failed call says about its batch, by OTLP's table: RESOURCE_EXHAUSTED may be tried again only if the backend says
 * when. A stream that broke without an answer, which gRPC calls INTERNAL, may be, too.
 */
export function failed({ code, details, metadata }: ServiceError): Delivery {
  const said = details.replace(/\s+/g, " ").replace(/ ?Resolution note: $/, "");
  const reason = `gRPC status ${status[code] ?? code}: ${said.slice(0, 300)}`;
  if ((code === status.RESOURCE_EXHAUSTED || code === status.OUT_OF_RANGE) && sizeWords.test(details))
    return { status: "too_large", reason };
  const afterMs = retryDelayMs(metadata);
  const broke = code === status.INTERNAL && details.startsWith("Received RST_STREAM");
  const again = retryable.has(code) || broke || (code === status.RESOURCE_EXHAUSTED && afterMs !== undefined);
  if (!again) return { status: "rejected", reason };
  return { status: "retry", reason, ...(afterMs === undefined ? {} : { afterMs }) };
}

/** RetryInfo in the trailer grpc-status-details-bin, in milliseconds; undefined without one. */
function retryDelayMs(metadata: Metadata): number | undefined {
  const [trailer] = metadata.get("grpc-status-details-bin");
  if (!(trailer instanceof Uint8Array)) return undefined;
  try {
    const info = fromBinary(StatusSchema, trailer).details.find(({ typeUrl }) =>
      typeUrl.endsWith("/google.rpc.RetryInfo"),
    );
    const delay = info && fromBinary(RetryInfoSchema, info.value).retryDelay;
    return delay && Math.max(0, Number(delay.seconds) * 1000 + delay.nanos / 1e6);
  } catch {
    return undefined;
  }
}
