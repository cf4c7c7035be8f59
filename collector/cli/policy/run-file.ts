import type { Json } from "../../../schemas/model/access-log.ts";
import type { RawCheck } from "../../../schemas/model/check-request.ts";
import { errorText } from "../../../schemas/model/error-text.ts";
import { nearest } from "../../../schemas/model/nearest.ts";
import type { CheckedConfig } from "../../config/checked.ts";
import { CheckJsonError, checkFromJson } from "../../decode/ext-authz/from-json.ts";
import { parseRateLimitRequest, RateLimitJsonError, rateLimitResponseToJson } from "../../decode/rate-limit/json.ts";
import { HubError } from "../../errors.ts";
import type { CommandIo } from "../command.ts";
import { toMocked } from "./answer-schema.ts";
import { createAttributeReader } from "./attribute-reader.ts";
import { type Difference, differencesOf } from "./compare.ts";
import { differencesIn } from "./compare-plain.ts";
import { differencesInSent } from "./compare-sent.ts";
import { loadForPolicy } from "./load.ts";
import { askedHandlers, type Mocked } from "./offline-checkers.ts";
import { type OfflineHub, openOfflineHubs } from "./offline-hub.ts";
import { asks, readTestFile, type TestCase } from "./test-file.ts";

/** What the cases of a file came to. */
export interface FileResult {
  readonly file: string;
  readonly cases: readonly CaseResult[];
}

/** What a case came to. */
export interface CaseResult {
  readonly name: string;
  /** Where it begins in its file. */
  readonly line: number;
  readonly ok: boolean;
  readonly differences: readonly Difference[];
}

/** Runs the cases of a file, each in a hub of its own. Throws a HubError for a file that is wrong. */
export async function runFile(file: string, io: CommandIo): Promise<FileResult> {
  const { config, default: byDefault, cases } = readTestFile(file, io);
  const checked = await loadForPolicy(config, io);
  const readAttributes = createAttributeReader(checked.vocabulary);
  for (const each of cases) refuseUnknownHandlers(each, checked, `${file}:${each.line}`);
  const isAsked = (handler: string) => cases.some((each) => asks(each) && !(handler in each.answers));
  const hubs = await openOfflineHubs(checked, [...askedHandlers(checked)].filter(isAsked), io);
  try {
    const results: CaseResult[] = [];
    for (const each of cases) {
      const { name, line, answers } = each;
      const mocked = Object.entries(answers).map(
        ([handler, told]) => [handler, toMocked(told, readAttributes)] as const,
      );
      try {
        const differences = await runCase(each, byDefault, await hubs.start(new Map<string, Mocked>(mocked)));
        results.push({ name, line, ok: differences.length === 0, differences });
      } catch (error) {
        if (![HubError, CheckJsonError, RateLimitJsonError].some((known) => error instanceof known)) throw error;
        const code = error instanceof HubError ? error.code : "CONFIG_INVALID";
        throw new HubError(code, `${file}:${line}: ${name}: ${errorText(error)}`, { cause: error });
      }
    }
    return { file, cases: results };
  } finally {
    await hubs.close();
  }
}

async function runCase(each: TestCase, byDefault: "allow" | "deny", hub: OfflineHub): Promise<Difference[]> {
  const { expect, repeat } = each;
  const { rateLimit, metrics, logs, edges, spans, ...ofVerdict } = expect;
  const found: Difference[] = [];
  if (asks(each)) {
    const question = questionOf(each);
    for (let time = 1; time < repeat; time++) await hub.check(question, byDefault);
    found.push(...differencesOf(ofVerdict, await hub.check(question, byDefault)));
  }
  if (each.rateLimit !== undefined) {
    const request = parseRateLimitRequest(JSON.stringify(each.rateLimit));
    for (let time = 1; time < repeat; time++) await hub.limit(request);
    found.push(...differencesIn("rateLimit", rateLimit, rateLimitResponseToJson(await hub.limit(request))));
  }
  await hub.report(reportsOf(each));
  return [...found, ...(await differencesInSent({ metrics, logs, edges, spans }, hub.sent))];
}

/** Joins a report with the check of its case, where neither says which request it is about. */
const requestId = { "request.id": "case" };

function questionOf({ attributes = {}, request, reports }: TestCase): RawCheck {
  if (request !== undefined) return checkFromJson(request as Json, { reporter: "inbound", trustedHops: 0 });
  return { kind: "report", value: (reports.length === 0 ? attributes : { ...requestId, ...attributes }) as Json };
}

/** What a report does not say itself holds as it was asked about. */
function reportsOf({ attributes, reports }: TestCase): Json[] {
  const asked = attributes === undefined ? {} : { ...requestId, ...attributes };
  return reports.map((report) => ({ ...asked, ...report }) as Json);
}

function refuseUnknownHandlers({ answers, expect }: TestCase, { handlers }: CheckedConfig, place: string): void {
  const { metrics, logs, edges, spans } = expect;
  for (const name of [answers, metrics, logs, edges, spans].flatMap((part) => Object.keys(part ?? {}))) {
    if (handlers.has(name)) continue;
    const suggestion = nearest(name, handlers.keys());
    const hint = suggestion === undefined ? "" : `. Did you mean "${suggestion}"?`;
    throw new HubError("CONFIG_INVALID", `${place}: unknown handler "${name}"${hint}`);
  }
}
