import { dirname, resolve } from "node:path";
import { isNode, LineCounter, parseDocument } from "yaml";
import { z } from "zod";
import { errorText } from "../../../schemas/model/error-text.ts";
import { HubError } from "../../errors.ts";
import type { CommandIo } from "../command.ts";
import { answer } from "./answer-schema.ts";
import { parseSeriesName } from "./series.ts";

const attributes = z.record(z.string(), z.json());
const series = z.record(z.string(), z.number().nullable()).superRefine((wanted, { addIssue }) => {
  for (const name of Object.keys(wanted))
    if (parseSeriesName(name) === undefined)
      addIssue({ code: "custom", path: [name], message: 'expected a series such as requests_total{code="200"}' });
});
const entries = z.record(z.string(), z.array(z.record(z.string(), z.json()))).optional();

const verdictFields = {
  allowed: z.boolean().optional(),
  rule: z.string().optional(),
  code: z.int().optional(),
  httpStatus: z.int().optional(),
  message: z.string().optional(),
  body: z.string().optional(),
  headers: z.record(z.string(), z.string().nullable()).optional(),
  shadow: z.strictObject({ rule: z.string(), allowed: z.boolean() }).nullable().optional(),
};

const json = z.record(z.string(), z.json());

const expectation = z
  .strictObject({
    ...verdictFields,
    /** The answer to a rate limit request, as far as it is named. */
    rateLimit: json.optional(),
    /** By handler: a series, and its value. */
    metrics: z.record(z.string(), series).optional(),
    /** By handler: all that it is sent, in order. */
    logs: entries,
    edges: entries,
    spans: entries,
  })
  .refine((expected) => Object.keys(expected).length > 0, "expects nothing");

const testCase = z
  .strictObject({
    name: z.string().min(1),
    attributes: attributes.optional(),
    request: json.optional(),
    rateLimit: json.optional(),
    repeat: z.int().min(1).max(100_000).default(1),
    answers: z.record(z.string(), answer).default({}),
    reports: z.array(attributes).default([]),
    expect: expectation,
  })
  .refine((each) => each.attributes === undefined || each.request === undefined, {
    path: ["request"],
    message: "a case asks about attributes or a request, not both",
  })
  .refine((each) => (each.rateLimit === undefined) === (each.expect.rateLimit === undefined), {
    path: ["expect"],
    message: "a case with rateLimit expects one, and no other does",
  })
  .refine((each) => asks(each) || !Object.keys(each.expect).some((field) => field in verdictFields), {
    path: ["expect"],
    message: "nothing is asked, so there is no verdict: expected attributes or a request",
  });

const testFile = z.strictObject({
  config: z.union([z.string(), z.array(z.string()).min(1)]),
  default: z.enum(["allow", "deny"]).default("allow"),
  cases: z.array(testCase).min(1),
});

/** What a case expects; what is not named may be anything. */
export type Expectation = z.output<typeof expectation>;

/** What a case asks and tells, and what it expects. */
export interface TestCase extends z.output<typeof testCase> {
  /** Where it begins in its file. */
  readonly line: number;
}

/** A file of cases for one configuration. */
export interface TestFile extends Omit<z.output<typeof testFile>, "config" | "cases"> {
  /** Files of the configuration, as they are to be opened. */
  readonly config: readonly string[];
  readonly cases: readonly TestCase[];
}

/** Whether a case asks for a verdict: one that only reports, or asks about limits, does not. */
export function asks({ attributes, request, rateLimit, reports }: Asking): boolean {
  return attributes !== undefined || request !== undefined || (rateLimit === undefined && reports.length === 0);
}

interface Asking {
  readonly attributes?: object | undefined;
  readonly request?: object | undefined;
  readonly rateLimit?: object | undefined;
  readonly reports: readonly object[];
}

/** Reads a file of cases; paths in it are relative to it. Throws a HubError that says what is wrong, and where. */
export function readTestFile(file: string, io: CommandIo): TestFile {
  const { value, lineOf } = parsed(file, io);
  const result = testFile.safeParse(value);
  if (!result.success) {
    const problems = result.error.issues.map(
      ({ path, message }) => `${file}:${lineOf(path)}: ${path.join(".")}: ${message}`,
    );
    throw new HubError("CONFIG_INVALID", problems.join("\n"));
  }
  const { config, cases, ...rest } = result.data;
  return {
    ...rest,
    config: [config].flat().map((path) => resolve(dirname(file), path)),
    cases: cases.map((each, i) => ({ ...each, line: lineOf(["cases", i]) })),
  };
}

/** The content of a YAML file, and where a part of it stands: of one that is not there, the part that should hold it. */
function parsed(file: string, io: CommandIo) {
  const text = read(file, io);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [error] = document.errors;
  if (error !== undefined) throw new HubError("CONFIG_INVALID", `${file}: ${error.message}`);
  const lineOf = (path: readonly PropertyKey[]): number => {
    const node = path.length === 0 ? document.contents : document.getIn(path, true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
    return path.length === 0 ? 1 : lineOf(path.slice(0, -1));
  };
  return { value: document.toJS() as unknown, lineOf };
}

function read(file: string, io: CommandIo): string {
  try {
    return io.readFile(file);
  } catch (cause) {
    throw new HubError("CONFIG_UNREADABLE", `cannot read ${file}: ${errorText(cause)}`, { cause });
  }
}
