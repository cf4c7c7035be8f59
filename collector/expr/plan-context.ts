import type { Checked } from "./checked.ts";
import type { Slots } from "./expression.ts";
import { Steps } from "./steps.ts";
import type { Touched } from "./touched.ts";

/** Evaluates a node over one record. */
export type Plan = (values: Slots) => unknown;

/** Plans a node of any kind. */
export type PlanNode = (node: Checked, context: PlanContext, keyed: boolean) => Plan;

/** What the plans of one expression share. Evaluation is synchronous and never enters itself, so one set of variables will do. */
export class PlanContext {
  readonly steps = new Steps();
  /** Values of macro variables, boxed. */
  readonly locals: unknown[] = [];
  readonly touched: Touched | undefined;
  /** How many macros stand around the node being planned. */
  loops = 0;
  /** True once a plan takes steps. */
  takesSteps = false;
  /** True once a plan calls something that could throw on a value of the wrong type. */
  mayThrow = false;

  readonly #planNode: PlanNode;

  constructor(planNode: PlanNode, touched: Touched | undefined) {
    this.#planNode = planNode;
    this.touched = touched;
  }

  /** The closure of a node. `keyed`: a map is read for single keys only, which matters to tracking. */
  plan(node: Checked, keyed = false): Plan {
    return this.#planNode(node, this, keyed);
  }
}

/** Reads a value that can fail by absence only: `undefined` then. */
export type Probe = (values: Slots) => unknown;
