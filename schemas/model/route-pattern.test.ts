import { describe, expect, it } from "vitest";
import { parseRoutePattern } from "./route-pattern.ts";

const matches = (text: string, path: string) => {
  const parsed = parseRoutePattern(text);
  if (!parsed.ok) throw new Error(parsed.expected);
  return parsed.pattern.matches(path);
};

describe("a path template", () => {
  it.each<[string, string, boolean]>([
    ["/users/{id}", "/users/1", true],
    ["/users/{id}", "/users/", false],
    ["/users/{id}", "/users", false],
    ["/users/{id}", "/users/1/x", false],
    ["/users/{id}", "/users/1/", false],
    ["/users/*", "/users/1", true],
    ["/users/{id}/orders/{n}", "/users/1/orders/2", true],
    ["/users/{id}/orders", "/users/1/order", false],
    ["/a", "/a", true],
    ["/a", "/ab", false],
    ["/ab", "/a", false],
    ["/", "/", true],
    ["/", "/a", false],
    ["/a/", "/a/", true],
    ["/a/", "/a", false],
    ["/a/**", "/a", true],
    ["/a/**", "/a/", true],
    ["/a/**", "/a/b/c", true],
    ["/a/{rest...}", "/a/b", true],
    ["/a/**", "/ab", false],
    ["/**", "/anything/at/all", true],
    ["/**", "", true],
    ["/{a}/b", "//b", false],
    ["/a", "", false],
    ["/a", "a", false],
  ])("%s on %s: %s", (text, path, expected) => {
    expect(matches(text, path)).toBe(expected);
  });

  it.each([
    ["users", "a path such as"],
    ["/a/**/b", "at the end"],
    ["/a/{x...}/b", "at the end"],
    ["/a/x{id}", "whole segment"],
    ["/{}", "whole segment"],
    ["/a*", "whole segment"],
    ["/{1a}", "whole segment"],
  ])("is not %s: %s", (text, why) => {
    expect(parseRoutePattern(text)).toMatchObject({ ok: false, expected: expect.stringContaining(why) });
  });
});
