import { expect, it } from "vitest";
import type { Json } from "../../schemas/model/access-log.ts";
import type { ProxiedCheck } from "../../schemas/model/check-request.ts";
import { callerSpan, traceparentSpan } from "./caller-span.ts";

const trace = "0af7651916cd43dd8448eb211c80319c";
const [outer, inner] = ["b7ad6b7169203331", "00f067aa0ba902b7"];
const traceparent = (span: string, flags = "01") => `00-${trace}-${span}-${flags}`;
const proxied = (headers?: Record<string, string>) =>
  ({ kind: "ext_authz", headers: headers && new Map(Object.entries(headers)) }) as unknown as ProxiedCheck;
const reported = (value: Json) => ({ kind: "report" as const, value });

it("is that of the call, else that of the request which is checked", () => {
  const check = proxied({ traceparent: traceparent(inner) });
  expect(callerSpan({ traceparent: traceparent(outer), check })).toEqual({
    ...{ traceId: trace, spanId: outer, sampled: true },
  });
  expect(callerSpan({ check })).toEqual({ traceId: trace, spanId: inner, sampled: true });
  expect(callerSpan({ traceparent: "nonsense", check })?.spanId).toBe(inner);
});

it("is read of B3 headers, too, and of attributes given as JSON", () => {
  expect(callerSpan({ check: proxied({ b3: `${trace}-${inner}-0` }) })).toEqual({
    ...{ traceId: trace, spanId: inner, sampled: false },
  });
  const headers = { traceparent: traceparent(inner, "00") };
  expect(callerSpan({ check: reported({ "request.headers": headers }) })).toEqual({
    ...{ traceId: trace, spanId: inner, sampled: false },
  });
});

it.each<[string, Parameters<typeof callerSpan>[0]["check"]]>([
  ["no headers", proxied()],
  ["other headers", proxied({ b3: "0" })],
  ["no attributes", reported(null)],
  ["headers that are none", reported({ "request.headers": ["a"] })],
  ["headers of no text", reported({ "request.headers": { traceparent: 7 } })],
  [
    "a rate limit request",
    { kind: "limit", domain: "d", descriptor: { entries: [], limit: undefined, hits: 1, ownHits: undefined } },
  ],
])("is unknown with %s", (_, check) => {
  expect(callerSpan({ check })).toBeUndefined();
});

it("is none where a header is not given", () => {
  expect(traceparentSpan(undefined)).toBeUndefined();
});
