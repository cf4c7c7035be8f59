import { expect, it } from "vitest";
import type { HeaderChange, Verdict } from "../../../schemas/model/verdict.ts";
import { toHttpAnswer } from "./http-answer.ts";

const allowed: Verdict = {
  ...{ id: "d1", allowed: true, denial: undefined, rule: "staff", revision: "r7", changes: {} },
  ...{ reasons: [], shadow: undefined, cache: "off", limits: [] },
};
const plain = { fails5xx: false, isGrpc: false };

const refusal = (status: number, style = plain) =>
  toHttpAnswer({ ...allowed, allowed: false, denial: { status, code: 7, message: "no" } }, style).status;

it("never allows with a refusal, nor lets it pass for a failure of the hub", () => {
  expect([200, 204, 302, 401, 503, 999, 0].map((status) => refusal(status))).toEqual([
    403, 403, 302, 401, 503, 403, 403,
  ]);
  expect(refusal(503, { fails5xx: true, isGrpc: false })).toBe(403);
});

it("has each header as the last set made it, with what was added since", () => {
  const upstream: readonly HeaderChange[] = [
    { action: "add", name: "x-a", value: "lost" },
    { action: "set", name: "x-a", value: "1" },
    { action: "append", name: "x-a", value: "2" },
    { action: "remove", name: "x-b" },
    { action: "set", name: "content-length", value: "7" },
  ];
  expect(toHttpAnswer({ ...allowed, changes: { upstream } }, plain)).toEqual({
    status: 200,
    headers: { "x-a": ["1", "2"], "x-envoy-auth-headers-to-remove": "x-b", "x-mixdown-decision-id": "d1" },
    body: "",
  });
});
