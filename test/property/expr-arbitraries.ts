import fc from "fast-check";
import { vocabularyOf } from "../../collector/cli/eval-vocabulary.ts";
import type { Vocabulary } from "../../schemas/attributes/vocabulary.ts";
import type { Value, ValueType } from "../../schemas/model/value.ts";

/** Two attributes of each type that expressions are made of. */
export const vocabulary: Vocabulary = vocabularyOf(
  (
    [
      ["s", "STRING"],
      ["i", "INT64"],
      ["d", "DOUBLE"],
      ["b", "BOOL"],
      ["t", "TIMESTAMP"],
      ["u", "DURATION"],
      ["p", "IP_ADDRESS"],
      ["m", "STRING_MAP"],
    ] as const
  ).flatMap(([letter, type]) => [1, 2].map((n) => ({ name: `${letter}${n}.x`, type, meaning: "" }))),
);

const words = ["", "a", "b", "ab", "/a/b", "é", "😀", "http"];
const word = fc.constantFrom(...words);
const integer = fc.oneof(fc.integer({ min: -3, max: 600 }), fc.constantFrom(2 ** 53 - 1, -(2 ** 53 - 1)));
const ips = ["10.0.0.1", "10.0.0.2", "192.168.1.1", "2001:db8::1"];

const valuesByType: Readonly<Record<string, fc.Arbitrary<Value>>> = {
  STRING: word,
  INT64: fc.oneof(integer, fc.constantFrom(2n ** 63n - 1n, -(2n ** 63n))),
  DOUBLE: fc.oneof(fc.constantFrom(0, 1.5, -2, Number.NaN), fc.double()),
  BOOL: fc.boolean(),
  TIMESTAMP: fc.record({ seconds: fc.integer({ min: 0, max: 4 }), nanos: fc.integer({ min: 0, max: 2 }) }),
  DURATION: fc.integer({ min: -2, max: 2 }).map((n) => n * 500_000_000),
  IP_ADDRESS: fc.constantFrom(...ips),
  STRING_MAP: fc.array(fc.tuple(word, word), { maxLength: 3 }).map((entries) => new Map(entries)),
};

/** Slots with values of the declared types, some absent. */
export const record: fc.Arbitrary<(Value | undefined)[]> = fc.tuple(
  ...vocabulary.attributes.map(({ type }) => fc.option(valuesByType[type] as fc.Arbitrary<Value>, { nil: undefined })),
);

/** Slots with anything in them. */
export const garbage: fc.Arbitrary<unknown[]> = fc.array(
  fc.oneof(fc.anything({ withBigInt: true, withMap: true, withNullPrototype: true }), ...Object.values(valuesByType)),
  { minLength: vocabulary.attributes.length, maxLength: vocabulary.attributes.length },
);

const join = (...parts: (string | fc.Arbitrary<string>)[]) =>
  fc
    .tuple(...parts.map((part) => (typeof part === "string" ? fc.constant(part) : part)))
    .map((texts) => texts.join(""));
const quote = (text: string) => JSON.stringify(text);
const attribute = (type: ValueType) =>
  fc.constantFrom(...vocabulary.attributes.filter((one) => one.type === type).map(({ name }) => name));

type Kind = "STRING" | "INT64" | "DOUBLE" | "BOOL" | "TIMESTAMP" | "DURATION" | "IP_ADDRESS";

