import { deeperThan, type Node } from "./ast.ts";
import { Checker } from "./check.ts";
import type { Checked } from "./checked.ts";
import { type Environment, environmentOf } from "./environment.ts";
import { type Compiled, type CompileOptions, EvalFailure, type Expression } from "./expression.ts";
import { maxDepth, maxTextLength } from "./limits.ts";
import { parse } from "./parse.ts";
import { plan } from "./plan.ts";
import type { Plan, PlanContext } from "./plan-context.ts";
import { locate, type Problem, SyntaxProblem } from "./problem.ts";
import { conditionsOf, requirementsOf } from "./requires.ts";
import type { Touched } from "./touched.ts";
import { isAssignable, typeName } from "./types.ts";

/** Reads, checks and plans an expression in the native syntax, or says everything that is wrong with it. Never throws. */
export function compile(text: string, options: CompileOptions): Compiled {
  return compileIn(text, environmentOf(options.vocabulary), { parse, expect: options.expect });
}

/** The same, where each evaluation tells `touched` what it reads. */
export function compileTracked(text: string, options: CompileOptions, touched: Touched): Compiled {
  return compileIn(text, environmentOf(options.vocabulary), { parse, expect: options.expect, touched });
}

/** What a front end gives: its syntax, and what is asked of the result. */
export interface FrontEnd {
  /** Reads the text; throws a SyntaxProblem. */
  readonly parse: (text: string) => Node;
  readonly expect?: readonly string[];
  readonly touched?: Touched;
}

/** Compiles a text of any front end in an environment of names and functions. */
export function compileIn(text: string, environment: Environment, { parse, expect, touched }: FrontEnd): Compiled {
  const fail = (problems: readonly Problem[]): Compiled => ({
    ok: false,
    problems: problems.map((problem) => locate(text, problem)),
  });
  const tree = read(text, parse);
  if (!("kind" in tree)) return fail([tree]);
  const checker = new Checker(environment);
  const checked = checker.check(tree);
  const problems = [...checker.problems];
  if (problems.length === 0 && expect && !isExpected(checked, expect)) {
    problems.push({ at: 0, message: `expected ${expect.join(" or ")}, got ${typeName(checked.type)}` });
  }
  if (problems.length > 0) return fail(problems);
  return { ok: true, expression: toExpression(text, checked, checker.slots, touched) };
}

function read(text: string, parse: FrontEnd["parse"]): Node | Problem {
  if (text.length > maxTextLength) {
    return {
      at: 0,
      message: `an expression may have at most ${maxTextLength} characters, this one has ${text.length}`,
    };
  }
  try {
    const tree = parse(text);
    const deep = deeperThan(tree, maxDepth);
    return deep ? { at: deep.at, message: `nested more than ${maxDepth} deep` } : tree;
  } catch (error) {
    if (!(error instanceof SyntaxProblem)) throw error;
    return { at: error.at, message: error.message };
  }
}

function isExpected({ type }: Checked, expect: readonly string[]): boolean {
  if (expect.includes(typeName(type))) return true;
  return expect.includes("STRING") && type.kind !== "dyn" && isAssignable(type, { kind: "STRING" });
}

function toExpression(
  text: string,
  checked: Checked,
  slots: ReadonlySet<number>,
  touched: Touched | undefined,
): Expression {
  return {
    text,
    type: typeName(checked.type),
    slots: [...slots].sort((a, b) => a - b),
    requires: requirementsOf(checked),
    conditions: conditionsOf(checked, (node) => planned(node, undefined)),
    evaluate: planned(checked, touched),
  };
}

function planned(checked: Checked, touched: Touched | undefined): Plan {
  const { evaluate, context } = plan(checked, touched);
  return context.mayThrow || context.takesSteps ? guarded(evaluate, context) : evaluate;
}

/** Evaluation with fresh steps that never throws: what a value of the wrong type provokes becomes a fault. */
function guarded(evaluate: Plan, { steps, takesSteps }: PlanContext): Plan {
  return (values) => {
    if (takesSteps) steps.reset();
    try {
      return evaluate(values);
    } catch (error) {
      return new EvalFailure("fault", `evaluation failed: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
}
