import { STATUS_CODES } from "node:http";
import type { Json } from "../../schemas/model/access-log.ts";
import type { HeaderChange } from "../../schemas/model/verdict.ts";
import type { Answer } from "../checker.ts";

type JsonObject = { readonly [key: string]: Json };

/** A decision of a form that there is not: the rule is in error. */
class BadDecision extends Error {}

/** What a decision in opa-envoy's form says: true, false, or an object with `allowed`. Every decided answer carries its id. */
export function toAnswer(decision: Json, id: string): Answer {
  try {
    if (typeof decision === "boolean") return decision ? allow({}, id) : deny({}, id);
    if (!isObject(decision)) throw new BadDecision(`the decision is ${kindOf(decision)}, and no truth value or object`);
    const allowed = own(decision, "allowed", null);
    if (typeof allowed !== "boolean") throw new BadDecision('the decision has no truth value "allowed"');
    return allowed ? allow(decision, id) : deny(decision, id);
  } catch (error) {
    if (!(error instanceof BadDecision)) throw error;
    return { verdict: "error", reason: error.message };
  }
}

function allow(decision: JsonObject, id: string): Answer {
  const set = headersIn(decision, "headers").map(([name, value]): HeaderChange => ({ action: "set", name, value }));
  const remove = textsIn(decision, "request_headers_to_remove").map(
    (name): HeaderChange => ({ action: "remove", name }),
  );
  const add = headersIn(decision, "response_headers_to_add");
  const changed = pairsOf(own(decision, "query_parameters_to_set", {}), "query_parameters_to_set");
  const removed = textsIn(decision, "query_parameters_to_remove");
  return {
    verdict: "pass",
    changes: {
      upstream: [...set, ...remove],
      client: add.map(([name, value]) => ({ action: "add", name, value })),
      query: [
        ...changed.map(([name, value]) => ({ name, value })),
        ...removed.map((name) => ({ name, value: undefined })),
      ],
      metadata: metadataOf(decision, id),
    },
  };
}

function deny(decision: JsonObject, id: string): Answer {
  const body = own(decision, "body", "");
  if (typeof body !== "string") throw new BadDecision(`body is ${kindOf(body)}, and no text`);
  const seen = new Set<string>();
  const client = headersIn(decision, "headers").map(([name, value]): HeaderChange => {
    const action = seen.has(name) ? "add" : "set";
    seen.add(name);
    return { action, name, value };
  });
  const status = statusOf(own(decision, "http_status", 403));
  return {
    verdict: "deny",
    denial: { status, code: 7, message: "refused by the policy", body },
    changes: { client, metadata: metadataOf(decision, id) },
  };
}

function metadataOf(decision: JsonObject, id: string): JsonObject {
  const metadata = own(decision, "dynamic_metadata", {});
  if (!isObject(metadata)) throw new BadDecision(`dynamic_metadata is ${kindOf(metadata)}, and no object`);
  return { ...metadata, decision_id: id };
}

function statusOf(status: Json): number {
  if (typeof status === "number" && status >= 200 && STATUS_CODES[status] !== undefined) return status;
  throw new BadDecision(`http_status ${JSON.stringify(status)} is no HTTP status`);
}

/** Headers in an object, or in a list of objects; names in lower case. */
function headersIn(decision: JsonObject, key: string): (readonly [name: string, value: string])[] {
  const given = own(decision, key, {});
  const objects = Array.isArray(given) ? given : [given];
  return objects.flatMap((object) => pairsOf(object, key)).map(([name, value]) => [name.toLowerCase(), value]);
}

/** The members of an object, each a text or a list of texts. */
function pairsOf(object: Json, key: string): (readonly [name: string, value: string])[] {
  if (!isObject(object)) throw new BadDecision(`${key} holds ${kindOf(object)}, and no object`);
  return Object.entries(object).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((text): [string, string] => {
      if (typeof text !== "string")
        throw new BadDecision(`${key}: the value of ${name} is ${kindOf(text)}, and no text`);
      return [name, text];
    }),
  );
}

function textsIn(decision: JsonObject, key: string): string[] {
  const list = own(decision, key, []);
  if (!Array.isArray(list)) throw new BadDecision(`${key} is ${kindOf(list)}, and no list`);
  return list.map((text) => {
    if (typeof text !== "string") throw new BadDecision(`${key} holds ${kindOf(text)}, and no text`);
    return text;
  });
}

/** A key that is there with null is of a wrong type, not absent. */
const own = (object: JsonObject, key: string, otherwise: Json): Json =>
  Object.hasOwn(object, key) ? (object[key] ?? null) : otherwise;

const isObject = (value: Json): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function kindOf(value: Json): string {
  if (value === null) return "null";
  return Array.isArray(value)
    ? "a list"
    : ({ string: "text", number: "a number", boolean: "a truth value" }[typeof value as string] ?? "an object");
}
