import type { FastifyDynamicSwaggerOptions } from "@fastify/swagger";
import { z } from "zod";
import { apiErrors } from "./api-error.ts";
import type { ApiRoute } from "./route.ts";

type JsonSchema = Readonly<Record<string, unknown>>;

const errorBody = z
  .strictObject({
    error: z.strictObject({
      code: z.string().describe("For programs."),
      message: z.string().describe("For people."),
      details: z.array(
        z.strictObject({
          parameter: z.string(),
          message: z.string(),
          allowed: z.array(z.string()).optional(),
          suggestion: z.string().optional().describe("The nearest right name."),
          line: z.int().optional().describe("Where in the parameter's text, from 1."),
          column: z.int().optional().describe("Where in the line, from 1."),
        }),
      ),
    }),
  })
  .meta({ id: "Error", description: "Why there is no answer." });

/** Settings of the plug-in that gathers the routes into one OpenAPI 3.1 document. */
export function openApiOptions(routes: readonly ApiRoute[]): FastifyDynamicSwaggerOptions {
  const schemas: Record<string, unknown> = {};
  const documents = new Map(routes.map((route) => [`${apiRoot}${route.path}`, describeRoute(route, schemas)]));
  return {
    openapi: {
      openapi: "3.1.0",
      info: { title: "Mixdown", version: "1", description: "What the hub knows, to be read." },
    },
    transform: ({ schema, url }) => ({ schema: { ...schema, ...documents.get(url) }, url }),
    transformObject: (found) => {
      const sorted = Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1));
      const document = "openapiObject" in found ? found.openapiObject : found.swaggerObject;
      return Object.assign(document, { components: { schemas: Object.fromEntries(sorted) } });
    },
  };
}

/** Where all routes of the API are. */
export const apiRoot = "/api/v1";

/** What the plug-in needs of a route; schemas with names go to `named`. */
function describeRoute({ path, summary, query, answer, hasTable }: ApiRoute, named: Record<string, unknown>) {
  const text = { "text/plain": { schema: { type: "string" } } };
  const json = (schema: z.ZodType) => ({ "application/json": { schema: refer(schema, named) } });
  const failed = (status: number, description: string) => [status, { description, content: json(errorBody) }] as const;
  return {
    summary,
    operationId: path.split(/\W+/).filter(Boolean).join("_"),
    querystring: describeQuery(query),
    response: Object.fromEntries([
      [200, { description: "The answer.", content: { ...json(answer), ...(hasTable ? text : {}) } }],
      ...[400, 503].map((status) => failed(status, meaningOf(status))),
    ]),
  };
}

const meaningOf = (status: number): string =>
  Object.entries(apiErrors)
    .filter(([, error]) => error.status === status)
    .map(([code, { meaning }]) => `${code}: ${meaning}`)
    .join(" ");

/** Lists go with commas between their items. */
function describeQuery(query: z.ZodObject): JsonSchema {
  const { $schema: _, ...schema } = z.toJSONSchema(query, { io: "input" });
  const properties = Object.entries(schema.properties ?? {}).map(([name, part]) => [name, withTypedDefault(part)]);
  return { ...schema, properties: Object.fromEntries(properties), style: "form", explode: false };
}

/** Defaults are written as they would stand in a URL; the schema wants them by type. */
function withTypedDefault(part: unknown): unknown {
  const { default: text, ...rest } = part as { readonly default?: unknown; readonly type?: unknown };
  if (typeof text !== "string") return part;
  const values: Readonly<Record<string, unknown>> = {
    integer: Number(text),
    boolean: text === "true",
    array: text.split(","),
  };
  return { ...rest, default: values[String(rest.type)] ?? text };
}

/** The JSON Schema of an answer, whose named parts become components. */
function refer(schema: z.ZodType, named: Record<string, unknown>): unknown {
  const { $schema: _, $defs = {}, ...rest } = moveRefs(z.toJSONSchema(schema)) as Record<string, unknown>;
  Object.assign(named, $defs);
  return rest;
}

function moveRefs(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(moveRefs);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) =>
      key === "$ref" ? [key, String(part).replace("#/$defs/", "#/components/schemas/")] : [key, moveRefs(part)],
    ),
  );
}
