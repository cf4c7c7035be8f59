import { AccessLogService } from "../../../schemas/gen/envoy/service/accesslog/v3/als_pb.js";

/** The service's descriptor, for reflection and health. */
export const accessLogService = AccessLogService;

/** Full name of its one method. */
export const streamAccessLogs = `/${AccessLogService.typeName}/${AccessLogService.method.streamAccessLogs.name}`;
