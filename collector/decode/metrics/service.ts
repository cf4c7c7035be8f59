import { MetricsService } from "../../../schemas/gen/envoy/service/metrics/v3/metrics_service_pb.js";

/** The service's descriptor, for reflection and health. */
export const metricsService = MetricsService;

/** Full name of its one method. */
export const streamMetrics = `/${MetricsService.typeName}/${MetricsService.method.streamMetrics.name}`;
