import { z } from "zod";
import type { InstanceDeclaration } from "../../schemas/model/instance.ts";
import type { ConfigProblem } from "../adapter.ts";
import { type Flattened, toFlatObject } from "./flat-object.ts";
import { envoyFormat } from "./text-format/parse-format.ts";
import { createTextFormat, formatProblems } from "./text-format/text-format.ts";

/** A setting that holds the format of a line. */
export const lineSetting = z
  .string()
  .default(envoyFormat)
  .describe(
    "Format of a log entry's line: text with Envoy's operators (%RESPONSE_CODE%) and variables (%url.path%); Envoy's own by default.",
  );

/** Settings of adapters that write lines, to be spread into their schemas. */
export const lineSettings = {
  format: z
    .enum(["json", "text"])
    .default("json")
    .describe("json: an object a line, as the http adapter sends it; text: a line as `line` says."),
  line: lineSetting,
};

const schema = z.strictObject(lineSettings);
/** Checked settings of lines. */
export type LineSettings = z.output<typeof schema>;

/** Writes instances as lines, with their line ends. */
export function createLines({ format, line }: LineSettings): (instance: Flattened) => string {
  const write = format === "text" ? createTextFormat(line) : (each: Flattened) => JSON.stringify(toFlatObject(each));
  return (instance) => `${write(instance)}\n`;
}

/** What is wrong with the format of a line for these instances. */
export function lineProblems(line: string, instances: readonly InstanceDeclaration[]): ConfigProblem[] {
  return formatProblems(line, instances).map((message) => ({ path: ["line"], message }));
}
