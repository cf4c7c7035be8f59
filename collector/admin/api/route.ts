import type { z } from "zod";

/** One path that can be read: a schema checks the parameters, another documents the answer. */
export interface ApiRoute {
  /** Below /api/v1. */
  readonly path: string;
  /** One sentence. */
  readonly summary: string;
  readonly query: z.ZodObject;
  readonly answer: z.ZodType;
  /** Whether `format=table` gives text. */
  readonly hasTable: boolean;
  /** Reads the answer for parameters as they came, decoded. Throws ApiError. */
  read(parameters: unknown): Promise<ApiAnswer>;
}

/** An answer, and the same as text for a terminal where that was asked for. */
export interface ApiAnswer {
  readonly value: object;
  readonly table?: string;
}
