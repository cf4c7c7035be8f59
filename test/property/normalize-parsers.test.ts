import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findPayload, toClaims } from "../../collector/normalize/claims.ts";
import { parseClusterName } from "../../collector/normalize/cluster-name.ts";
import { addNanos } from "../../collector/normalize/int64.ts";
import type { Struct } from "../../collector/normalize/json.ts";
import { peerOfObject } from "../../collector/normalize/peer-object.ts";
import { parseQueryParams } from "../../collector/normalize/query-params.ts";
import { parseIstioNodeId } from "../../collector/normalize/reporter.ts";
import { hostOf } from "../../collector/normalize/service.ts";
import { parseSpiffeId } from "../../collector/normalize/spiffe.ts";
import { parseTraceContext } from "../../collector/normalize/trace-context.ts";
import { parseForwardedClientCert } from "../../collector/normalize/xfcc.ts";
import { parseCidr, toNumber } from "../../schemas/model/cidr.ts";
import { parseIp } from "../../schemas/model/ip.ts";
import { percentDecode } from "../../schemas/model/percent.ts";
import { parseRoutePattern } from "../../schemas/model/route-pattern.ts";

/** Any text, and text made of the characters that parsers turn on. */
const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.constantFrom(...'|~.:/[]{}=;,"\\%?&#-0afsx ') }),
);
const json = fc.jsonValue() as fc.Arbitrary<Struct[string]>;
const struct = fc.dictionary(
  fc.constantFrom(
    "iss",
    "sub",
    "aud",
    "azp",
    "labels",
    "namespace",
    "identity",
    "workload",
    "type",
    "name",
    "__proto__",
    "x",
  ),
  json,
) as fc.Arbitrary<Struct>;

describe("parsers", () => {
  it("never throw, whatever the text", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        parseForwardedClientCert(text);
        parseSpiffeId(text);
        parseSpiffeId(`spiffe://${text}`);
        parseQueryParams(text);
        percentDecode(text);
        parseIstioNodeId(text);
        parseClusterName(text);
        parseClusterName(`outbound|${text}`);
        hostOf(text);
        parseCidr(text);
        parseRoutePattern(text);
        parseTraceContext(new Map(["traceparent", "b3", "x-b3-traceid", "x-b3-sampled"].map((name) => [name, text])));
      }),
      { numRuns: 2000 },
    );
  });

  it("never throw, whatever the struct", () => {
    fc.assert(
      fc.property(struct, (value) => {
        peerOfObject(value);
        const payload = findPayload(value);
        if (payload !== undefined)
          expect(JSON.parse(toClaims(payload).raw)).toEqual(JSON.parse(JSON.stringify(payload)));
      }),
      { numRuns: 1000 },
    );
  });
});

const key = fc.constantFrom("By", "Hash", "URI", "Subject", "DNS", "Cert");
const value = fc.string({ unit: fc.constantFrom(...'ab,;="\\/: ') });
const quote = (text: string) => `"${text.replaceAll(/["\\]/g, (char) => `\\${char}`)}"`;

describe("x-forwarded-client-cert", () => {
  it("gives back the pairs of its last element", () => {
    const element = fc.array(fc.tuple(key, value), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.array(element, { minLength: 1, maxLength: 4 }), (elements) => {
        const header = elements
          .map((pairs) => pairs.map(([name, text]) => `${name}=${quote(text)}`).join(";"))
          .join(",");
        const read = [...(parseForwardedClientCert(header) ?? [])].flatMap(([name, texts]) =>
          texts.map((text) => [name, text]),
        );
        const written = (elements.at(-1) ?? []).map(([name, text]) => [name.toLowerCase(), text]);
        expect(read.toSorted()).toEqual(written.toSorted());
      }),
    );
  });
});

describe("percent decoding", () => {
  it("reverses encoding", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        expect(percentDecode(encodeURIComponent(text))).toBe(text);
      }),
    );
  });
});

describe("query parameters", () => {
  it("are those that were written, the first of a name", () => {
    const pairs = fc.array(fc.tuple(fc.string({ minLength: 1, unit: "grapheme" }), fc.string({ unit: "grapheme" })));
    fc.assert(
      fc.property(pairs, (written) => {
        const query = written.map((pair) => pair.map(encodeURIComponent).join("=")).join("&");
        const expected = new Map(written.toReversed());
        expect(parseQueryParams(`/p?${query}`) ?? new Map()).toEqual(expected);
      }),
    );
  });
});

describe("addresses", () => {
  it("lie in the blocks that are made of them", () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.nat(128), (text, length) => {
        const ip = parseIp(text) ?? "";
        const bits = ip.includes(":") ? 128 : 32;
        fc.pre(length <= bits);
        const cidr = parseCidr(`${ip}/${length}`);
        expect(cidr).toEqual({ bits, length, prefix: toNumber(ip) >> BigInt(bits - length) });
      }),
    );
  });
});

describe("points in time", () => {
  it("move by durations of any size", () => {
    const times = fc.record({ seconds: fc.integer(), nanos: fc.nat(999_999_999) });
    const durations = fc.oneof(
      fc.integer(),
      fc.maxSafeInteger(),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    );
    const total = ({ seconds, nanos }: { seconds: number; nanos: number }) =>
      BigInt(seconds) * 1_000_000_000n + BigInt(nanos);
    fc.assert(
      fc.property(times, durations, (time, duration) => {
        const moved = addNanos(time, duration);
        expect(total(moved)).toBe(total(time) + BigInt(duration));
        expect(moved.nanos).toBeGreaterThanOrEqual(0);
        expect(moved.nanos).toBeLessThan(1_000_000_000);
      }),
    );
  });
});
