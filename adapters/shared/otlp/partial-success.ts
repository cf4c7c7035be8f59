import { fromBinary } from "@bufbuild/protobuf";
import { ExportResponseSchema } from "../../../schemas/gen/opentelemetry/proto/collector/export_pb.js";
import type { AdapterLog, Delivery } from "../../adapter.ts";

/** What a backend says of a request that it took. */
export interface PartialSuccess {
  readonly rejected: number;
  readonly message: string;
}

/** Reads an export response; one that cannot be read says nothing. */
export function parseExportResponse(body: Uint8Array): PartialSuccess {
  try {
    const { partialSuccess } = fromBinary(ExportResponseSchema, body);
    return { rejected: Number(partialSuccess?.rejected ?? 0n), message: partialSuccess?.errorMessage ?? "" };
  } catch {
    return { rejected: 0, message: "" };
  }
}

/** The same from JSON, in which some backends answer whatever was asked. */
export function parseExportJson(text: string): PartialSuccess {
  try {
    const { partialSuccess = {} } = JSON.parse(text);
    const { rejectedSpans, rejectedDataPoints, rejectedLogRecords, errorMessage = "" } = partialSuccess;
    const rejected = Number(rejectedSpans ?? rejectedDataPoints ?? rejectedLogRecords ?? 0);
    return { rejected: Number.isSafeInteger(rejected) ? rejected : 0, message: String(errorMessage) };
  } catch {
    return { rejected: 0, message: "" };
  }
}

/**
 * What became of a request of so many items, and a warning in the log if not all is well. The backend does not say which items
 * it rejected, and what it took must not be sent again: the last ones stand for them, so that the count is right.
 */
export function toDelivery({ rejected, message }: PartialSuccess, items: number, log: AdapterLog): Delivery {
  if (rejected <= 0) {
    if (message !== "") log.warn({ backend: message }, "the backend took the batch and warns");
    return { status: "delivered" };
  }
  const count = Math.min(rejected, items);
  const reason = `the backend rejected ${rejected} of ${items}${message === "" ? "" : `: ${message}`}`;
  log.warn({ rejected, items, backend: message }, "the backend rejected part of a batch and does not say which part");
  if (count === items) return { status: "rejected", reason };
  return { status: "partial", rejected: Array.from({ length: count }, (_, i) => items - count + i), reason };
}
