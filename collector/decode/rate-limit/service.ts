import { RateLimitService } from "../../../schemas/gen/envoy/service/ratelimit/v3/rls_pb.js";

/** The service's descriptor, for reflection and health. */
export const rateLimitService = RateLimitService;

/** Full name of its one method. */
export const shouldRateLimit = `/${RateLimitService.typeName}/${RateLimitService.method.shouldRateLimit.name}`;
