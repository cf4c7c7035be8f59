import type { QuestionTemplate } from "../../schemas/model/instance.ts";
import type { ExpressionReader } from "./check-expressions.ts";
import { isQuestion, meantTemplate } from "./check-instances.ts";
import type { CheckedField, CheckedQuestion } from "./checked.ts";
import type { Path } from "./problem.ts";
import { child, type Entry, entriesOf, isEmpty, type Tree } from "./tree.ts";

/** Compiles the expressions of the instances that policy rules ask about. */
export function checkQuestions(
  instances: readonly Entry[],
  expressions: ExpressionReader,
): ReadonlyMap<string, CheckedQuestion> {
  return new Map(
    instances.flatMap(({ key, value }): [string, CheckedQuestion][] => {
      const template = meantTemplate(value);
      if (!isQuestion(template)) return [];
      const parameters = readers[template](child(value, "params"), ["instances", key, "params"], expressions);
      return [[key, { template, parameters }]];
    }),
  );
}

type ReadParameters = (params: Tree | undefined, path: Path, expressions: ExpressionReader) => CheckedField[];

const readers: Readonly<Record<QuestionTemplate, ReadParameters>> = {
  listentry: (params, path, expressions) => readField(child(params, "value"), "value", [...path, "value"], expressions),
  authorization: (params, path, expressions) =>
    entriesOf(params).flatMap(({ key: side, value }) =>
      entriesOf(value).flatMap(({ key, value: held }) =>
        key === "properties"
          ? entriesOf(held).flatMap((property) =>
              readField(
                property.value,
                `${side}.properties.${property.key}`,
                [...path, side, key, property.key],
                expressions,
              ),
            )
          : readField(held, `${side}.${key}`, [...path, side, key], expressions),
      ),
    ),
};

function readField(tree: Tree | undefined, name: string, path: Path, expressions: ExpressionReader): CheckedField[] {
  const expression = isEmpty(tree) ? undefined : expressions.read(tree, path, "label");
  return expression === undefined ? [] : [{ name, expression }];
}
