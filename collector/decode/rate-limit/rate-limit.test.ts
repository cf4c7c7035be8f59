import { existsSync, readFileSync } from "node:fs";
import { create, fromBinary, fromJsonString, toBinary, toJson } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  RateLimitRequestSchema,
  RateLimitResponseSchema,
} from "../../../schemas/gen/envoy/service/ratelimit/v3/rls_pb.js";
import { ByteWriter } from "../../../schemas/model/byte-writer.ts";
import { limitUnits, type RateLimitAnswer, type RateLimitRequest } from "../../../schemas/model/rate-limit.ts";
import { root } from "../../../test/support/documents.ts";
import { parseRateLimitRequest, rateLimitResponseToJson } from "./json.ts";
import { decodeRateLimitRequest } from "./request.ts";
import { encodeRateLimitResponse } from "./response.ts";

const text = fc.string({ maxLength: 12 });
const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
const units = Object.keys(limitUnits) as (keyof typeof limitUnits)[];
const limit = fc.record({ requestsPerUnit: uint32, unit: fc.constantFrom(1, 2, 3, 4, 5, 6) });
const descriptor = fc.record({
  entries: fc.array(fc.record({ key: text, value: text }), { maxLength: 4 }),
  limit: fc.option(limit, { nil: undefined }),
  hitsAddend: fc.option(fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: 1n << 40n })), { nil: undefined }),
  isNegativeHits: fc.boolean(),
});
const request = fc.record({ domain: text, hitsAddend: uint32, descriptors: fc.array(descriptor, { maxLength: 4 }) });

/** What a request means, said by the generated code. */
function meant(bytes: Uint8Array): RateLimitRequest {
  const { domain, hitsAddend, descriptors } = fromBinary(RateLimitRequestSchema, bytes);
  return {
    ...{ domain, hitsAddend },
    descriptors: descriptors.map(({ entries, limit: override, hitsAddend: own, isNegativeHits }) => {
      const ownHits = own === undefined ? undefined : Number(own);
      const hits = ownHits ?? Math.max(1, hitsAddend);
      return {
        entries: entries.map(({ key, value }) => ({ key, value })),
        limit: override && {
          requestsPerUnit: override.requestsPerUnit,
          unit: units.find((name) => limitUnits[name].number === override.unit) ?? "UNKNOWN",
        },
        ownHits,
        hits: isNegativeHits ? 0 - hits : hits,
      };
    }),
  };
}

describe("rate limit requests", () => {
  it("mean what the generated code says", () => {
    fc.assert(
      fc.property(request, (init) => {
        const bytes = toBinary(RateLimitRequestSchema, create(RateLimitRequestSchema, init));
        expect(decodeRateLimitRequest(bytes)).toEqual(meant(bytes));
      }),
    );
  });

  it("as JSON mean the same as in bytes", () => {
    fc.assert(
      fc.property(request, (init) => {
        const message = create(RateLimitRequestSchema, init);
        const json = JSON.stringify(toJson(RateLimitRequestSchema, message));
        expect(parseRateLimitRequest(json)).toEqual(decodeRateLimitRequest(toBinary(RateLimitRequestSchema, message)));
      }),
    );
  });

  it("that are no messages are refused, and none makes the decoder throw", () => {
    expect(decodeRateLimitRequest(Uint8Array.of(0x0a, 9, 0x41))).toBe("truncated");
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => void decodeRateLimitRequest(bytes)));
  });

  it("with text that is no UTF-8 keep the rest of it", () => {
    const broken = Uint8Array.of(0x0a, 1, 0x64, 0x12, 9, 0x0a, 7, 0x0a, 1, 0x6b, 0x12, 2, 0x41, 0xff);
    expect(decodeRateLimitRequest(broken)).toMatchObject({
      domain: "d",
      descriptors: [{ entries: [{ key: "k", value: "A\uFFFD" }] }],
    });
  });

  it.each([
    ["{", /no JSON/],
    ["[]", /expected an object/],
    ['{"domian":"a"}', /unknown member "domian"/],
    ['{"domain":1}', /domain: expected text/],
    ['{"descriptors":{}}', /descriptors: expected a list/],
    ['{"descriptors":[{"entries":[{"key":1}]}]}', /descriptors\[0\]\.entries\[0\]\.key/],
    ['{"descriptors":[{"limit":{"unit":"DECADE"}}]}', /unit: expected one of/],
    ['{"hitsAddend":-1}', /hitsAddend: expected a whole number/],
    ['{"hitsAddend":true}', /hitsAddend: expected a whole number/],
    ['{"descriptors":[{"isNegativeHits":1}]}', /true or false/],
  ])("as JSON such as %s are refused with the place", (json, message) => {
    expect(() => parseRateLimitRequest(json)).toThrow(message);
  });

  it("as JSON take names with underscores", () => {
    const json =
      '{"domain":"d","hits_addend":"3","descriptors":[{"entries":[{"key":"a"}],"limit":{"requests_per_unit":2,"unit":"DAY"}}]}';
    expect(parseRateLimitRequest(json)).toMatchObject({
      hitsAddend: 3,
      descriptors: [{ hits: 3, limit: { requestsPerUnit: 2, unit: "DAY" } }],
    });
  });
});

interface Capture {
  readonly base64: string;
  readonly json: unknown;
}

const recording = `${root}../shared/conformance/envoy/rls.jsonl`;

it.skipIf(!existsSync(recording))("reads what a real Envoy sent", () => {
  for (const line of readFileSync(recording, "utf8").trim().split("\n")) {
    const { base64, json } = JSON.parse(line) as Capture;
    const read = decodeRateLimitRequest(Buffer.from(base64, "base64"));
    expect(read).toEqual(parseRateLimitRequest(JSON.stringify(json)));
  }
});

describe("rate limit answers", () => {
  const answer: RateLimitAnswer = {
    overLimit: true,
    statuses: [
      { overLimit: true, limit: { requestsPerUnit: 5, unit: "WEEK", name: "n" }, remaining: 0, resetMs: 1001 },
      { overLimit: false, limit: undefined, remaining: 2 ** 40, resetMs: undefined },
      { overLimit: false, limit: { requestsPerUnit: 0, unit: "UNKNOWN", name: "" }, remaining: 7, resetMs: 0 },
    ],
    responseHeaders: [{ name: "a", value: "1" }],
    requestHeaders: [{ name: "b", value: "" }],
    body: "no",
    metadata: { text: "t", list: [1, null, true], nested: { deep: { deeper: -0.5 } } },
  };

  it("say the same in bytes, in JSON and to the generated code", () => {
    const message = fromBinary(RateLimitResponseSchema, encodeRateLimitResponse(answer, new ByteWriter()));
    expect(fromJsonString(RateLimitResponseSchema, JSON.stringify(rateLimitResponseToJson(answer)))).toEqual(message);
    expect(toJson(RateLimitResponseSchema, message)).toMatchObject({
      overallCode: "OVER_LIMIT",
      statuses: [
        {
          code: "OVER_LIMIT",
          currentLimit: { requestsPerUnit: 5, unit: "WEEK", name: "n" },
          durationUntilReset: "2s",
        },
        { code: "OK", limitRemaining: 4_294_967_295 },
        { code: "OK", limitRemaining: 7 },
      ],
      responseHeadersToAdd: [{ key: "a", value: "1" }],
      requestHeadersToAdd: [{ key: "b" }],
      rawBody: "bm8=",
      dynamicMetadata: answer.metadata,
    });
  });
});
