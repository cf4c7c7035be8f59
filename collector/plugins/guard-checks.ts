import type { Answer, Checks, OpenChecker, Question } from "../../adapters/checker.ts";
import { readAnswer } from "./answer-schemas.ts";
import { closeQuietly, guardHost } from "./guarded-host.ts";
import { textsFrom, withFunctions } from "./needed.ts";

/**
 * A checker whose answers are looked through before the hub goes by them. What is wrong with one is thrown, as any fault of it: then the rule's
 * `onError` decides. `from` names the adapter.
 */
export function guardChecks(checks: Checks<unknown>, from: string): Checks<unknown> {
  const { instance, template } = checks;
  const reads = (config: unknown) => textsFrom(checks.reads(config), `"reads" of ${from}`);
  return {
    ...{ instance, reads },
    ...(template === undefined ? {} : { template }),
    async open(config, host) {
      const declared = new Set(reads(config));
      const checker = withFunctions<OpenChecker>(await checks.open(config, guardHost(host)), from, ["check", "close"]);
      return {
        check(question, signal) {
          const answer: unknown = checker.check(guardQuestion(question, declared), signal);
          return isThenable(answer) ? Promise.resolve(answer).then((late) => read(late, from)) : read(answer, from);
        },
        close: () => closeQuietly(checker, host.log),
      };
    },
  };
}

const isThenable = (answer: unknown): answer is PromiseLike<unknown> =>
  typeof answer === "object" && answer !== null && "then" in answer && typeof answer.then === "function";

/** What says whether an answer still holds is asked on the hot path: where it throws, the answer holds no longer. */
function read(given: unknown, from: string): Answer {
  const answer = readAnswer(given, from);
  if (answer.verdict === "error" || answer.holds === undefined) return answer;
  const { holds } = answer;
  return { ...answer, holds: () => isTrue(holds) };
}

function isTrue(ask: () => unknown): boolean {
  try {
    return ask() === true;
  } catch {
    return false;
  }
}

/** What is read without being declared is not filled in, so that it would always be absent. Maps are copies: others read the same one. */
function guardQuestion(question: Question, declared: ReadonlySet<string>): Question {
  const checked = (attribute: string): string => {
    if (declared.has(attribute)) return attribute;
    throw new Error(`it reads ${attribute}, which is not among its "reads"`);
  };
  return {
    get(attribute) {
      const value = question.get(checked(attribute));
      return value instanceof Map ? new Map(value) : value;
    },
    entry: (attribute, key) => question.entry(checked(attribute), key),
    instance: question.instance,
    raw: () => question.raw(),
  };
}
