/** Text, or the bytes of it where they may be no UTF-8 and are to be passed on as they are. */
export type ZipkinText = string | Uint8Array;

/** One end of a call. */
export interface ZipkinEndpoint {
  readonly serviceName?: ZipkinText | undefined;
  /** IPv4 or IPv6, as text. */
  readonly ip?: string | undefined;
  readonly port?: number | undefined;
}

/** A span of Zipkin, whatever its encoding. Ids are lower-case hex. */
export interface ZipkinSpan {
  /** 32 digits. */
  readonly traceId: string;
  readonly id: string;
  readonly parentId: string | undefined;
  readonly name: ZipkinText;
  /** SpanKind of OTLP. */
  readonly kind: number;
  /** Microseconds since the epoch. */
  readonly timestamp: bigint | undefined;
  readonly duration: bigint | undefined;
  readonly local: ZipkinEndpoint;
  readonly remote: ZipkinEndpoint;
  readonly annotations: readonly { readonly timestamp: bigint; readonly value: ZipkinText }[];
  readonly tags: ReadonlyMap<string, ZipkinText>;
  readonly debug: boolean;
  readonly shared: boolean;
}

/** A span that cannot be read, and what was expected. */
export class ZipkinFault extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ZipkinFault";
  }
}

const zeros = /^0+$/;

/** A trace id of 32 digits from one of 16 or 32, in any case. */
export function toTraceId(hex: string): string {
  if (!/^(?:[0-9a-f]{16}|[0-9a-f]{32})$/i.test(hex) || zeros.test(hex))
    throw new ZipkinFault("expected a traceId of 16 or 32 hexadecimal digits that are not all zero");
  return hex.toLowerCase().padStart(32, "0");
}

/** A span id of 16 digits. */
export function toSpanId(hex: string): string {
  if (!/^[0-9a-f]{16}$/i.test(hex) || zeros.test(hex))
    throw new ZipkinFault("expected an id of 16 hexadecimal digits that are not all zero");
  return hex.toLowerCase();
}

/** The parent; undefined for a root, which may say so by nothing, by zeros, or by its own id. */
export function toParentId(hex: string, id: string): string | undefined {
  if (hex === "") return undefined;
  if (!/^[0-9a-f]{16}$/i.test(hex)) throw new ZipkinFault("expected a parentId of 16 hexadecimal digits or none");
  const parent = hex.toLowerCase();
  return zeros.test(parent) || parent === id ? undefined : parent;
}