/** Texts of well-typed expressions by type, small enough to be read when one fails. */
export const expressions = fc.letrec<Record<Kind, string>>((tie) => {
  const orElse = (type: Kind) => join("(", tie(type), " | ", tie(type), ")");
  const choice = (type: Kind) => join("(", tie("BOOL"), " ? ", tie(type), " : ", tie(type), ")");
  const compare = (type: Kind, ...signs: string[]) =>
    join("(", tie(type), fc.constantFrom(" == ", " != ", ...signs), tie(type), ")");
  const options = { depthSize: "small", withCrossShrink: true } as const;
  const of = (leaf: fc.Arbitrary<string>, ...rest: fc.Arbitrary<string>[]) => fc.oneof(options, leaf, ...rest);
  const order = [" < ", " <= ", " > ", " >= "];
  return {
    STRING: of(
      fc.oneof(attribute("STRING"), word.map(quote), join(attribute("STRING_MAP"), "[", word.map(quote), "]")),
      orElse("STRING"),
      choice("STRING"),
      join("(", tie("STRING"), " + ", tie("STRING"), ")"),
      join("string(", fc.oneof(tie("INT64"), tie("BOOL"), tie("DURATION"), tie("IP_ADDRESS")), ")"),
      join(attribute("STRING_MAP"), "[", tie("STRING"), "]"),
    ),
    INT64: of(
      fc.oneof(attribute("INT64"), integer.map(String)),
      orElse("INT64"),
      choice("INT64"),
      join("(", tie("INT64"), fc.constantFrom(" + ", " - ", " * ", " / ", " % "), tie("INT64"), ")"),
      join("size(", fc.oneof(tie("STRING"), attribute("STRING_MAP")), ")"),
    ),
    DOUBLE: of(fc.oneof(attribute("DOUBLE"), fc.constant("1.5")), orElse("DOUBLE"), join("double(", tie("INT64"), ")")),
    BOOL: of(
      fc.oneof(attribute("BOOL"), fc.constantFrom("true", "false")),
      join("(", tie("BOOL"), fc.constantFrom(" && ", " || "), tie("BOOL"), ")"),
      join("(", tie("BOOL"), " || ", tie("BOOL"), " || ", tie("BOOL"), ")"),
      join("(", tie("BOOL"), " && ", tie("BOOL"), " && ", tie("BOOL"), ")"),
      join("!", tie("BOOL")),
      orElse("BOOL"),
      compare("STRING", ...order),
      compare("INT64", ...order),
      compare("DOUBLE", ...order),
      compare("DURATION", ...order),
      compare("TIMESTAMP", ...order),
      compare("IP_ADDRESS"),
      join("(", tie("INT64"), " < ", tie("DOUBLE"), ")"),
      join("(s1.x == ", word.map(quote), " || s1.x == ", word.map(quote), ")"),
      join("(", attribute("STRING"), ' in ["a", "b", "http"])'),
      join("(", tie("INT64"), " in [200, 201, 503])"),
      join("(", tie("STRING"), " in ", attribute("STRING_MAP"), ")"),
      join("has(", fc.oneof(attribute("STRING"), join(attribute("STRING_MAP"), ".a")), ")"),
      join(
        tie("STRING"),
        fc.constantFrom(".startsWith(", ".endsWith(", ".contains(", ".matches("),
        word.map(quote),
        ")",
      ),
      join('cidr("10.0.0.0/8").contains(', tie("IP_ADDRESS"), ")"),
      join(attribute("STRING_MAP"), fc.constantFrom(".exists(k, k == ", ".all(k, k != "), tie("STRING"), ")"),
    ),
    TIMESTAMP: of(
      fc.oneof(attribute("TIMESTAMP"), fc.constant('timestamp("1970-01-01T00:00:02Z")')),
      orElse("TIMESTAMP"),
      join("(", tie("TIMESTAMP"), fc.constantFrom(" + ", " - "), tie("DURATION"), ")"),
    ),
    DURATION: of(
      fc.oneof(attribute("DURATION"), fc.constant('duration("500ms")')),
      orElse("DURATION"),
      join("(", tie("TIMESTAMP"), " - ", tie("TIMESTAMP"), ")"),
    ),
    IP_ADDRESS: of(fc.oneof(attribute("IP_ADDRESS"), fc.constant('ip("10.0.0.1")')), orElse("IP_ADDRESS")),
  };
});

/** Texts made of the language's own tokens in any order. */
export const soup: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ..."()[]{}.,?:|+-*/%!<>=".split(""),
        "&&",
        "||",
        "==",
        "!=",
        "<=",
        ">=",
        "in",
        "has",
        "true",
        "null",
      ),
      fc.constantFrom(...vocabulary.attributes.map(({ name }) => name)),
      fc.constantFrom("all", "exists", "map", "filter", "size", "string", "matches", "x", "cel", "bind", "type", "dyn"),
      fc.constantFrom("1", "2u", "1.5", '"a"', 'b"a"', "r'\\'", "0x1F", "9223372036854775808", "`a b`", "'", '"', "\\"),
      fc.string({ maxLength: 2 }),
    ),
    { maxLength: 25 },
  )
  .chain((tokens) => fc.constantFrom("", " ").map((between) => tokens.join(between)));
