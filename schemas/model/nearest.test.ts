import { expect, it } from "vitest";
import { nearest, nearestOf } from "./nearest.ts";

it.each([
  ["request", ["duration", "requests"], "requests"],
  ["Requests", ["requests"], "requests"],
  ["RESPONSE.COED", ["request.code", "response.code"], "response.code"],
  ["durtaion", ["duration", "requests"], "duration"],
  ["bytes", ["duration", "requests"], undefined],
  ["a", [], undefined],
])("finds for %s among %j %s", (name, candidates, closest) => {
  expect(nearest(name, candidates)).toBe(closest);
});

it.each([
  ["request.pth", "request.path"],
  ["request.psth", "request.path"],
  ["reuqest.host", "request.host"],
  ["Response.Code", "response.code"],
  ["startWith", "startsWith"],
  ["siez", "size"],
  ["sz", undefined],
  ["banana", undefined],
])("finds for %s among attributes %s", (wrong, closest) => {
  expect(nearest(wrong, ["request.path", "request.host", "response.code", "size", "startsWith"])).toBe(closest);
});

it("counts a swap of neighbours as one edit", () => {
  expect(nearest("hots", ["host"])).toBe("host");
  expect(nearest("hsot", ["shot", "host"])).toBe("shot");
  expect(nearest("abdc", ["abxx", "abcd"])).toBe("abcd");
});

it("allows edits for a third of the text, and always one", () => {
  expect(nearest("source.nam", ["source.name"])).toBe("source.name");
  expect(nearest("abcdef", ["abcdxy"])).toBe("abcdxy");
  expect(nearest("abcdef", ["abcxyz"])).toBeUndefined();
  expect(nearest("id", ["ip"])).toBe("ip");
});

it("takes the first of equally close names", () => {
  expect(nearest("cat", ["bat", "hat"])).toBe("bat");
  expect(nearest("cat", ["hat", "bat"])).toBe("hat");
});

it("takes the name closest to any of several texts", () => {
  expect(nearestOf(["code", "response.code"], ["request.code", "response.coda"])).toBe("response.coda");
  expect(nearestOf(["request.host.x.y.z", "request.hots"], ["request.path", "request.host"])).toBe("request.host");
  expect(nearestOf([], ["a"])).toBeUndefined();
});

it("is quick to give up on a text far longer than any name", () => {
  expect(nearest("x".repeat(10_000_000), ["requests", "duration"])).toBeUndefined();
});
