import type { Json } from "../../../schemas/model/access-log.ts";
import {
  type DescriptorEntry,
  type LimitUnit,
  limitUnits,
  type RateLimitAnswer,
  type RateLimitDescriptor,
  type RateLimitRequest,
} from "../../../schemas/model/rate-limit.ts";
import { emptyDescriptor, toDescriptor, unitOfNumber, type WireDescriptor } from "./descriptor.ts";
import { toSeconds, toUint32 } from "./response.ts";

type JsonObject = { readonly [name: string]: Json };

/** What is wrong with a request as JSON, for its sender. */
export class RateLimitJsonError extends Error {}

/** Reads a RateLimitRequest in the JSON form of protobuf: names in either spelling, numbers also as text, unknown names refused. */
export function parseRateLimitRequest(text: string): RateLimitRequest {
  let value: Json;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new RateLimitJsonError(`the body is no JSON: ${(error as Error).message}`);
  }
  const { domain, descriptors, hitsAddend } = membersOf(value, "the body", ["domain", "descriptors", "hitsAddend"]);
  const hits = numberOf(hitsAddend, "hitsAddend");
  const list = listOf(descriptors, "descriptors").map((each, i) => readDescriptor(each, `descriptors[${i}]`));
  return {
    domain: textOf(domain, "domain"),
    hitsAddend: hits,
    descriptors: list.map((descriptor) => toDescriptor(descriptor, hits)),
  };
}

function readDescriptor(value: Json, at: string): WireDescriptor {
  const known = ["entries", "limit", "hitsAddend", "isNegativeHits"];
  const { entries, limit, hitsAddend, isNegativeHits } = membersOf(value, at, known);
  const isNegative = isNegativeHits ?? false;
  if (typeof isNegative !== "boolean") throw new RateLimitJsonError(`${at}.isNegativeHits: expected true or false`);
  return {
    ...emptyDescriptor(),
    entries: listOf(entries, `${at}.entries`).map((entry, i) => readEntry(entry, `${at}.entries[${i}]`)),
    limit: limit === undefined || limit === null ? undefined : readOverride(limit, `${at}.limit`),
    ownHits: hitsAddend === undefined || hitsAddend === null ? undefined : numberOf(hitsAddend, `${at}.hitsAddend`),
    isNegative,
  };
}

function readEntry(value: Json, at: string): DescriptorEntry {
  const { key, value: text } = membersOf(value, at, ["key", "value"]);
  return { key: textOf(key, `${at}.key`), value: textOf(text, `${at}.value`) };
}

function readOverride(value: Json, at: string): RateLimitDescriptor["limit"] {
  const { requestsPerUnit, unit } = membersOf(value, at, ["requestsPerUnit", "unit"]);
  return { requestsPerUnit: numberOf(requestsPerUnit, `${at}.requestsPerUnit`), unit: readUnit(unit, `${at}.unit`) };
}

function readUnit(value: Json | undefined, at: string): LimitUnit {
  if (value === undefined || value === null || value === "UNKNOWN") return "UNKNOWN";
  if (typeof value === "number") return unitOfNumber(value);
  if (typeof value === "string" && Object.hasOwn(limitUnits, value)) return value as LimitUnit;
  throw new RateLimitJsonError(`${at}: expected one of ${Object.keys(limitUnits).join(", ")}`);
}

/** The members of an object by their name in camel case. */
function membersOf(value: Json, at: string, known: readonly string[]): { readonly [name: string]: Json | undefined } {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new RateLimitJsonError(`${at}: expected an object`);
  const members = Object.entries(value as JsonObject).map(([name, member]): [string, Json] => [toCamel(name), member]);
  for (const [name] of members)
    if (!known.includes(name))
      throw new RateLimitJsonError(`${at} has an unknown member "${name}": expected ${known.join(", ")}`);
  return Object.fromEntries(members);
}

const toCamel = (name: string): string => name.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());

function listOf(value: Json | undefined, at: string): readonly Json[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new RateLimitJsonError(`${at}: expected a list`);
  return value;
}

function textOf(value: Json | undefined, at: string): string {
  if (value === undefined || value === null) return "";
  if (typeof value !== "string") throw new RateLimitJsonError(`${at}: expected text`);
  return value;
}

function numberOf(value: Json | undefined, at: string): number {
  const number = value === undefined || value === null ? 0 : Number(value);
  const isNumber = typeof value !== "boolean" && typeof value !== "object" && value !== "";
  if ((value === undefined || value === null || isNumber) && Number.isInteger(number) && number >= 0)
    return Math.min(number, Number.MAX_SAFE_INTEGER);
  throw new RateLimitJsonError(`${at}: expected a whole number from 0 on`);
}

/** Writes a RateLimitResponse in the JSON form of protobuf: what is zero or empty is left out. */
export function rateLimitResponseToJson(answer: RateLimitAnswer): Json {
  return leaveOutEmpty({
    overallCode: codeOf(answer.overLimit),
    statuses: answer.statuses.map(({ overLimit, limit, remaining, resetMs }) =>
      leaveOutEmpty({
        code: codeOf(overLimit),
        currentLimit:
          limit === undefined
            ? undefined
            : leaveOutEmpty({
                name: limit.name,
                requestsPerUnit: toUint32(limit.requestsPerUnit),
                unit: limit.unit === "UNKNOWN" ? undefined : limit.unit,
              }),
        limitRemaining: toUint32(remaining),
        durationUntilReset: resetMs === undefined ? undefined : `${toSeconds(resetMs)}s`,
      }),
    ),
    responseHeadersToAdd: answer.responseHeaders.map(({ name, value }) => leaveOutEmpty({ key: name, value })),
    requestHeadersToAdd: answer.requestHeaders.map(({ name, value }) => leaveOutEmpty({ key: name, value })),
    rawBody: answer.body === undefined ? undefined : Buffer.from(answer.body).toString("base64"),
    dynamicMetadata: answer.metadata,
  });
}

const codeOf = (overLimit: boolean): string => (overLimit ? "OVER_LIMIT" : "OK");

function leaveOutEmpty(members: { readonly [name: string]: Json | undefined }): JsonObject {
  const isSet = ([, value]: [string, Json | undefined]) =>
    value !== undefined && value !== 0 && value !== "" && !(Array.isArray(value) && value.length === 0);
  return Object.fromEntries(Object.entries(members).filter(isSet)) as JsonObject;
}
