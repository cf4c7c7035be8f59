import type { Json } from "../../schemas/model/access-log.ts";
import type { Value } from "../../schemas/model/value.ts";
import type { Question } from "../checker.ts";

/** What a question is made of. */
export interface QuestionParts {
  /** Attributes of the request by name; string maps as objects. */
  readonly attributes?: Readonly<Record<string, Value | Readonly<Record<string, string>>>>;
  readonly instance?: Readonly<Record<string, Value>>;
  readonly raw?: Json;
}

/** A question to ask a checker in a test. */
export function questionOf({ attributes = {}, instance, raw }: QuestionParts = {}): Question {
  const get = (attribute: string): Value | undefined => {
    const value = attributes[attribute];
    const isPlain = typeof value !== "object" || value instanceof Map || "seconds" in value;
    return isPlain ? (value as Value | undefined) : new Map(Object.entries(value as Record<string, string>));
  };
  return {
    get,
    entry(attribute, key) {
      const map = get(attribute);
      return map instanceof Map ? (map.get(key) as string | undefined) : undefined;
    },
    instance,
    raw: () => raw,
  };
}
