import { defineShape } from "../shape.ts";

/** Places on the tape: field number plus the base of its message (envoy.data.accesslog.v3). */
export const base = { common: 0, request: 34, response: 50, connection: 59, entry: 62 } as const;

/** Places that a tape of one entry needs; `entry` has four fields. */
export const places = 67;

const duration = defineShape({ 1: "varint", 2: "varint" });
const wrapped = defineShape({ 1: "varint" });
const address = defineShape({
  1: defineShape({ 1: "varint", 2: "bytes", 3: "varint", 4: "bytes", 5: "bytes", 6: "varint", 7: "bytes" }),
  2: defineShape({ 1: "bytes", 2: "varint" }),
  3: defineShape({ 1: "bytes", 2: "bytes" }),
});
const certificate = defineShape({ 1: defineShape({ 1: "bytes", 2: "bytes" }), 2: "bytes", 3: "bytes" });
const tls = defineShape({
  1: "varint",
  2: wrapped,
  3: "bytes",
  4: certificate,
  5: certificate,
  6: "bytes",
  7: "bytes",
});
/** Bits but for 13, unauthorized_details. */
const flags = defineShape({
  ...Object.fromEntries(Array.from({ length: 28 }, (_, i) => [i + 1, "varint" as const])),
  13: wrapped,
});
const metadata = defineShape({ 1: "map", 2: "map" });

const common = defineShape(
  {
    1: "double",
    2: address,
    3: address,
    4: tls,
    5: duration,
    ...Object.fromEntries([6, 7, 8, 9, 10, 11, 12, 23].map((field) => [field, duration])),
    13: address,
    14: address,
    15: "bytes",
    16: flags,
    17: metadata,
    18: "bytes",
    19: "bytes",
    20: address,
    21: "map",
    22: "map",
    24: "varint",
    25: "bytes",
    26: "bytes",
    27: "varint",
    28: "bytes",
    29: "varint",
    30: "varint",
    31: "varint",
    32: "varint",
    33: "varint",
  },
  base.common,
);
const request = defineShape(
  {
    1: "varint",
    ...Object.fromEntries([2, 3, 5, 6, 7, 8, 9, 10].map((field) => [field, "bytes" as const])),
    4: wrapped,
    11: "varint",
    12: "varint",
    13: "map",
    14: "varint",
    15: "varint",
  },
  base.request,
);
const response = defineShape(
  { 1: wrapped, 2: "varint", 3: "varint", 4: "map", 5: "map", 6: "bytes", 7: "varint", 8: "varint" },
  base.response,
);
const connection = defineShape({ 1: "varint", 2: "varint" }, base.connection);

/** HTTPAccessLogEntry. */
export const httpEntry = defineShape({ 1: common, 2: "varint", 3: request, 4: response }, base.entry);

/** TCPAccessLogEntry. */
export const tcpEntry = defineShape({ 1: common, 2: connection }, base.entry);
