import type { z } from "zod";
import { nearest } from "../../schemas/model/nearest.ts";
import { EvalFailure, type Expression } from "../expr/expression.ts";
import type { ExpressionReader, expectations } from "./check-expressions.ts";
import type { CheckedField } from "./checked.ts";
import type { Path, Report } from "./problem.ts";
import { oneOf } from "./schema-words.ts";
import { child, entriesOf, isEmpty, itemsOf, type Tree, textOf, toPlain } from "./tree.ts";

type Use = keyof typeof expectations;

/** Words that a setting may be, and how a text is read as one of them. */
export interface Words {
  readonly words: readonly string[];
  parse(text: string): string | undefined;
}

/** Reads the settings of one instance, and remembers whether all was well. */
export interface SettingsReader {
  /** The expression of a setting, or of its default; undefined if it is faulty. */
  setting(key: string, use: Use, fallback: string): Expression | undefined;
  /** The expression of a setting without a default; where the setting is a mapping, of its `member`. */
  optional(key: string, use: Use, member?: string): Expression | undefined;
  /** One expression for each name below a setting. With `defaults`, for each of their names, whether it is there or not. */
  fields(key: string, use: Use, defaults?: Readonly<Record<string, string>>): CheckedField[];
  /** A setting that is a plain word, or an expression that gives one. */
  word(key: string, words: Words, fallback: string): Expression | undefined;
  /** A switch. */
  isOn(key: string): boolean;
  /** Whether the setting is left out. */
  isAbsent(key: string): boolean;
  /** The names below a setting. */
  names(key: string): readonly string[];
  /** The plain texts below a setting, by name. */
  texts(key: string): readonly { readonly key: string; readonly text: string }[];
  /** The plain texts of a list. */
  list(key: string): readonly string[];
  /** The plain value of a setting, as a schema reads it; undefined where it is absent or faulty. */
  value<T>(key: string, schema: z.ZodType<T>): T | undefined;
  /** The settings of each item of a list. */
  items(key: string): readonly SettingsReader[];
  /** The settings below one. */
  below(key: string): SettingsReader;
  /** Says what is wrong with a setting that its shape allows. */
  refuse(key: string, message: string, expected?: string): void;
  /** False once something was faulty. */
  readonly sound: boolean;
}

/** A reader of the settings under `params`. */
export function createSettingsReader(
  params: Tree | undefined,
  path: Path,
  expressions: ExpressionReader,
  report: Report,
  state = { sound: true },
): SettingsReader {
  function checked<T>(value: T | undefined): T | undefined {
    if (value === undefined) state.sound = false;
    return value;
  }

  const nested = (tree: Tree | undefined, at: Path) => createSettingsReader(tree, at, expressions, report, state);

  function read(tree: Tree | undefined, at: Path, use: Use, fallback: string): Expression | undefined {
    return checked(isEmpty(tree) ? expressions.literal(fallback, use) : expressions.read(tree, at, use));
  }

  function field(name: string, expression: Expression | undefined): CheckedField[] {
    return checked(expression) === undefined ? [] : [{ name, expression: expression as Expression }];
  }

  return {
    setting: (key, use, fallback) => read(child(params, key), [...path, key], use, fallback),
    optional(key, use, member) {
      const tree = child(params, key);
      const [held, at]: [Tree | undefined, Path] =
        tree?.kind === "map" && member !== undefined
          ? [child(tree, member), [...path, key, member]]
          : [tree, [...path, key]];
      return isEmpty(held) ? undefined : checked(expressions.read(held, at, use));
    },
    fields(key, use, defaults) {
      const tree = child(params, key);
      if (defaults === undefined)
        return entriesOf(tree).flatMap(({ key: name, value }) =>
          field(name, expressions.read(value, [...path, key, name], use)),
        );
      return Object.entries(defaults).flatMap(([name, fallback]) =>
        field(name, read(child(tree, name), [...path, key, name], use, fallback)),
      );
    },
    word(key, { words, parse }, fallback) {
      const tree = child(params, key);
      const at: Path = [...path, key];
      const refuse = (text: string) =>
        report({
          at: (tree as Tree).at,
          path: at,
          message: `"${key}" cannot be "${text}"`,
          suggestion: nearest(text, words),
          expected: `${oneOf(words)}, or an expression that gives one`,
        });
      if (tree === undefined || isEmpty(tree)) return read(undefined, at, "text", fallback);
      const text = textOf(tree);
      if (text === undefined) return checked<Expression>(undefined); // The shape of the whole has said so.
      if (/^[a-z]+$/i.test(text) && !expressions.isAttribute(text)) {
        const word = parse(text);
        if (word === undefined) refuse(text);
        return checked(word === undefined ? undefined : expressions.literal(JSON.stringify(word), "text"));
      }
      const expression = checked(expressions.read(tree, at, "text"));
      const constant = expression?.slots.length === 0 ? expression.evaluate([]) : undefined;
      if (constant === undefined || constant instanceof EvalFailure || parse(String(constant)) !== undefined)
        return expression;
      refuse(String(constant));
      return checked<Expression>(undefined);
    },
    isOn: (key) => {
      const tree = child(params, key);
      return tree?.kind !== "scalar" || tree.value !== false;
    },
    isAbsent: (key) => isEmpty(child(params, key)),
    texts: (key) =>
      entriesOf(child(params, key)).flatMap(({ key: name, value }) => {
        const text = textOf(value);
        return text === undefined ? [] : [{ key: name, text }];
      }),
    list: (key) => itemsOf(child(params, key)).flatMap((item) => textOf(item) ?? []),
    names: (key) => entriesOf(child(params, key)).map(({ key: name }) => name),
    value(key, schema) {
      const tree = child(params, key);
      if (tree === undefined || isEmpty(tree)) return undefined;
      const plain = schema.safeParse(toPlain(tree)).data ?? schema.safeParse(textOf(tree)).data;
      return checked(plain);
    },
    items: (key) => itemsOf(child(params, key)).map((item, i) => nested(item, [...path, key, i])),
    below: (key) => nested(child(params, key), [...path, key]),
    refuse(key, message, expected) {
      state.sound = false;
      const tree = child(params, key) ?? params;
      if (tree !== undefined) report({ at: tree.at, path: [...path, key], message, expected });
    },
    get sound() {
      return state.sound;
    },
  };
}
