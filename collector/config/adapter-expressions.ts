import { z } from "zod";
import type { Adapter } from "../../adapters/adapter.ts";
import type { Expression } from "../expr/expression.ts";
import type { ExpressionReader } from "./check-expressions.ts";
import type { Path, Report } from "./problem.ts";
import { child, isEmpty, type Tree } from "./tree.ts";

/** The part of a JSON Schema that tells of expressions: an adapter marks one with `.meta({ expression: true })`. */
interface Schema {
  readonly expression?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

/** The settings of an adapter, right below its params, that hold expressions over attributes. */
export function expressionSettings({ config }: Adapter): readonly string[] {
  const schema = z.toJSONSchema(config, { io: "input", unrepresentable: "any", reused: "inline" }) as Schema;
  const settings = [schema, ...optionsOf(schema)].flatMap(({ properties = {} }) => Object.entries(properties));
  return [...new Set(settings.filter(([, setting]) => isExpression(setting)).map(([name]) => name))];
}

const optionsOf = ({ anyOf = [], oneOf = [] }: Schema): readonly Schema[] => [...anyOf, ...oneOf];

const isExpression = (schema: Schema): boolean => schema.expression === true || optionsOf(schema).some(isExpression);

/** Compiles an adapter's own expressions, those of its defaults too if the `settings` are sound. What is wrong with one is reported where it stands. */
export function readAdapterExpressions(
  adapter: Adapter,
  tree: Tree,
  settings: unknown,
  path: Path,
  expressions: ExpressionReader,
  report: Report,
): ReadonlyMap<string, Expression> {
  const read = (name: string): Expression | undefined => {
    const given = child(tree, name);
    if (!isEmpty(given)) return expressions.read(given, [...path, name], "label");
    const fallback = (settings as Readonly<Record<string, unknown>> | undefined)?.[name];
    if (typeof fallback !== "string") return undefined;
    const expression = expressions.literal(fallback, "label");
    if (expression === undefined)
      report({ at: tree.at, path, message: `the adapter ${adapter.type} has no good default for "${name}"` });
    return expression;
  };
  return new Map(
    expressionSettings(adapter).flatMap((name) => {
      const expression = read(name);
      return expression === undefined ? [] : [[name, expression] as const];
    }),
  );
}
