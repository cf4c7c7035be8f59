import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RawRecord } from "../../schemas/model/raw-record.ts";
import { findRecords, ReportError } from "./json-report.ts";

const limits = { maxRecords: 5, maxRecordLength: 100, maxDepth: 8 };

function read(text: string, lines = false, bounds = limits) {
  const steps = findRecords(text, lines, bounds);
  let step = steps.next();
  let turns = 1;
  for (; !step.done; turns++) step = steps.next();
  const report = step.value;
  const records: RawRecord[] = [];
  for (let more = report.next(2, 1000); more.length > 0; more = report.next(2, 1000)) records.push(...more);
  return { turns, count: report.count, refused: report.refused, records, values: records.map(({ value }) => value) };
}

function fault(text: string, lines = false): string {
  try {
    read(text, lines);
  } catch (error) {
    if (error instanceof ReportError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return "none";
}

describe("records are found", () => {
  it.each([
    ['{"attributes":[{"a":1},{"b":[1,{}]}]}', [{ a: 1 }, { b: [1, {}] }]],
    [' {\n "attributes" : [ {"a":1} , 2 ]\n}\n', [{ a: 1 }, 2]],
    ['{"\\u0061ttributes":[{}]}', [{}]],
    ['{"attributes":[]}', []],
    ["[]", []],
    ['[{"a":"]}"}, null]', [{ a: "]}" }, null]],
    ["{}", [{}]],
    ['{"a":\n1}', [{ a: 1 }]],
    ['{"a":1}\n\n {"b":2}\r\n', [{ a: 1 }, { b: 2 }]],
    ["\ufeff[{}]", [{}]],
  ])("%j", (text, values) => {
    expect(read(text).values).toEqual(values);
  });

  it("with their places, in a report of lines with bad ones between them", () => {
    const { count, records, refused } = read('{"a":1}\nnonsense\n\n[{}] x\n{"b":2}', true);
    expect(count).toBe(4);
    expect(records).toEqual([
      { index: 0, value: { a: 1 } },
      { index: 3, value: { b: 2 } },
    ]);
    expect(refused).toEqual([
      { index: 1, reason: "malformed", error: 'expected a value, got "n" at line 2 column 1' },
      { index: 2, reason: "malformed", error: "expected the end of the line at line 4 column 6" },
    ]);
  });

  it("and those that are too large are refused alone", () => {
    const large = JSON.stringify({ a: "x".repeat(100) });
    const refused = [{ index: 1, reason: "too_large", error: "expected a record of at most 100 characters, got 108" }];
    expect(read(`[{},${large},{}]`)).toMatchObject({ count: 3, refused, values: [{}, {}] });
    expect(read(`{}\n${large}\n{}`, true)).toMatchObject({ count: 3, refused, values: [{}, {}] });
  });

  it("in turns", () => {
    const many = JSON.stringify(Array.from({ length: 20_000 }, (_, n) => ({ "request.id": `id-${n}` })));
    const bounds = { ...limits, maxRecords: 20_000 };
    expect(read(many, false, bounds)).toMatchObject({ count: 20_000, turns: 2 });
    expect(read(many.slice(1, -1).replaceAll("},{", "}\n{"), true, bounds)).toMatchObject({ count: 20_000, turns: 40 });
  });
});

describe("a report is refused whole, with the place", () => {
  it.each([
    ["", "NOT_A_REPORT: the report is empty at line 1 column 1"],
    [
      "3",
      'NOT_A_REPORT: expected {"attributes": [...]}, a list of objects, or one object for each line at line 1 column 1',
    ],
    ['{"attributes":{}}', 'NOT_A_REPORT: expected a list under "attributes" at line 1 column 15'],
    ['{"attributes":[],\n"x":1}', 'NOT_A_REPORT: expected nothing beside "attributes" at line 1 column 17'],
    ["[{},{},{},{},{},{}]", "TOO_MANY_RECORDS: expected at most 5 records, got more at line 1 column 17"],
    ['{"attributes":[', "MALFORMED_JSON: expected a value, got the end at line 1 column 16"],
    ['{"attributes":[\n{"a":tru}]}', 'MALFORMED_JSON: expected a value, got "t" at line 2 column 6'],
    ['{"attributes":[{}]} x', "MALFORMED_JSON: expected the end of the report at line 1 column 21"],
    ["[[[[[[[[[[1]]]]]]]]]]", "MALFORMED_JSON: expected at most 8 levels of nesting at line 1 column 10"],
    ['[{"a":1,}]', 'MALFORMED_JSON: expected a name in quotes, got "}" at line 1 column 9'],
    ['{"a":1} {"b":2}', "MALFORMED_JSON: expected the end of the report at line 1 column 9"],
    ['["\u0001"]', 'MALFORMED_JSON: expected an escape for a control character, got "\\u0001" at line 1 column 3'],
    ['["\\x"]', "MALFORMED_JSON: expected one of JSON's escapes after the backslash at line 1 column 3"],
    ["[01]", "MALFORMED_JSON: expected a comma or ] at line 1 column 3"],
  ])("%j", (text, message) => {
    expect(fault(text)).toBe(message);
  });

  it.each([`[${"[".repeat(1_000_000)}`, '{"a":'.repeat(200_000), "[".repeat(50)])("however deep", (text) => {
    expect(fault(text)).toMatch(/^MALFORMED_JSON: expected at most 8 levels/);
  });
});

const loose = { maxRecords: 1e6, maxRecordLength: 1e6, maxDepth: 100 };

/** What a function gives; undefined if it throws. */
function outcome(make: () => unknown): unknown {
  try {
    return make();
  } catch {
    return undefined;
  }
}

describe("held to JSON.parse", () => {
  it("texts and gaps of any length", () => {
    const run = fc.string({ unit: fc.constantFrom(...'aé \\"nu0f\n\u0001😀/b'), maxLength: 100 });
    const gap = fc.string({ unit: fc.constantFrom(..." \n\t\r"), maxLength: 100 });
    fc.assert(
      fc.property(
        fc.oneof(
          run,
          run.map((text) => JSON.stringify(text).slice(1, -1)),
        ),
        gap,
        (inner, gap) => {
          const text = `${gap}[${gap}{"a"${gap}:"${inner}"${gap}}${gap}]${gap}`;
          expect(outcome(() => read(text, false, loose).values)).toEqual(outcome(() => JSON.parse(text)));
        },
      ),
      { numRuns: 5000 },
    );
  });

  const damaged = fc
    .tuple(
      fc.json({ maxDepth: 4 }),
      fc.nat(),
      fc.string({ unit: fc.constantFrom(...'{}[],:"\\u0e-+.1tn \n\t\u0001é'), maxLength: 3 }),
      fc.nat(3),
    )
    .map(([text, at, insert, cut]) => {
      const from = at % (text.length + 1);
      return text.slice(0, from) + insert + text.slice(from + cut);
    });

  it("a list is taken exactly if it is JSON, with the same values", () => {
    fc.assert(
      fc.property(fc.oneof(fc.json({ maxDepth: 4 }), damaged), (inner) => {
        const text = `[${inner}]`;
        let expected: unknown;
        try {
          expected = JSON.parse(text);
        } catch {
          expected = undefined;
        }
        let got: unknown;
        try {
          got = read(text, false, loose).values;
        } catch (error) {
          if (!(error instanceof ReportError)) throw error;
          expect(error.place.offset).toBeLessThanOrEqual(text.length);
        }
        expect(got).toEqual(expected);
      }),
      { numRuns: 5000 },
    );
  });

  it("no text does anything but give records or a ReportError, and of lines each is accounted for", () => {
    const text = fc.string({ unit: fc.constantFrom(...'{}[],:"\\ab1 \n\ttrue\u0000\ufeff\ud800'), maxLength: 60 });
    fc.assert(
      fc.property(text, fc.boolean(), (text, lines) => {
        try {
          const { count, refused, records } = read(text, lines, loose);
          expect(refused.length + records.length).toBe(count);
        } catch (error) {
          expect(error).toBeInstanceOf(ReportError);
        }
      }),
      { numRuns: 5000 },
    );
  });
});
