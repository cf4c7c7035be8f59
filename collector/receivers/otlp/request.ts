import type { ConvertedRequest } from "../../decode/otlp-json.ts";

/** The bytes of a request, and what was already refused of it when they were made of JSON. */
export type OtlpRequest = Pick<ConvertedRequest, "bytes"> & Partial<ConvertedRequest>;
