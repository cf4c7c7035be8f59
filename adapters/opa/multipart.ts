import { RequestParseError } from "./unescape.ts";

/** A part of a form. */
export interface FormPart {
  readonly name: string;
  readonly contentType: string;
  readonly body: Buffer;
}

/** The boundary that a content type names (RFC 2046 5.1.1). */
export function boundaryOf(contentType: string): string | undefined {
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]+)"|([^\s;"]+))/i.exec(contentType) ?? [];
  return quoted ?? plain;
}

/** The named parts of a form (RFC 7578). */
export function parseMultipart(body: Buffer, boundary: string): FormPart[] {
  const text = `\r\n${body.toString("latin1")}`;
  const delimiter = `\r\n--${boundary}`;
  const [, ...rest] = text.split(delimiter);
  const end = rest.findIndex((part) => part.startsWith("--"));
  if (end < 0) throw new RequestParseError("multipart: NextPart: EOF");
  return rest.slice(0, end).flatMap((part) => toPart(part) ?? []);
}

function toPart(text: string): FormPart | undefined {
  const blank = text.indexOf("\r\n\r\n");
  if (blank < 0) throw new RequestParseError("multipart: malformed part");
  const head = text.slice(0, blank + 2);
  const [, quoted, plain] = /^content-disposition:\s*form-data\b.*?;\s*name=(?:"([^"]*)"|([^\s;]+))/im.exec(head) ?? [];
  const name = quoted ?? plain ?? "";
  if (name === "") return undefined;
  const [, contentType = ""] = /^content-type:\s*(.*?)\s*$/im.exec(head) ?? [];
  return {
    name: Buffer.from(name, "latin1").toString(),
    contentType,
    body: Buffer.from(text.slice(blank + 4), "latin1"),
  };
}
