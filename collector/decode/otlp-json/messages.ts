import {
  base64,
  bool,
  double,
  enumeration,
  type Fields,
  fixed32,
  fixed64,
  hex,
  int64,
  list,
  message,
  sfixed64,
  sint32,
  text,
  uint32,
  uint64,
  type WriteField,
} from "./fields.ts";

/** AnyValue and KeyValue hold one another. */
const anyValue: WriteField = (writer, field, value) => writeAnyValue(writer, field, value);
const keyValue = message({ key: [1, text], value: [2, anyValue] });
const attributes = list(keyValue);
const writeAnyValue = message({
  stringValue: [1, text],
  boolValue: [2, bool],
  intValue: [3, int64],
  doubleValue: [4, double],
  arrayValue: [5, message({ values: [1, list(anyValue)] })],
  kvlistValue: [6, message({ values: [1, attributes] })],
  bytesValue: [7, base64],
});

/** Resource. */
export const resource = message({
  attributes: [1, attributes],
  droppedAttributesCount: [2, uint32],
  entityRefs: [
    3,
    list(
      message({
        schemaUrl: [1, text],
        type: [2, text],
        idKeys: [3, list(text)],
        descriptionKeys: [4, list(text)],
      }),
    ),
  ],
});

/** InstrumentationScope. */
export const scope = message({
  name: [1, text],
  version: [2, text],
  attributes: [3, attributes],
  droppedAttributesCount: [4, uint32],
});

const spanKinds = ["UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"].map(
  (name) => `SPAN_KIND_${name}`,
);
const statusCodes = ["UNSET", "OK", "ERROR"].map((name) => `STATUS_CODE_${name}`);

/** The fields of Span. */
export const span: Fields = {
  traceId: [1, hex(16)],
  spanId: [2, hex(8)],
  traceState: [3, text],
  parentSpanId: [4, hex(8)],
  name: [5, text],
  kind: [6, enumeration(spanKinds)],
  startTimeUnixNano: [7, fixed64],
  endTimeUnixNano: [8, fixed64],
  attributes: [9, attributes],
  droppedAttributesCount: [10, uint32],
  events: [
    11,
    list(
      message({
        timeUnixNano: [1, fixed64],
        name: [2, text],
        attributes: [3, attributes],
        droppedAttributesCount: [4, uint32],
      }),
    ),
  ],
  droppedEventsCount: [12, uint32],
  links: [
    13,
    list(
      message({
        traceId: [1, hex(16)],
        spanId: [2, hex(8)],
        traceState: [3, text],
        attributes: [4, attributes],
        droppedAttributesCount: [5, uint32],
        flags: [6, fixed32],
      }),
    ),
  ],
  droppedLinksCount: [14, uint32],
  status: [15, message({ message: [2, text], code: [3, enumeration(statusCodes)] })],
  flags: [16, fixed32],
};

/** The fields of LogRecord. */
export const logRecord: Fields = {
  timeUnixNano: [1, fixed64],
  severityNumber: [2, uint32],
  severityText: [3, text],
  body: [5, anyValue],
  attributes: [6, attributes],
  droppedAttributesCount: [7, uint32],
  flags: [8, fixed32],
  traceId: [9, hex(16)],
  spanId: [10, hex(8)],
  observedTimeUnixNano: [11, fixed64],
  eventName: [12, text],
};

const exemplars = list(
  message({
    timeUnixNano: [2, fixed64],
    asDouble: [3, double],
    spanId: [4, hex(8)],
    traceId: [5, hex(16)],
    asInt: [6, sfixed64],
    filteredAttributes: [7, attributes],
  }),
);

/** What every kind of point begins with. */
const times: Fields = { startTimeUnixNano: [2, fixed64], timeUnixNano: [3, fixed64] };

const numbers = list(
  message({
    ...times,
    asDouble: [4, double],
    exemplars: [5, exemplars],
    asInt: [6, sfixed64],
    attributes: [7, attributes],
    flags: [8, uint32],
  }),
);

const histograms = list(
  message({
    ...times,
    count: [4, fixed64],
    sum: [5, double],
    bucketCounts: [6, list(fixed64)],
    explicitBounds: [7, list(double)],
    exemplars: [8, exemplars],
    attributes: [9, attributes],
    flags: [10, uint32],
    min: [11, double],
    max: [12, double],
  }),
);

const buckets = message({ offset: [1, sint32], bucketCounts: [2, list(uint64)] });

const exponentialHistograms = list(
  message({
    ...times,
    attributes: [1, attributes],
    count: [4, fixed64],
    sum: [5, double],
    scale: [6, sint32],
    zeroCount: [7, fixed64],
    positive: [8, buckets],
    negative: [9, buckets],
    flags: [10, uint32],
    exemplars: [11, exemplars],
    min: [12, double],
    max: [13, double],
    zeroThreshold: [14, double],
  }),
);

const summaries = list(
  message({
    ...times,
    count: [4, fixed64],
    sum: [5, double],
    quantileValues: [6, list(message({ quantile: [1, double], value: [2, double] }))],
    attributes: [7, attributes],
    flags: [8, uint32],
  }),
);

const temporality = enumeration(
  ["UNSPECIFIED", "DELTA", "CUMULATIVE"].map((name) => `AGGREGATION_TEMPORALITY_${name}`),
);

/** The fields of Metric. */
export const metric: Fields = {
  name: [1, text],
  description: [2, text],
  unit: [3, text],
  gauge: [5, message({ dataPoints: [1, numbers] })],
  sum: [7, message({ dataPoints: [1, numbers], aggregationTemporality: [2, temporality], isMonotonic: [3, bool] })],
  histogram: [9, message({ dataPoints: [1, histograms], aggregationTemporality: [2, temporality] })],
  exponentialHistogram: [
    10,
    message({ dataPoints: [1, exponentialHistograms], aggregationTemporality: [2, temporality] }),
  ],
  summary: [11, message({ dataPoints: [1, summaries] })],
  metadata: [12, attributes],
};
