import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import type { TestApi } from "./api.fixture.ts";

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly schema: object; readonly required?: boolean }[];
  readonly responses: Readonly<Record<string, { readonly content: Readonly<Record<string, { schema: object }>> }>>;
}

/** An OpenAPI document, as far as tests look at it. */
export interface OpenApi {
  readonly openapi: string;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
  readonly paths: Readonly<Record<string, { readonly get: Operation }>>;
}

/** The document that an API gives of itself, and a check of answers against it. */
export async function readOpenApi(api: TestApi) {
  const document = (await api.ask("/openapi.json")).json<OpenApi>();
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true });
  ajv.addKeyword("components");
  const { components } = document;
  const validators = new Map<string, ValidateFunction>();
  const validatorFor = (path: string, status: number) => {
    const schema = document.paths[path]?.get.responses[status]?.content["application/json"]?.schema;
    if (schema === undefined) throw new Error(`${path} documents no JSON for ${status}`);
    const key = `${status} ${path}`;
    const known = validators.get(key) ?? ajv.compile({ ...schema, components });
    validators.set(key, known);
    return known;
  };
  return {
    document,
    /** What is wrong with an answer of a path, by its documentation. */
    faults(path: string, status: number, body: unknown): unknown {
      const validate = validatorFor(path, status);
      return validate(body) ? [] : validate.errors;
    },
  };
}
