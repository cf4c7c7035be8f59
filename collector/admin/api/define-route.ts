import { z } from "zod";
import { ApiError } from "./api-error.ts";
import { toProblems } from "./parameter.ts";
import type { ApiAnswer, ApiRoute } from "./route.ts";

interface Definition<Query extends z.ZodRawShape, Answer extends object> {
  readonly path: string;
  readonly summary: string;
  readonly query: Query;
  readonly answer: z.ZodType<Answer>;
  read(parameters: z.output<z.ZodObject<Query, z.core.$strict>>): Promise<Answer> | Answer;
  readonly table?: (answer: Answer) => string;
}

/** Declares a path; `table` gives the answer as text where the parameter `format` says so. */
export function defineRoute<Query extends z.ZodRawShape, Answer extends object>({
  path,
  summary,
  query,
  answer,
  read,
  table,
}: Definition<Query, Answer>): ApiRoute {
  const schema = z.strictObject(query);
  return {
    path,
    summary,
    query: schema,
    answer,
    hasTable: table !== undefined,
    async read(parameters): Promise<ApiAnswer> {
      const checked = parse(schema, parameters);
      const value = await read(checked);
      const wantsTable = "format" in checked && checked.format === "table";
      return table !== undefined && wantsTable ? { value, table: table(value) } : { value };
    },
  };
}

/** Problems told of at once. */
const maxProblems = 20;

function parse<Shape extends z.ZodRawShape>(schema: z.ZodObject<Shape, z.core.$strict>, parameters: unknown) {
  const given = Object.entries(parameters ?? {}).filter(([, value]) => value !== "");
  const result = schema.safeParse(Object.fromEntries(given), { reportInput: true });
  if (result.success) return result.data;
  const problems = toProblems(result.error, Object.keys(schema.shape).sort()).slice(0, maxProblems);
  throw invalid(problems);
}

/** The error for wrong parameters. */
export function invalid(problems: ApiError["details"]): ApiError {
  const message = problems
    .map(({ parameter, message }) => (parameter ? `${parameter}: ${message}` : message))
    .join("; ");
  return new ApiError("INVALID_PARAMETER", message, problems);
}
