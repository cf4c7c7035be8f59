import { type AttributeName, builtInAttributes, slotOf } from "../../schemas/attributes/vocabulary.ts";
import { AttributeRecord } from "../../schemas/model/record.ts";
import type { Timestamp, Value } from "../../schemas/model/value.ts";

/** Attributes of a record by name. */
export type RecordValues = { readonly [K in AttributeName]?: Value };

/** A record with these attributes. */
export function aRecord(values: RecordValues, final = true): AttributeRecord {
  const record = new AttributeRecord(builtInAttributes.length);
  for (const [name, value] of Object.entries(values)) record.values[slotOf(name as AttributeName)] = value;
  record.final = final;
  return record;
}

/** A time in milliseconds since the epoch, as attributes hold it. */
export function atTime(ms: number): Timestamp {
  const seconds = Math.floor(ms / 1000);
  return { seconds, nanos: Math.round((ms - seconds * 1000) * 1e6) };
}

/** An HTTP request from productpage to reviews as the server saw it, 5 ms, 200; what is given comes on top. */
export function aRequest(endMs: number, values: RecordValues = {}): AttributeRecord {
  return aRecord({
    "context.signal": "accesslog",
    "context.protocol": "http",
    "context.reporter.kind": "inbound",
    "source.workload.name": "productpage-v1",
    "source.workload.namespace": "default",
    "source.canonical.name": "productpage",
    "destination.workload.name": "reviews-v1",
    "destination.workload.namespace": "default",
    "destination.canonical.name": "reviews",
    "destination.service.host": "reviews.default.svc.cluster.local",
    "destination.service.name": "reviews",
    "destination.service.namespace": "default",
    "request.method": "GET",
    "response.code": 200,
    "response.duration": 5_000_000,
    "response.time": atTime(endMs),
    "request.size": 10,
    "response.size": 100,
    "upstream.address": "10.0.0.2",
    "connection.mtls": true,
    ...values,
  });
}
