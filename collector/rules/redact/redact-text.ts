import { percentDecode } from "../../../schemas/model/percent.ts";
import type { NameList } from "./name-list.ts";

/** How texts are redacted. */
export interface TextRedaction {
  readonly isSecretParam: NameList;
  /** What stands for a credential. */
  readonly mask: string;
}

/** A value in a value in a value: a URL that a parameter holds is looked into, and the URL in that one. */
const MAX_DEPTH = 3;

/*
 * Every pattern below is linear: a match is tried only behind a delimiter, and what it runs over holds none. Whoever sends
 * a request chooses the text.
 */

/** `//user:password@` of a URL (RFC 3986, 3.2.1). */
const userInfo = /(^|:)\/\/[^/?#\s]*@/g;
/** What `&`, `#` and white space part: a parameter, with what stands before it in a path. */
const segment = /[^&#\s]+/g;
/** `name=` at the start of a segment, or behind what may part parameters within one. */
const parameter = /(?:^|[?;,])([^=?;,]*)=/g;
/** JSON Web Tokens (RFC 7519) in compact form, signed or encrypted, and runs of letters that may be one. */
const tokenRun = /[\w.-]{16,}/g;
const webToken = /^eyJ[\w-]+(?:\.[\w-]*){2,4}$/;

/** A text without its credentials: those of URLs, of parameters with secret names, and web tokens wherever they stand. */
export function redactText(text: string, redaction: TextRedaction, depth = 0): string {
  let redacted = text;
  if (redacted.includes("//") && redacted.includes("@"))
    redacted = redacted.replace(userInfo, `$1//${redaction.mask}@`);
  if (redacted.includes("eyJ"))
    redacted = redacted.replace(tokenRun, (run) => (webToken.test(run) ? redaction.mask : run));
  if (!redacted.includes("=") && !redacted.includes("%")) return redacted;
  return redacted.replace(segment, (part) => redactSegment(part, redaction, depth));
}

/** From the first secret on, all of a segment goes: not every server takes `;` and the like for the end of a value. */
function redactSegment(part: string, redaction: TextRedaction, depth: number): string {
  for (const { 0: prefix, 1: name = "", index } of part.matchAll(parameter)) {
    const start = index + prefix.length;
    if (redaction.isSecretParam(percentDecode(name).trim())) return maskFrom(part, start, redaction.mask);
  }
  return redactNested(part, redaction, depth);
}

function maskFrom(part: string, start: number, mask: string): string {
  return start === part.length ? part : part.slice(0, start) + mask;
}

/** Looks into a value that is percent-encoded, such as the URL to go back to; without a name, into all of it. */
function redactNested(part: string, redaction: TextRedaction, depth: number): string {
  const start = part.indexOf("=") + 1;
  if (depth === MAX_DEPTH || !part.includes("%", start)) return part;
  const value = percentDecode(part.slice(start));
  const redacted = redactText(value, redaction, depth + 1);
  return redacted === value ? part : part.slice(0, start) + encodeURIComponent(redacted.toWellFormed());
}
