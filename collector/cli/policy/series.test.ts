import fc from "fast-check";
import { expect, it } from "vitest";
import { formatSeriesName, parseSeries, parseSeriesName, selected } from "./series.ts";

it.each([
  ["requests_total", { name: "requests_total", labels: {} }],
  ["a:b{}", { name: "a:b", labels: {} }],
  [' a{ x = "1" , y="}{,"} ', { name: "a", labels: { x: "1", y: "}{," } }],
  ['a{x="1",}', { name: "a", labels: { x: "1" } }],
  [String.raw`a{x="q\"b\\n\n"}`, { name: "a", labels: { x: 'q"b\\n\n' } }],
])("reads %s", (text, series) => expect(parseSeriesName(text)).toEqual(series));

it.each(["", "1a", "a{", "a{x=1}", 'a{x="1}', 'a{x="1" y="2"}', 'a{x="1"} 2', "a b"])("%j is no series", (text) => {
  expect(parseSeriesName(text)).toBeUndefined();
});

it("reads what it writes", () => {
  const labels = fc.dictionary(fc.stringMatching(/^[a-z]\w*$/), fc.string({ unit: "binary" }), {
    noNullPrototype: true,
  });
  fc.assert(
    fc.property(labels, (given) => {
      const series = { name: "a", labels: given };
      expect(parseSeriesName(formatSeriesName(series))).toEqual(series);
    }),
  );
});

it("reads a page, and selects by some of the labels", () => {
  const page = '# TYPE a counter\na{x="1",y="2"} 3\na{x="2"} 4 1700000000\nb{le="+Inf"} +Inf\nc NaN\n';
  const series = parseSeries(page);
  expect(series).toEqual([
    { name: "a", labels: { x: "1", y: "2" }, value: 3 },
    { name: "a", labels: { x: "2" }, value: 4 },
    { name: "b", labels: { le: "+Inf" }, value: Number.POSITIVE_INFINITY },
    { name: "c", labels: {}, value: Number.NaN },
  ]);
  expect(selected(series, { name: "a", labels: { x: "1" } })).toEqual([series[0]]);
});
