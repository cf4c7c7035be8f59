import type { Meaning } from "../shared/http.ts";

/** Statuses that no repetition can help: malformed, key missing or wrong, wrong path or method, and headers or types that stay the same. */
const final = [400, 401, 403, 404, 405, 409, 410, 411, 414, 415, 431];

/** What New Relic's statuses mean: 413 is too large, the final ones are rejected, and anything else beyond 2xx is worth another attempt. */
export const statuses: Readonly<Record<number, Meaning>> = Object.fromEntries(
  Array.from({ length: 300 }, (_, i) => 300 + i).map((status) => [
    status,
    status === 413 ? "too_large" : final.includes(status) ? "rejected" : "retry",
  ]),
);
