import type { Denial } from "../../../schemas/model/verdict.ts";

const FORBIDDEN = 403;
const PERMISSION_DENIED = 7;

/** A denial that no proxy can take for anything else, whatever a checker made up: gRPC code 0 would allow, and statuses beyond HTTP's are a failure. */
export function refusalOf({ status, code, ...rest }: Denial): Denial {
  return {
    ...rest,
    status: Number.isInteger(status) && status >= 200 && status <= 599 ? status : FORBIDDEN,
    code: Number.isInteger(code) && code > 0 ? code : PERMISSION_DENIED,
  };
}
