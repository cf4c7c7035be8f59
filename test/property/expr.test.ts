import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compile, compileTracked } from "../../collector/expr/compile.ts";
import { compareTexts } from "../../collector/expr/equality.ts";
import { EvalFailure, type Slots } from "../../collector/expr/expression.ts";
import { toBlock } from "../../collector/expr/functions/addresses.ts";
import { toGlob } from "../../collector/expr/functions/glob.ts";
import { TouchedSet } from "../../collector/expr/touched.ts";
import { expressions, garbage, record, soup, vocabulary } from "./expr-arbitraries.ts";

const typed = fc.oneof(
  { weight: 6, arbitrary: expressions.BOOL },
  expressions.STRING,
  expressions.INT64,
  expressions.DOUBLE,
  expressions.DURATION,
  expressions.TIMESTAMP,
);

function evaluate(text: string, values: Slots): unknown {
  const compiled = compile(text, { vocabulary });
  if (!compiled.ok) throw new Error(`${text}: ${compiled.problems[0]?.message}`);
  return outcome(compiled.expression.evaluate(values));
}

function outcome(result: unknown): unknown {
  return result instanceof EvalFailure ? `${result.kind}: ${result.message}` : result;
}

describe("expressions", () => {
  it("evaluate the same with fused closures and with one closure for each node", () => {
    fc.assert(
      fc.property(typed, record, (text, values) => {
        const tracked = compileTracked(text, { vocabulary }, new TouchedSet());
        if (!tracked.ok) throw new Error(`${text}: ${tracked.problems[0]?.message}`);
        expect(evaluate(text, values)).toEqual(outcome(tracked.expression.evaluate(values)));
      }),
      { numRuns: 1500 },
    );
  });

  it("depend on what they say they touched, and on nothing else", () => {
    fc.assert(
      fc.property(typed, record, record, (text, values, others) => {
        const touched = new TouchedSet();
        const compiled = compileTracked(text, { vocabulary }, touched);
        if (!compiled.ok) throw new Error(text);
        const before = outcome(compiled.expression.evaluate(values));
        const changed = others.map((other, slot) => mixed(slot, values[slot], other, touched));
        expect(outcome(compiled.expression.evaluate(changed))).toEqual(before);
        for (const slot of touched.attributes.keys()) expect(compiled.expression.slots).toContain(slot);
      }),
      { numRuns: 1500 },
    );
  });

  it("are true only where everything they require holds", () => {
    fc.assert(
      fc.property(expressions.BOOL, expressions.BOOL, record, (a, b, values) => {
        const compiled = compile(`${a} && s1.x == "a" && ${b}`, { vocabulary });
        if (!compiled.ok) throw new Error(a);
        const { requires, evaluate: run } = compiled.expression;
        expect(requires.length).toBeGreaterThan(0);
        const holds = requires.every(({ slot, value }) => values[slot] === value);
        if (run(values) === true) expect(holds).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it("never throw, whatever text or values come", () => {
    fc.assert(
      fc.property(fc.oneof(soup, typed, fc.string()), garbage, (text, values) => {
        const compiled = compile(text, { vocabulary });
        if (compiled.ok) compiled.expression.evaluate(values as Slots);
        else for (const { line, column } of compiled.problems) expect(Math.min(line, column)).toBeGreaterThan(0);
      }),
      { numRuns: 2500 },
    );
  });
});

/** The other record's value, but where the evaluation looked: the same attributes, and the same values at the same keys. */
function mixed(slot: number, value: Slots[number], other: Slots[number], touched: TouchedSet): Slots[number] {
  if (!touched.attributes.has(slot)) return other;
  const keys = touched.keys.get(slot);
  if (!(value instanceof Map) || !(other instanceof Map) || touched.wholes.has(slot)) return value;
  const map = new Map(other);
  for (const key of keys?.keys() ?? []) {
    if (value.has(key)) map.set(key, value.get(key));
    else map.delete(key);
  }
  return map;
}

describe("whole numbers", () => {
  const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
  const near = fc.oneof(
    int64,
    fc.bigInt({ min: -4n, max: 4n }),
    fc.bigInt({ min: 2n ** 53n - 4n, max: 2n ** 53n + 4n }),
  );
  const exact: Readonly<Record<string, (a: bigint, b: bigint) => bigint>> = {
    "+": (a, b) => a + b,
    "-": (a, b) => a - b,
    "*": (a, b) => a * b,
    "/": (a, b) => a / b,
    "%": (a, b) => a % b,
  };

  it("are exact to 64 bits, and overflow is a fault", () => {
    fc.assert(
      fc.property(near, near, fc.constantFrom(...Object.keys(exact)), (a, b, sign) => {
        fc.pre(b !== 0n || (sign !== "/" && sign !== "%"));
        const result = evaluate(`i1.x ${sign} i2.x`, slotsOf({ "i1.x": normal(a), "i2.x": normal(b) }));
        const right = exact[sign]?.(a, b) ?? 0n;
        if (BigInt.asIntN(64, right) !== right) expect(result).toMatch(/^fault: .*64 bits/);
        else expect(result).toBe(normal(right));
      }),
    );
  });
});

function normal(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number + 0 : value;
}

function slotsOf(values: Readonly<Record<string, Slots[number]>>): Slots {
  return vocabulary.attributes.map(({ name }) => values[name]);
}

describe("texts", () => {
  it("are ordered as their UTF-8 bytes are", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (a, b) => {
        expect(Math.sign(compareTexts(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
  });

  it("match globs as the equal regular expressions do", () => {
    const piece = fc.constantFrom("a", "b", "/", "*", "?", "**", "\\*", "é", "😀");
    const letter = fc.constantFrom("a", "b", "/", "*", "é", "😀");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), fc.array(letter, { maxLength: 9 }), (pieces, letters) => {
        const [pattern, text] = [pieces.join(""), letters.join("")];
        const glob = toGlob(pattern);
        if (typeof glob !== "function") throw glob;
        expect([pattern, text, glob(text)]).toEqual([pattern, text, toRegExp(pattern).test(text)]);
      }),
      { numRuns: 1500 },
    );
  });
});

function toRegExp(glob: string): RegExp {
  const tokens = glob.match(/\\[\s\S]|\*+|[\s\S]/gu) ?? [];
  const parts = tokens.map((token) => {
    if (token.startsWith("\\") || token === "/") return `\\${token.at(-1)}`;
    if (token.startsWith("*")) return token === "*" ? "[^/]*" : "[^]*";
    return token === "?" ? "[^/]" : token;
  });
  return new RegExp(`^${parts.join("")}$`, "u");
}

describe("blocks of addresses", () => {
  it("contain the addresses that share their leading bits", () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.ipV4(), fc.integer({ min: 0, max: 32 }), (a, b, bits) => {
        const number = (ip: string) => ip.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
        const same = Math.floor(number(a) / 2 ** (32 - bits)) === Math.floor(number(b) / 2 ** (32 - bits));
        expect(toBlock(`${a}/${bits}`)?.contains(b)).toBe(same);
        expect(toBlock(`::ffff:${a}/${bits + 96}`)?.contains(b)).toBe(same);
      }),
    );
  });
});
