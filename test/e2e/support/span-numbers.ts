import { aRequest, aSpan } from "../../support/otlp-span.ts";

const perRequest = 100;
const start = BigInt(Date.now() - 60_000) * 1_000_000n;

const template = Buffer.from(
  aRequest(
    Array.from({ length: perRequest }, (_, n) =>
      aSpan(
        1 + n,
        {
          "http.method": "GET",
          "http.status_code": n % 10 === 0 ? "503" : "200",
          "http.url": `http://shop.example/products/${n}`,
          upstream_cluster: `cluster_${n % 7}`,
          component: "proxy",
          request_size: "0",
          response_size: String(n),
        },
        { spanId: markOf(n), kind: 2, startTimeUnixNano: start, endTimeUnixNano: start + 12_345_678n, flags: 257 },
      ),
    ),
    { "service.name": "shop" },
  ),
);

/** Where the span ids are. */
const places = Array.from({ length: perRequest }, (_, n) => template.indexOf(markOf(n)));

function markOf(n: number): Buffer {
  return Buffer.from(`mark${String(n).padStart(4, "0")}`);
}

/** An OTLP request of 100 spans of one resource, whose ids hold its number. */
export function requestNumber(number: number): Buffer {
  const request = Buffer.from(template);
  for (const place of places) request.writeUInt32BE(number, place);
  return request;
}

/** The number in such a request. */
export function numberOf(request: Uint8Array): number {
  return Buffer.from(request.buffer, request.byteOffset, request.length).readUInt32BE(places[0]!);
}
