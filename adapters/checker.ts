import type { z } from "zod";
import type { Json } from "../schemas/model/access-log.ts";
import type { QuestionTemplate } from "../schemas/model/instance.ts";
import type { Value } from "../schemas/model/value.ts";
import type { Changes, Denial } from "../schemas/model/verdict.ts";
import type { Adapter, ConfigProblem, Host } from "./adapter.ts";

/** What a checker says of one request. Expected outcomes are values; throwing means a bug, which the hub takes for `error`. */
export type Answer =
  /** Nothing against it: the next rule is tried. `attributes` hold for the rules that follow, such as claims of a token. */
  | ({
      readonly verdict: "pass";
      readonly changes?: Changes;
      readonly attributes?: Readonly<Record<string, Value>>;
    } & Validity)
  | ({ readonly verdict: "deny"; readonly denial: Denial; readonly changes?: Changes } & Validity)
  /** It cannot be said: the rule's `onError` decides. */
  | { readonly verdict: "error"; readonly reason: string };

/** How long the same answer may be given again where the attributes read are the same; without either, for ever. */
export interface Validity {
  /** In milliseconds; 0: never. */
  readonly validForMs?: number;
  /** False as soon as the answer may be another, such as once a list has changed. Called on the hot path. */
  readonly holds?: () => boolean;
}

/** The request that a checker is asked about. What is read of it is what the answer depends on, and may be given again for. */
export interface Question {
  /** The value of an attribute; undefined if it is absent. */
  get(attribute: string): Value | undefined;
  /** One entry of a map, such as a header, without depending on the others. */
  entry(attribute: string, key: string): string | undefined;
  /** Values of the instance that the rule names, by parameter, such as `value` or `subject.user`; undefined without one. */
  readonly instance: Readonly<Record<string, Value | undefined>> | undefined;
  /** The request as the proxy sent it, as JSON in the form of opa-envoy's input; undefined for proxies that do not send one. Answers that depend on it are never given again. */
  raw(): Json | undefined;
}

/** An open checker. */
export interface OpenChecker {
  /** Says what it has against the request. `signal` is aborted when there is no time left. Answers at once where it can. */
  check(question: Question, signal: AbortSignal): Answer | Promise<Answer>;
  close(): Promise<void>;
}

/** What an adapter that decides on requests declares. */
export interface Checks<C> {
  /** Whether a rule must name an instance that it is asked about. */
  readonly instance: "required" | "optional" | "none";
  /** The template that the instance must have; any without it. */
  readonly template?: QuestionTemplate;
  /** Attributes that it may read. */
  reads(config: C): readonly string[];
  open(config: C, host: Host): Promise<OpenChecker>;
}

/** What a checker declares: an adapter that decides, and takes nothing that rules send. */
export type Checker<S extends z.ZodType> = Pick<Adapter<never, S>, "type" | "summary" | "config"> &
  Checks<z.output<S>> & {
    /** Checks settings, and files that they name, beyond the schema; everything wrong at once. */
    validate?(config: z.output<S>): readonly ConfigProblem[];
  };

/** Declares a checker; nothing happens until the hub opens it. */
export function defineChecker<S extends z.ZodType>(checker: Checker<S>): Adapter<never, S> {
  const { type, summary, config, validate, ...checks } = checker;
  return {
    ...{ type, summary, config, accepts: [], checks },
    ...(validate === undefined ? {} : { validate }),
    open: async () => ({ record() {}, async close() {} }),
  };
}
