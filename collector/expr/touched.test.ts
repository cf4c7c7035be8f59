import { describe, expect, it } from "vitest";
import { slotOf } from "../../schemas/attributes/vocabulary.ts";
import { compileTracked } from "./compile.ts";
import { type Given, slotsOf, vocabulary } from "./expr.fixture.ts";
import { TouchedSet } from "./touched.ts";

function touchedBy(text: string, given: Given): TouchedSet {
  const touched = new TouchedSet();
  const compiled = compileTracked(text, { vocabulary }, touched);
  if (!compiled.ok) throw new Error(text);
  compiled.expression.evaluate(slotsOf(given));
  return touched;
}

const map = new Map([["a", "b"]]);

describe("a tracked evaluation", () => {
  it.each<[string, Given, string[]]>([
    ["request.path == 'x'", {}, ["-request.path"]],
    ["request.path | request.host | 'x'", { "request.host": "h" }, ["-request.path", "request.host"]],
    ["response.code == 1 || request.path == 'x'", { "response.code": 1 }, ["response.code"]],
    ["response.code == 1 && request.path == 'x'", { "response.code": 2 }, ["response.code"]],
    ["test.map['a'] == 'b'", { "test.map": map }, ["test.map", "test.map[a]"]],
    ["test.map.x | 'y'", { "test.map": map }, ["-test.map[x]", "test.map"]],
    ["test.map[request.path] | 'y'", { "request.path": "p" }, ["-test.map"]],
    ["'a' in test.map", { "test.map": map }, ["test.map", "test.map[a]"]],
    ["has(test.map.x)", { "test.map": map }, ["-test.map[x]", "test.map"]],
    ["(request.headers | test.map)['a']", { "test.map": map }, ["-request.headers", "test.map", "test.map[a]"]],
    ["{'k': 'v'}['k']", {}, []],
  ])("%s touches what it reads", (text, given, names) =>
    expect(touchedBy(text, given).toNames(vocabulary)).toEqual(names),
  );

  it("tells maps used as a whole from maps read by key", () => {
    const whole = (text: string) => [...touchedBy(text, { "test.map": map }).wholes];
    expect(whole("test.map.a == 'b'")).toEqual([]);
    expect(whole("has(test.map)")).toEqual([]);
    for (const text of ["size(test.map)", "test.map", "test.map == {'a': 'b'}", "test.map.exists(k, true)"]) {
      expect(whole(text)).toEqual([vocabulary.slot("test.map")]);
    }
  });

  it("names both attributes that hold the same map", () => {
    const touched = touchedBy("request.headers.a == test.map.a", { "request.headers": map, "test.map": map });
    expect([...touched.keys.keys()].sort((a, b) => a - b)).toEqual(
      [slotOf("request.headers"), vocabulary.slot("test.map")].sort((a, b) => Number(a) - Number(b)),
    );
  });

  it("begins anew after a reset", () => {
    const touched = touchedBy("request.path == 'x'", {});
    touched.reset();
    expect(touched.toNames(vocabulary)).toEqual([]);
  });
});
