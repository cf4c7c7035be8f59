import { dirname, resolve } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { errorText } from "../../../schemas/model/error-text.ts";
import { HubError } from "../../errors.ts";
import type { CommandIo } from "../command.ts";

const expectation = z
  .strictObject({
    allowed: z.boolean().optional(),
    rule: z.string().optional(),
    code: z.int().optional(),
    httpStatus: z.int().optional(),
    message: z.string().optional(),
    body: z.string().optional(),
    headers: z.record(z.string(), z.string().nullable()).optional(),
    shadow: z.strictObject({ rule: z.string(), allowed: z.boolean() }).nullable().optional(),
  })
  .refine((expected) => Object.keys(expected).length > 0, "expects nothing");

const testFile = z.strictObject({
  config: z.union([z.string(), z.array(z.string()).min(1)]),
  default: z.enum(["allow", "deny"]).default("allow"),
  cases: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        attributes: z.record(z.string(), z.json()).default({}),
        repeat: z.int().min(1).max(100_000).default(1),
        expect: expectation,
      }),
    )
    .min(1),
});

/** What a case expects; what is not named may be anything. */
export type Expectation = z.output<typeof expectation>;

/** A file of cases for one configuration. */
export interface TestFile extends Omit<z.output<typeof testFile>, "config"> {
  /** Files of the configuration, as they are to be opened. */
  readonly config: readonly string[];
}

/** Reads a file of cases; paths in it are relative to it. Throws a HubError that says what is wrong. */
export function readTestFile(file: string, io: CommandIo): TestFile {
  const result = testFile.safeParse(parsed(file, io));
  if (!result.success) {
    const problems = result.error.issues.map(({ path, message }) => `${file}: ${path.join(".")}: ${message}`);
    throw new HubError("CONFIG_INVALID", problems.join("\n"));
  }
  const { config, ...rest } = result.data;
  return { ...rest, config: [config].flat().map((path) => resolve(dirname(file), path)) };
}

function parsed(file: string, io: CommandIo): unknown {
  let text: string;
  try {
    text = io.readFile(file);
  } catch (cause) {
    throw new HubError("CONFIG_UNREADABLE", `cannot read ${file}: ${errorText(cause)}`, { cause });
  }
  try {
    return parse(text);
  } catch (error) {
    throw new HubError("CONFIG_INVALID", `${file}: ${errorText(error)}`);
  }
}
