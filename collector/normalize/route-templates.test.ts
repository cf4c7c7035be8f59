import { describe, expect, it } from "vitest";
import { looksGrpc, looksVariable } from "./path-segments.ts";
import { createRouteTemplates, type RoutesConfig } from "./route-templates.ts";

const routes = (config: Partial<RoutesConfig> = {}) =>
  createRouteTemplates({ templates: [], learn: true, maxTemplates: 1000, ...config });
const templateOf = (path: string, config?: Partial<RoutesConfig>) => routes(config).template("shop", path, false);

describe("route templates", () => {
  it.each([
    ["/", "/"],
    ["/users", "/users"],
    ["/users/", "/users/"],
    ["/users/42", "/users/{id}"],
    ["/users/42/", "/users/{id}/"],
    ["/users/42/orders/7", "/users/{id}/orders/{id}"],
    ["/v1/a", "/v1/a"],
    ["/a//b", "/a//b"],
    ["/f/123e4567-e89b-12d3-a456-426614174000", "/f/{id}"],
    ["/f/deadbeef", "/f/{id}"],
    ["/f/DEADBEEF01", "/f/{id}"],
    ["/f/dead", "/f/dead"],
    ["/f/1234567g", "/f/1234567g"],
    ["/f/123e4567-e89b-12d3-a456-42661417400x", "/f/123e4567-e89b-12d3-a456-42661417400x"],
    [`/t/${"x".repeat(65)}`, "/t/{id}"],
    ["*", "*"],
    ["/%20", "/%20"],
    ["/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q", "{other}"],
    ["", ""],
    ["/pkg.Service/Method", "/pkg.Service/Method"],
  ])("learn from %s: %s", (path, template) => {
    expect(templateOf(path)).toBe(template);
  });

  it("prefer configured patterns, the first that matches", () => {
    const config = { templates: ["/users/me", "/users/{name}", "/files/**", "/users/{other}"] };
    expect(templateOf("/users/me", config)).toBe("/users/me");
    expect(templateOf("/users/7", config)).toBe("/users/{name}");
    expect(templateOf("/files/a/b", config)).toBe("/files/**");
    expect(templateOf("/orders/7", config)).toBe("/orders/{id}");
    expect(templateOf("/orders/7", { ...config, learn: false })).toBe("{other}");
  });

  it("keep the names of gRPC methods", () => {
    expect(routes().template("h", "/pkg.v12345678.Cafe/Deadbeef", true)).toBe("/pkg.v12345678.Cafe/Deadbeef");
    expect(routes().template("h", "/deadbeef/12345678", true)).toBe("/deadbeef/12345678");
    expect(routes().template("h", "/a.B/Deadbeef", false)).toBe("/a.B/Deadbeef");
    const few = routes({ maxTemplates: 2 });
    expect(["/a.B/C", "/a.B/D", "/a.B/E", "/a.B/C"].map((path) => few.template("h", path, true))).toEqual([
      "/a.B/C",
      "/a.B/D",
      "{other}",
      "/a.B/C",
    ]);
  });

  it("collapse the widest position when half of the budget is used up", () => {
    const table = routes({ maxTemplates: 100 });
    for (const path of ["/health", "/users", "/orders/list"]) table.template("h", path, false);
    const given = Array.from({ length: 1000 }, (_, i) => table.template("h", `/users/name-${i}`, false));
    expect(given[0]).toBe("/users/name-0");
    expect(given.slice(47).every((template) => template === "/users/{id}")).toBe(true);
    expect(table.template("h", "/users/name-0", false)).toBe("/users/{id}");
    expect(["/health", "/users", "/orders/list", "/new"].map((path) => table.template("h", path, false))).toEqual([
      "/health",
      "/users",
      "/orders/list",
      "/new",
    ]);
    expect(table.learned).toBe(52);
    expect(table.overflowed).toBe(0);
  });

  it("leave a position's busy segments alone", () => {
    const table = routes({ maxTemplates: 100 });
    for (let i = 0; i < 500; i++) {
      table.template("h", `/scan-${i}`, false);
      table.template("h", "/api/users", false);
    }
    expect(table.template("h", "/scan-0", false)).toBe("/{id}");
    expect(table.template("h", "/api/users", false)).toBe("/api/users");
  });

  it("collapse one position behind the other", () => {
    const table = routes({ maxTemplates: 200 });
    const given = new Set<string>();
    for (let i = 0; i < 5000; i++) given.add(table.template("h", `/tenants/t-${i % 70}/users/u-${i}`, false));
    expect(given.size).toBeLessThanOrEqual(200);
    expect(table.template("h", "/tenants/t-new/users/u-new", false)).toBe("/tenants/{id}/users/{id}");
  });

  it("give {other} beyond the budget, and count it", () => {
    const table = routes({ maxTemplates: 1 });
    expect(["/a", "/b", "/a", "/c/d"].map((path) => table.template("h", path, false))).toEqual([
      "/a",
      "{other}",
      "/a",
      "{other}",
    ]);
    expect(table.overflowed).toBe(2);
  });

  it("learn for each host by itself", () => {
    const table = routes({ maxTemplates: 1 });
    expect(table.template("one", "/a", false)).toBe("/a");
    expect(table.template("two", "/b", false)).toBe("/b");
    expect(table.template("one", "/b", false)).toBe("{other}");
  });

  it("refuse texts that are no path templates", () => {
    expect(() => routes({ templates: ["/ok", "bad"] })).toThrow('routes.templates: "bad" is no path template');
  });
});

it.each([
  ["1", true],
  ["0123456789", true],
  ["12ab", false],
  ["1234abcd", true],
  ["abcdefab", true],
  ["abcdefag", false],
  ["", false],
  ["-1", false],
  ["1.5", false],
])("%s looks variable: %s", (segment, expected) => {
  expect(looksVariable(segment)).toBe(expected);
});

it.each([
  ["/a.B/C", true],
  ["/a.b.Svc/Get", true],
  ["/B/C", false],
  ["/a.b/c", false],
  ["/a.B/C/", false],
  ["/a.B/", false],
  ["a.B/C", false],
])("%s looks like gRPC: %s", (path, expected) => {
  expect(looksGrpc(path)).toBe(expected);
});
