import { headersFrame } from "./http2-frames.ts";

/** What Envoy sends with a call, beside the method. */
const common: readonly (readonly [string, string])[] = [
  [":method", "POST"],
  [":scheme", "http"],
  [":authority", "hub"],
  ["te", "trailers"],
  ["content-type", "application/grpc"],
  ["grpc-timeout", "9000m"],
  ["x-envoy-internal", "true"],
  ["x-forwarded-for", "10.0.0.7"],
  ["x-envoy-expected-rq-timeout-ms", "9000"],
];

/** First entry of HPACK's dynamic table. */
const firstDynamic = 62;

/**
 * HEADERS frames of one connection's calls, as proxies send them: the first has its headers put into the table of the connection, later ones
 * are an octet for each (RFC 7541, 6.1 and 6.2.1).
 */
export function createRequestHeaders(method: string): (stream: number) => Buffer {
  const headers = [...common, [":path", method] as const].sort(
    ([a], [b]) => Number(b[0] === ":") - Number(a[0] === ":"),
  );
  const first = Buffer.concat(headers.map(([name, value]) => literal(name, value)));
  const later = Buffer.from(headers.map((_, at) => 0x80 | (firstDynamic + headers.length - 1 - at)));
  let isFirst = true;
  return (stream) => {
    const block = isFirst ? first : later;
    isFirst = false;
    return headersFrame(stream, block);
  };
}

/** A literal that enters the table. */
function literal(name: string, value: string): Buffer {
  const text = (of: string) => Buffer.concat([Buffer.of(of.length), Buffer.from(of)]);
  return Buffer.concat([Buffer.of(0x40), text(name), text(value)]);
}
