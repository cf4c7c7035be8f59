import { Authorization } from "../../../schemas/gen/envoy/service/auth/v3/external_auth_pb.js";

/** The service's descriptor, for reflection and health. */
export const authorizationService = Authorization;

/** Full name of its one method. */
export const checkMethod = `/${Authorization.typeName}/${Authorization.method.check.name}`;
