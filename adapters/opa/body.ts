import { boundaryOf, parseMultipart } from "./multipart.ts";
import { parseQuery, RequestParseError } from "./unescape.ts";

/** The body of a request as opa-envoy's input has it. */
export interface ParsedBody {
  /** JSON text: numbers are passed on as they were written, which JavaScript's own would round. */
  readonly json: string;
  readonly isTruncated: boolean;
}

const none: ParsedBody = { json: "null", isTruncated: false };
const truncated: ParsedBody = { json: "null", isTruncated: true };

/** What opa-envoy makes of a body by the request's content type; throws a RequestParseError where it would refuse. */
export function parseBody(headers: Readonly<Record<string, unknown>>, body: Buffer): ParsedBody {
  const header = (name: string): string => (Object.hasOwn(headers, name) ? String(headers[name]) : "");
  const contentType = header("content-type");
  if (header("x-envoy-auth-partial-body") === "true") return truncated;
  const read = readerOf(contentType);
  if (read === undefined || (read === readJson && body.length === 0)) return none;
  if (isCutShort(header("content-length"), body.length)) return truncated;
  return { json: read(body, contentType), isTruncated: false };
}

type ReadBody = (body: Buffer, contentType: string) => string;

/** The first that fits. gRPC needs descriptors, which there are none of: null. */
function readerOf(contentType: string): ReadBody | undefined {
  if (contentType.includes("application/json")) return readJson;
  if (contentType.includes("application/grpc")) return undefined;
  if (contentType.includes("application/x-www-form-urlencoded")) return readForm;
  return contentType.includes("multipart/form-data") ? readMultipart : undefined;
}

function isCutShort(contentLength: string, length: number): boolean {
  if (contentLength === "") return false;
  if (!/^[+-]?\d{1,18}$/.test(contentLength))
    throw new RequestParseError(`content-length ${JSON.stringify(contentLength)} is no number`);
  return Number(contentLength) > length;
}

/** Checked, and passed on as it is. */
const readJson: ReadBody = (body) => {
  const text = body.toString();
  try {
    JSON.parse(text);
    return text;
  } catch (error) {
    throw new RequestParseError(`the body is no JSON: ${(error as Error).message}`, { cause: error });
  }
};

const readForm: ReadBody = (body) => JSON.stringify(parseQuery(body.toString()));

const readMultipart: ReadBody = (body, contentType) => {
  const boundary = boundaryOf(contentType);
  if (boundary === undefined) return "null";
  const values = new Map<string, string[]>();
  for (const { name, contentType: type, body: held } of parseMultipart(body, boundary)) {
    const json = type.includes("application/json") ? readJson(held, type) : JSON.stringify(held.toString());
    values.set(name, [...(values.get(name) ?? []), json]);
  }
  return `{${[...values].map(([name, list]) => `${JSON.stringify(name)}:[${list.join(",")}]`).join(",")}}`;
};
