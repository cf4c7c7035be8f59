import { AttributeRecord } from "../../schemas/model/record.ts";
import type { Value } from "../../schemas/model/value.ts";
import { EvalFailure, type Expression } from "../expr/expression.ts";
import type { CheckedConfig, CheckedInstance } from "./checked.ts";
import { gauge, journal, load, messages } from "./load.fixture.ts";

/** A configuration whose one rule sends `x` to a journal. */
export const withInstance = (settings: string, vocabulary = "{}") => `vocabulary: ${vocabulary}
handlers: { j: { adapter: journal } }
instances:
  x: ${settings}
rules: [{ name: all, actions: [{ handler: j, instances: [x] }] }]
`;

/** A configuration that is good. */
export function checkedOf(text: string): CheckedConfig {
  const loaded = load([text], { adapters: [gauge, journal] });
  if (!loaded.ok) throw new Error(messages(loaded).join("\n"));
  return loaded.checked;
}

/** An instance of a configuration that is good, of a known template. */
export function instanceOf<T extends CheckedInstance["template"]>(template: T, text: string, name = "x") {
  const instance = checkedOf(text).instances.get(name);
  if (instance?.template !== template) throw new Error(`${name} is no ${template}`);
  return instance as Extract<CheckedInstance, { template: T }>;
}

/** What is wrong with an instance, and that it is said of the first `where` in its settings. */
export function problemsAt(where: string, settings: string): string[] {
  const column = "  x: ".length + settings.indexOf(where) + 1;
  const place = `a.yaml:4:${column}: `;
  const found = messages(load([withInstance(settings)], { adapters: [journal] }));
  return found.map((problem) => (problem.startsWith(place) ? problem.slice(place.length) : problem));
}

/** The vocabulary of a configuration that declares nothing. */
export const { vocabulary } = checkedOf(withInstance("{ template: logentry }"));

/** The value of an expression for a record with these attributes; failures by their kind. */
export function valueIn(expression: Expression | undefined, attributes: Readonly<Record<string, Value>>): unknown {
  const { values } = new AttributeRecord(vocabulary.attributes.length);
  for (const [name, value] of Object.entries(attributes)) values[vocabulary.slot(name) as number] = value;
  const value = expression?.evaluate(values);
  return value instanceof EvalFailure ? value.kind : value;
}
