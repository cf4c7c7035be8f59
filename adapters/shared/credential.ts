import { z } from "zod";
import type { Changes, HeaderChange } from "../../schemas/model/verdict.ts";
import type { Question } from "../checker.ts";

const name = z.string().min(1);

/** A place where a request carries a credential. */
export const credentialPlace = z.union([
  z.strictObject({
    header: name.transform((text) => text.toLowerCase()).describe("Name of a header."),
    prefix: z
      .string()
      .default("")
      .describe("What stands before the credential, in any case; without it there is none."),
  }),
  z.strictObject({ query: name.describe("Name of a query parameter.") }),
  z.strictObject({ cookie: name.describe("Name of a cookie.") }),
]);

/** A checked place. */
export type CredentialPlace = z.output<typeof credentialPlace>;

/** A credential that a request carries, and where. */
export interface Credential {
  readonly text: string;
  readonly place: CredentialPlace;
}

/** The credential at the first of the places that has one. */
export function findCredential(question: Question, places: readonly CredentialPlace[]): Credential | undefined {
  for (const place of places) {
    const text = textAt(question, place);
    if (text !== undefined && text !== "") return { text, place };
  }
  return undefined;
}

function textAt(question: Question, place: CredentialPlace): string | undefined {
  if ("query" in place) return question.entry("request.query_params", place.query);
  if ("cookie" in place) return cookieOf(question.entry("request.headers", "cookie"), place.cookie);
  const text = question.entry("request.headers", place.header);
  const { prefix } = place;
  if (text === undefined || text.slice(0, prefix.length).toLowerCase() !== prefix.toLowerCase()) return undefined;
  return text.slice(prefix.length).trim();
}

/** The first cookie of a name (RFC 6265 4.2). */
function cookieOf(header: string | undefined, name: string): string | undefined {
  for (const pair of header?.split(";") ?? []) {
    const equals = pair.indexOf("=");
    if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim();
  }
  return undefined;
}

/** The attributes that looking there reads. */
export function attributesOf(places: readonly CredentialPlace[]): string[] {
  return [...new Set(places.map((place) => ("query" in place ? "request.query_params" : "request.headers")))];
}

/** Takes a credential out of the request on its way to the upstream; cookies stay, as others share their header. */
export function withoutCredential(place: CredentialPlace): Changes {
  if ("query" in place) return { query: [{ name: place.query, value: undefined }] };
  return "header" in place ? { upstream: [{ action: "remove", name: place.header }] } : {};
}

/** The refusal of a request that says who it is not well enough, with the header that HTTP demands then (RFC 9110 11.6.1). */
export function unauthorized(message: string, challenge: string) {
  const header: HeaderChange = { action: "set", name: "www-authenticate", value: challenge };
  return { verdict: "deny", denial: { status: 401, code: 16, message }, changes: { client: [header] } } as const;
}
