import { EvalFailure } from "./expression.ts";
import { maxSteps } from "./limits.ts";

/** The fault of an evaluation that took more than its share of steps. */
export const tooManySteps = new EvalFailure("fault", `the evaluation took more than ${maxSteps} steps`);

/** What is left of one evaluation's steps. */
export class Steps {
  #left = maxSteps;

  /** Begins an evaluation. */
  reset(): void {
    this.#left = maxSteps;
  }

  /** Takes `count` steps; false if there are not as many left. */
  take(count: number): boolean {
    this.#left -= count;
    return this.#left >= 0;
  }
}
