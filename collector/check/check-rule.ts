import type { Answer, OpenChecker, Question } from "../../adapters/checker.ts";
import type { Vocabulary } from "../../schemas/attributes/vocabulary.ts";
import { within } from "../../schemas/model/traced-work.ts";
import { isOfType, type Value } from "../../schemas/model/value.ts";
import type { CheckedCheck } from "../config/checked-policy.ts";
import { EvalFailure, type Expression } from "../expr/expression.ts";
import type { ChangesOf } from "./changes.ts";
import { joinChanges, noChanges, type Outcome } from "./outcome.ts";
import type { PolicyRule } from "./policy.ts";
import type { PendingRequest } from "./request.ts";

/** What a rule that asks a handler is made of. */
export interface CheckRuleOptions {
  readonly rule: Pick<CheckedCheck, "handler" | "timeoutMs">;
  readonly checker: OpenChecker;
  readonly changesOf: ChangesOf;
  /** The parameters of the instance that the handler is asked about, compiled for tracking. */
  readonly instance: readonly { readonly name: string; readonly expression: Expression }[] | undefined;
  readonly vocabulary: Vocabulary;
  /** Says that what is evaluated from now on is about this request. */
  track(request: PendingRequest): void;
  /** Milliseconds; only differences count. */
  now(): number;
  /** Calls back after a time; returns how to call it off. */
  after(ms: number, callback: () => void): () => void;
  /** The checker threw: a fault of the adapter. */
  onFault(handler: string, error: unknown): void;
}

/** Asks a handler, within the rule's time and the asker's. */
export function createCheckRule(options: CheckRuleOptions): PolicyRule["act"] {
  const { rule, checker, changesOf, vocabulary, track, now, after, onFault } = options;
  const { handler, timeoutMs } = rule;

  /** What ails a checker passes: the next request may find it well. */
  const cannotSay = ({ dependencies }: PendingRequest, detail: string): Outcome => {
    dependencies.isOnce = true;
    return { kind: "error", detail };
  };

  const settle = (request: PendingRequest, answer: Answer): Outcome => {
    if (answer.verdict === "error") return cannotSay(request, `${handler}: ${answer.reason}`);
    const { dependencies, record } = request;
    if (answer.validForMs !== undefined) dependencies.validForMs = Math.min(dependencies.validForMs, answer.validForMs);
    if (answer.holds !== undefined) dependencies.holds.push(answer.holds);
    if (answer.verdict === "deny") {
      const { denial, changes = noChanges } = answer;
      return { kind: "deny", denial, changes };
    }
    for (const [name, value] of Object.entries(answer.attributes ?? {})) {
      const slot = vocabulary.slot(name);
      const type = vocabulary.attributes[slot ?? -1]?.type;
      if (slot === undefined || type === undefined || !isOfType(value, type))
        return cannotSay(request, `${handler}: it gave ${name} a value that this attribute cannot have`);
      request.derive(slot, value);
    }
    track(request);
    const own = changesOf(record.values);
    if (own instanceof EvalFailure) return { kind: "error", detail: own.message };
    return { kind: "pass", changes: joinChanges(answer.changes ?? noChanges, own) };
  };

  const failed = (request: PendingRequest, error: unknown): Outcome => {
    onFault(handler, error);
    return cannotSay(request, `${handler} failed`);
  };

  const inTime = (request: PendingRequest, answer: Promise<Answer>, abort: AbortController): Promise<Outcome> =>
    new Promise((resolve) => {
      const ms = Math.max(0, Math.min(timeoutMs, request.deadlineMs - now()));
      const cancel = after(ms, () => {
        abort.abort(new Error(`no answer within ${ms} ms`));
        resolve(cannotSay(request, `${handler}: no answer within ${Math.round(ms)} ms`));
      });
      const end = (outcome: Outcome) => {
        cancel();
        resolve(outcome);
      };
      answer.then(
        (late) => end(settle(request, late)),
        (error) => end(failed(request, error)),
      );
    });

  return (request) => {
    const abort = new AbortController();
    try {
      const question = createQuestion(request, options);
      if (question instanceof EvalFailure) return { kind: "error", detail: question.message };
      const asked = request.work?.start(`ask ${handler}`, "client", { "mixdown.handler": handler });
      const answer = checker.check(question, abort.signal);
      if (!(answer instanceof Promise)) return settle(request, answer);
      const outcome = inTime(request, answer, abort);
      return asked === undefined ? outcome : within(asked, () => outcome, toWorkOutcome);
    } catch (error) {
      return failed(request, error);
    }
  };
}

/** What becomes of a rule is what becomes of the question; one that was answered at once is not told of. */
const toWorkOutcome = ({ kind }: Outcome) => ({
  facts: { "mixdown.outcome": kind },
  error: kind === "error" ? "no_answer" : undefined,
});

/** The request as a checker may read it: whatever it reads is noted. */
function createQuestion(
  request: PendingRequest,
  { instance, vocabulary, track }: CheckRuleOptions,
): Question | EvalFailure {
  const { record, dependencies } = request;
  const slotValue = (attribute: string): { slot: number; value: Value | undefined } => {
    const slot = vocabulary.slot(attribute);
    if (slot === undefined) throw new Error(`there is no attribute ${attribute}`);
    const value = record.values[slot];
    dependencies.attribute(slot, value);
    return { slot, value };
  };
  let parameters: Record<string, Value | undefined> | undefined;
  if (instance !== undefined) {
    track(request);
    parameters = {};
    for (const { name, expression } of instance) {
      const value = expression.evaluate(record.values);
      if (value instanceof EvalFailure) return value;
      parameters[name] = value as Value;
    }
  }
  return {
    get(attribute) {
      const { slot, value } = slotValue(attribute);
      if (value instanceof Map) dependencies.whole(slot);
      return value;
    },
    entry(attribute, key) {
      const { value } = slotValue(attribute);
      if (!(value instanceof Map)) return undefined;
      const found = value.get(key);
      dependencies.key(value, key, found !== undefined);
      return found;
    },
    instance: parameters,
    raw() {
      dependencies.isOnce = true;
      return request.raw();
    },
  };
}
