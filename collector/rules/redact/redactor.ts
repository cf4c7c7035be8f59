import type { Attribute } from "../../../schemas/attributes/attribute.ts";
import { builtInAttributes } from "../../../schemas/attributes/vocabulary.ts";
import { createNameList, type NameList } from "./name-list.ts";
import { redactText, type TextRedaction } from "./redact-text.ts";
import { secretHeaders, secretParams } from "./secret-names.ts";

/** What a configuration says of redaction; a structural subset of it. */
export interface RedactSettings {
  readonly headers: readonly string[];
  readonly queryParams: readonly string[];
  readonly keepHeaders: readonly string[];
  readonly keepQueryParams: readonly string[];
  readonly replacement: string;
}

/** Takes the credentials out of one attribute's value. */
export type Redactor = (value: unknown) => unknown;

/** Chooses the redactor of an attribute; undefined where nothing in it can be a credential. */
export type RedactorOf = (attribute: Attribute) => Redactor | undefined;

/** What proxies and the hub say themselves, beside what clients send. */
const own = /^(?:context|source|destination|origin|connection|trace|upstream|quota|rbac)\./;
const clients: ReadonlySet<string> = new Set([
  "context.extensions",
  "connection.requested_server_name",
  "upstream.failure",
]);
const ownNames: ReadonlySet<string> = new Set(
  builtInAttributes.map(({ name }) => name).filter((name) => own.test(name) && !clients.has(name)),
);
const headerMaps: ReadonlySet<string> = new Set(["request.headers", "response.headers", "response.trailers"]);

/** Redaction by these settings, beside the names that are secret anyway. */
export function createRedaction(settings: RedactSettings): RedactorOf {
  const isSecretHeader = createNameList([...secretHeaders, ...settings.headers], settings.keepHeaders);
  const isSecretParam = createNameList([...secretParams, ...settings.queryParams], settings.keepQueryParams);
  const mask = settings.replacement;
  const texts: TextRedaction = { isSecretParam, mask };
  const isSecret: NameList = (name) => isSecretHeader(name) || isSecretParam(name);
  const text: Redactor = (value) => (typeof value === "string" ? redactText(value, texts) : value);

  return ({ name, type }) => {
    if (ownNames.has(name)) return undefined;
    if (name === "request.api_key") return (value) => (value === undefined ? undefined : mask);
    if (name === "request.host") return (value) => (typeof value === "string" ? text(hideUser(value, mask)) : value);
    if (type === "STRING_MAP") {
      const secrets = headerMaps.has(name)
        ? isSecretHeader
        : name === "request.query_params"
          ? isSecretParam
          : isSecret;
      return (value) => (value instanceof Map ? redactMap(value, secrets, texts) : value);
    }
    return type === "STRING" || type === "URI" ? text : undefined;
  };
}

/** The user of an authority (RFC 3986, 3.2.1). */
function hideUser(host: string, mask: string): string {
  const at = host.lastIndexOf("@");
  return at < 0 ? host : `${mask}${host.slice(at)}`;
}

/** The same map if nothing in it is a credential. */
function redactMap(
  map: ReadonlyMap<string, string>,
  isSecret: NameList,
  texts: TextRedaction,
): ReadonlyMap<string, string> {
  let redacted: Map<string, string> | undefined;
  for (const [name, value] of map) {
    const shown = isSecret(name) ? texts.mask : redactText(value, texts);
    if (shown === value) continue;
    redacted ??= new Map(map);
    redacted.set(name, shown);
  }
  return redacted ?? map;
}
