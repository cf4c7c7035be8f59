import { fromJson, type JsonValue, toBinary } from "@bufbuild/protobuf";
import { CheckRequestSchema } from "../../../schemas/gen/envoy/service/auth/v3/external_auth_pb.js";
import type { Json } from "../../../schemas/model/access-log.ts";
import type { CheckListener, ProxiedCheck } from "../../../schemas/model/check-request.ts";
import { errorText } from "../../../schemas/model/error-text.ts";
import { createCheckDecoder } from "../ext-authz.ts";

/** What is wrong with a CheckRequest as JSON. */
export class CheckJsonError extends Error {}

/** What opa-envoy's input has beside the request. */
const ofInput = ["parsed_path", "parsed_query", "parsed_body", "truncated_body", "version"];

/**
 * Reads a CheckRequest in the JSON form of protobuf (`{"attributes": {...}}`, names in either spelling), or the input document of opa-envoy.
 * Throws a CheckJsonError if it is neither.
 */
export function checkFromJson(value: Json, listener: CheckListener): ProxiedCheck {
  if (!isObject(value) || !isObject(value.attributes))
    throw new CheckJsonError('expected a CheckRequest, such as {"attributes":{"request":{"http":{"path":"/"}}}}');
  const [unknown] = Object.keys(value).filter((name) => name !== "attributes" && !ofInput.includes(name));
  if (unknown !== undefined) throw new CheckJsonError(`unknown member "${unknown}" beside "attributes"`);
  try {
    const request = fromJson(CheckRequestSchema, { attributes: readable(value.attributes) as JsonValue });
    return createCheckDecoder().decode(toBinary(CheckRequestSchema, request), listener);
  } catch (error) {
    throw new CheckJsonError(errorText(error), { cause: error });
  }
}

type JsonObject = { readonly [name: string]: Json };

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Without what no policy reads, and with times in protobuf's own form: opa-envoy writes them as objects. */
function readable(attributes: JsonObject): JsonObject {
  return mapMembers(attributes, (name, member) => {
    if (/^(route_?)?metadata_?context$/i.test(name) && isObject(member))
      return mapMembers(member, (key, inner) => (/^typed_?filter_?metadata$/i.test(key) ? undefined : inner));
    if (name === "request" && isObject(member))
      return mapMembers(member, (key, inner) => (key === "time" && isObject(inner) ? toText(inner) : inner));
    return member;
  });
}

function mapMembers(value: JsonObject, change: (name: string, member: Json) => Json | undefined): JsonObject {
  const changed = Object.entries(value).map(([name, member]) => [name, change(name, member)] as const);
  return Object.fromEntries(changed.filter((entry): entry is [string, Json] => entry[1] !== undefined));
}

function toText({ seconds = 0, nanos = 0 }: JsonObject): string {
  const fraction = String(nanos).padStart(9, "0");
  return new Date(Number(seconds) * 1000).toISOString().replace(/\.\d+Z$/, `.${fraction}Z`);
}
