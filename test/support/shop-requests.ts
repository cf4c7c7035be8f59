import type { AttributeRecord } from "../../schemas/model/record.ts";
import { aRequest } from "./stats-record.ts";

/**
 * What servers of a small shop saw in the minute before `endMs`: 100 requests from productpage to reviews, 1 to 100 ms,
 * every tenth a 503, over three routes; and 20 from reviews to ratings, 5 ms each.
 */
export function shopRequests(endMs: number): AttributeRecord[] {
  const reviews = Array.from({ length: 100 }, (_, index) =>
    aRequest(endMs - 60_000 + index * 500, {
      "response.duration": (index + 1) * 1_000_000,
      "response.code": index % 10 === 0 ? 503 : 200,
      "route.template": `/reviews/${index % 3}`,
      "trace.id": index.toString(16).padStart(32, "0"),
      "trace.sampled": true,
      ...(index % 10 === 0 ? { "context.proxy_error_code": "UF" } : {}),
    }),
  );
  const ratings = Array.from({ length: 20 }, (_, index) =>
    aRequest(endMs - 30_000 + index * 1000, {
      "source.canonical.name": "reviews",
      "source.workload.name": "reviews-v1",
      "destination.canonical.name": "ratings",
      "destination.workload.name": "ratings-v1",
      "destination.service.name": "ratings",
      "destination.service.host": "ratings.default.svc.cluster.local",
    }),
  );
  return [...reviews, ...ratings];
}
