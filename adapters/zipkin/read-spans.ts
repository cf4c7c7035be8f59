import { eachField, type WireField } from "../shared/otlp/wire-fields.ts";

/** A value of OTLP as JSON has it; whole numbers of 64 bits are bigints, bytes base64. */
export type OtlpValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly OtlpValue[]
  | { readonly [key: string]: OtlpValue };

/** Attributes by name, in order; the last of a name counts. */
export type OtlpAttributes = ReadonlyMap<string, OtlpValue>;

/** A span with what is around it, as far as Zipkin has a place for it. */
export interface OtlpSpan {
  readonly resource: OtlpAttributes;
  readonly scope: { readonly name: string; readonly version: string };
  traceId: string;
  spanId: string;
  parentSpanId: string;
  traceState: string;
  name: string;
  kind: number;
  startNanos: bigint;
  endNanos: bigint;
  readonly attributes: Map<string, OtlpValue>;
  readonly events: { readonly nanos: bigint; readonly name: string; readonly attributes: OtlpAttributes }[];
  status: { readonly code: number; readonly message: string };
}

/**
 * Reads the spans of a resource_spans field. Text that is no UTF-8 gets U+FFFD, where generated code would refuse all of it.
 * Groups and what else is unknown are passed over.
 */
export function readSpans(source: Uint8Array): OtlpSpan[] {
  const bytes = Buffer.from(source.buffer, source.byteOffset, source.byteLength);
  const found: OtlpSpan[] = [];
  eachMessage(bytes, { start: 0, end: bytes.length }, 1, (resourceSpans) => {
    const resource = new Map<string, OtlpValue>();
    eachMessage(bytes, resourceSpans, 1, (message) =>
      eachMessage(bytes, message, 1, (pair) => readPair(bytes, pair, resource)),
    );
    eachMessage(bytes, resourceSpans, 2, (scopeSpans) => {
      const scope = { name: "", version: "" };
      eachMessage(bytes, scopeSpans, 1, (message) =>
        eachField(bytes, message.start, message.end, (field) => {
          if (field.field === 1) scope.name = textOf(bytes, field);
          else if (field.field === 2) scope.version = textOf(bytes, field);
        }),
      );
      eachMessage(bytes, scopeSpans, 2, (span) => found.push(readSpan(bytes, span, resource, scope)));
    });
  });
  return found;
}

type Range = Pick<WireField, "start" | "end">;

function eachMessage(bytes: Buffer, { start, end }: Range, number: number, visit: (message: Range) => void): void {
  eachField(bytes, start, end, (field) => {
    if (field.field === number && field.wireType === 2) visit(field);
  });
}

function readSpan(bytes: Buffer, range: Range, resource: OtlpAttributes, scope: OtlpSpan["scope"]): OtlpSpan {
  const span: OtlpSpan = {
    ...{ resource, scope, traceId: "", spanId: "", parentSpanId: "", traceState: "", name: "", kind: 0 },
    ...{ startNanos: 0n, endNanos: 0n, attributes: new Map(), events: [], status: { code: 0, message: "" } },
  };
  eachField(bytes, range.start, range.end, (field) => {
    const { start, end } = field;
    switch (field.field) {
      case 1:
        span.traceId = bytes.toString("hex", start, end);
        break;
      case 2:
        span.spanId = bytes.toString("hex", start, end);
        break;
      case 3:
        span.traceState = textOf(bytes, field);
        break;
      case 4:
        span.parentSpanId = bytes.toString("hex", start, end);
        break;
      case 5:
        span.name = textOf(bytes, field);
        break;
      case 6:
        span.kind = Number(varintOf(bytes, field));
        break;
      case 7:
        span.startNanos = bytes.readBigUInt64LE(start);
        break;
      case 8:
        span.endNanos = bytes.readBigUInt64LE(start);
        break;
      case 9:
        readPair(bytes, field, span.attributes);
        break;
      case 11:
        span.events.push(readEvent(bytes, field));
        break;
      case 15:
        span.status = readStatus(bytes, field);
        break;
    }
  });
  return span;
}

/** Event: time_unix_nano = 1, name = 2, attributes = 3. */
function readEvent(bytes: Buffer, { start, end }: Range): OtlpSpan["events"][number] {
  const event = { nanos: 0n, name: "", attributes: new Map<string, OtlpValue>() };
  eachField(bytes, start, end, (field) => {
    if (field.field === 1) event.nanos = bytes.readBigUInt64LE(field.start);
    else if (field.field === 2) event.name = textOf(bytes, field);
    else if (field.field === 3) readPair(bytes, field, event.attributes);
  });
  return event;
}

/** Status: message = 2, code = 3. */
function readStatus(bytes: Buffer, { start, end }: Range): OtlpSpan["status"] {
  const status = { code: 0, message: "" };
  eachField(bytes, start, end, (field) => {
    if (field.field === 2) status.message = textOf(bytes, field);
    else if (field.field === 3) status.code = Number(varintOf(bytes, field));
  });
  return status;
}

/** KeyValue: key = 1, value = 2. */
function readPair(bytes: Buffer, { start, end }: Range, into: Map<string, OtlpValue>): void {
  let key = "";
  let value: OtlpValue = null;
  eachField(bytes, start, end, (field) => {
    if (field.field === 1) key = textOf(bytes, field);
    else if (field.field === 2) value = readValue(bytes, field);
  });
  into.set(key, value);
}

/** AnyValue: string = 1, bool = 2, int = 3, double = 4, array = 5, kvlist = 6, bytes = 7. */
function readValue(bytes: Buffer, { start, end }: Range): OtlpValue {
  let value: OtlpValue = null;
  eachField(bytes, start, end, (field) => {
    switch (field.field) {
      case 1:
        value = textOf(bytes, field);
        break;
      case 2:
        value = varintOf(bytes, field) !== 0n;
        break;
      case 3:
        value = BigInt.asIntN(64, varintOf(bytes, field));
        break;
      case 4:
        value = bytes.readDoubleLE(field.start);
        break;
      case 5: {
        const items: OtlpValue[] = [];
        eachMessage(bytes, field, 1, (item) => items.push(readValue(bytes, item)));
        value = items;
        break;
      }
      case 6: {
        const pairs = new Map<string, OtlpValue>();
        eachMessage(bytes, field, 1, (pair) => readPair(bytes, pair, pairs));
        value = Object.fromEntries(pairs);
        break;
      }
      case 7:
        value = bytes.toString("base64", field.start, field.end);
        break;
    }
  });
  return value;
}

function textOf(bytes: Buffer, { start, end }: Range): string {
  return bytes.toString("utf8", start, end);
}

function varintOf(bytes: Buffer, { start, end }: Range): bigint {
  let value = 0n;
  for (let at = end - 1; at >= start; at--) value = (value << 7n) | BigInt(bytes[at]! & 127);
  return BigInt.asUintN(64, value);
}
