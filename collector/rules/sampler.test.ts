import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { aRecord, expression } from "./rules.fixture.ts";
import { createSampler } from "./sampler.ts";

type Given = Parameters<typeof aRecord>[0];
const idOf = (n: number) => createHash("sha256").update(String(n)).digest("hex").slice(0, 32);
const sampled = (text: string, given: Given) => createSampler(expression(text)).of(aRecord(given).values);

describe("sampling", () => {
  it.each<[string, Given, number]>([
    ["true", {}, 1],
    ["false", {}, 0],
    ["1", {}, 1],
    ["0", {}, 0],
    ["7.5", {}, 1],
    ["-1.0", {}, 0],
    ["double('NaN')", {}, 1],
    ["response.code >= 500", { "response.code": 503 }, 1],
    ["response.code >= 500", { "response.code": 200 }, 0],
    ["response.code >= 500", {}, 1],
    ["response.code >= 500 ? 1.0 : 0.0", { "response.code": 200 }, 0],
  ])("by %s of %o is %d", (text, given, stands) => {
    expect(sampled(text, given)).toBe(stands);
  });

  it("keeps a request or leaves it out wherever it is reported, and more of them at higher rates", () => {
    for (let n = 0; n < 500; n++) {
      const here = { "trace.id": idOf(n), "request.id": "a", "response.code": 200 };
      const there = { "trace.id": idOf(n), "request.id": "b" };
      expect(sampled("0.3", here)).toBe(sampled("0.3", there));
      expect(sampled("0.3", { "request.id": idOf(n) })).toBe(sampled("0.3", here));
      if (sampled("0.3", here) > 0) expect(sampled("0.6", here)).toBeCloseTo(1 / 0.6);
    }
  });

  it.each<[string, (n: number) => Given]>([
    ["trace ids", (n) => ({ "trace.id": idOf(n) })],
    [
      "ids that differ in the last digits",
      (n) => ({ "request.id": `5f2c9d1e-8a7b-4c3d-9e0f-${String(n).padStart(12, "0")}` }),
    ],
    ["short ids of connections", (n) => ({ "connection.id": String(n) })],
    ["nothing that names them", () => ({})],
  ])("keeps the rate among records with %s, and their sum", (_, given) => {
    const sampler = createSampler(expression("0.1"));
    const stands = Array.from({ length: 20_000 }, (_, n) => sampler.of(aRecord(given(n)).values));
    expect(stands.filter((each) => each > 0).length / 20_000).toBeCloseTo(0.1, 1.7);
    expect(stands.reduce((sum, each) => sum + each, 0) / 20_000).toBeCloseTo(1, 0.7);
  });

  it("decides as it always has, so that hubs of different versions agree", () => {
    const kept = Array.from({ length: 40 }, (_, n) => n).filter((n) => sampled("0.25", { "trace.id": idOf(n) }) > 0);
    expect(kept).toEqual([1, 8, 10, 13, 16, 19, 21, 22, 25, 33]);
  });
});
