import { type DataKind, dataKinds, MetricPoint } from "./metric-point.ts";
import { WireCursor } from "./wire-cursor.ts";

/** What the points of a metric have in common. */
export interface MetricHead {
  readonly name: string;
  readonly description: string;
  /** In UCUM. */
  readonly unit: string;
  readonly kind: DataKind;
  readonly temporality: "delta" | "cumulative" | undefined;
  readonly isMonotonic: boolean;
}

/** What is found in the bytes of relayed metrics, from outside in. Bytes and points are valid during the call. */
export interface MetricVisitor {
  /** The bytes of the Resource that the following scopes belong to. */
  resource(bytes: Uint8Array): void;
  /** The bytes of the InstrumentationScope that the following metrics belong to, and its schema_url. */
  scope(bytes: Uint8Array, schemaUrl: string): void;
  metric(head: MetricHead): void;
  /** A point of the last metric. */
  point(point: MetricPoint): void;
}

const temporalities = [undefined, "delta", "cumulative"] as const;

/** Visits everything in resource_metrics fields one behind the other, which the hub has checked. */
export function readMetrics(bytes: Uint8Array, visitor: MetricVisitor): void {
  const request = new WireCursor().enter(bytes, 0, bytes.length);
  const point = new MetricPoint();
  while (request.next()) if (request.field === 1) readResource(request, visitor, point);
}

/** ResourceMetrics: resource = 1, scope_metrics = 2. */
function readResource(outer: WireCursor, visitor: MetricVisitor, point: MetricPoint): void {
  visitor.resource(lastOf(outer, 1));
  const cursor = new WireCursor().within(outer);
  while (cursor.next()) if (cursor.field === 2) readScope(cursor, visitor, point);
}

/** ScopeMetrics: scope = 1, metrics = 2, schema_url = 3. */
function readScope(outer: WireCursor, visitor: MetricVisitor, point: MetricPoint): void {
  visitor.scope(lastOf(outer, 1), Buffer.from(lastOf(outer, 3)).toString("utf8"));
  const cursor = new WireCursor().within(outer);
  while (cursor.next()) if (cursor.field === 2) readMetric(cursor, visitor, point);
}

/** The bytes of a message's field, the last of them; none if it is not there. */
function lastOf(outer: WireCursor, field: number): Uint8Array {
  const cursor = new WireCursor().within(outer);
  let found = outer.bytes.subarray(outer.start, outer.start);
  while (cursor.next()) if (cursor.field === field) found = cursor.bytes.subarray(cursor.start, cursor.end);
  return found;
}

/** Metric: name = 1, description = 2, unit = 3, and one of the kinds of data. */
function readMetric(outer: WireCursor, visitor: MetricVisitor, point: MetricPoint): void {
  const cursor = new WireCursor().within(outer);
  const texts = ["", "", "", ""];
  let data: { readonly field: keyof typeof dataKinds } | undefined;
  while (cursor.next()) {
    const { field } = cursor;
    if (field <= 3) texts[field] = cursor.text();
    else if (field in dataKinds) data = { field: field as keyof typeof dataKinds };
  }
  if (data === undefined) return;
  const kind = dataKinds[data.field];
  const [, name = "", description = "", unit = ""] = texts;
  visitor.metric({ name, description, unit, kind, ...readData(outer, data.field) });
  cursor.within(outer);
  const points = new WireCursor();
  while (cursor.next()) {
    if (cursor.field !== data.field) continue;
    points.within(cursor);
    while (points.next()) {
      if (points.field !== 1) continue;
      point.read(points, kind);
      visitor.point(point);
    }
  }
}

/** Sum, Histogram, ExponentialHistogram: aggregation_temporality = 2; Sum: is_monotonic = 3. */
function readData(outer: WireCursor, dataField: number): Pick<MetricHead, "temporality" | "isMonotonic"> {
  const cursor = new WireCursor().within(outer);
  const inner = new WireCursor();
  let temporality: MetricHead["temporality"];
  let isMonotonic = false;
  while (cursor.next()) {
    if (cursor.field !== dataField) continue;
    inner.within(cursor);
    while (inner.next()) {
      if (inner.field === 2) temporality = temporalities[inner.varint()];
      else if (inner.field === 3) isMonotonic = inner.varint() !== 0;
    }
  }
  return { temporality, isMonotonic };
}
