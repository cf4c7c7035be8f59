import type { AttributeName } from "../../schemas/attributes/vocabulary.ts";
import type { Value } from "../../schemas/model/value.ts";
import { readWeight, type Unfit } from "./json-values.ts";

type Spell = (value: Value) => Value | undefined | Unfit;

/** Brings what proxies write of some attributes into the vocabulary's form; undefined where it says that there is none. */
export function spellingOf(attribute: string): Spell | undefined {
  return spellings[attribute as AttributeName];
}

const spellings: { readonly [Name in AttributeName]?: Spell } = {
  "context.weight": readWeight,
  "request.http_version": (version) => httpVersion(String(version)),
  "connection.tls.version": (version) => tlsVersion(String(version)),
  "response.code": (code) => (code === 0 ? undefined : code),
  "request.headers": lowerCase,
  "response.headers": lowerCase,
  "response.trailers": lowerCase,
};

/** `HTTP/1.1`, `HTTP/2.0` and the like. */
function httpVersion(text: string): string {
  return text.replace(/^HTTP\//i, "").replace(/^([23])\.0$/, "$1");
}

/** `TLSv1.3`, and `TLSv1` for the first. */
function tlsVersion(text: string): string {
  const version = text.replace(/^TLSv?/i, "");
  return version === "1" ? "1.0" : version;
}

function lowerCase(headers: Value): Value {
  if (!(headers instanceof Map)) return headers;
  return new Map([...headers].map(([name, value]) => [name.toLowerCase(), value]));
}
