import { defineShape } from "../shape.ts";

/** Places on the tape: field number plus the base of its message (envoy.service.auth.v3.AttributeContext). */
export const base = {
  context: 0,
  source: 14,
  destination: 20,
  request: 26,
  http: 29,
  tls: 43,
  metadata: 45,
  route: 48,
};

/** Places that a tape of one request needs. */
export const places = 51;

const address = defineShape({
  1: defineShape({ 1: "varint", 2: "bytes", 3: "varint", 4: "bytes", 5: "bytes", 6: "varint", 7: "bytes" }),
  2: defineShape({ 1: "bytes", 2: "varint" }),
  3: defineShape({ 1: "bytes", 2: "bytes" }),
});
const peer = { 1: address, 2: "bytes", 3: "map", 4: "bytes", 5: "bytes" } as const;
const metadata = { 1: "map", 2: "map" } as const;
const headerMap = defineShape({ 1: defineShape({ 1: "bytes", 2: "bytes", 3: "bytes" }) });

const http = defineShape(
  {
    ...{ 1: "bytes", 2: "bytes", 3: "map", 4: "bytes", 5: "bytes", 6: "bytes", 7: "bytes", 8: "bytes" },
    ...{ 9: "varint", 10: "bytes", 11: "bytes", 12: "bytes", 13: headerMap },
  },
  base.http,
);

/** CheckRequest: attributes = 1. */
export const checkRequest = defineShape({
  1: defineShape(
    {
      1: defineShape(peer, base.source),
      2: defineShape(peer, base.destination),
      4: defineShape({ 1: defineShape({ 1: "varint", 2: "varint" }), 2: http }, base.request),
      10: "map",
      11: defineShape(metadata, base.metadata),
      12: defineShape({ 1: "bytes" }, base.tls),
      13: defineShape(metadata, base.route),
    },
    base.context,
  ),
});
