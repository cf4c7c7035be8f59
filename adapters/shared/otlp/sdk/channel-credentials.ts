import { type ChannelCredentials, credentials } from "@grpc/grpc-js";
import type { TlsMaterial } from "../../tls-settings.ts";
import type { OtlpSettings } from "../settings.ts";

/**
 * Credentials of one connection. The exporter takes no options of a channel, and credentials are all that reaches the connection: by
 * them it goes by another name of the backend, and is not shared with, or held up by, any other to the same address.
 */
export function createChannelCredentials(
  { endpoint }: Pick<OtlpSettings, "endpoint">,
  { ca, key, cert, serverName }: TlsMaterial,
): ChannelCredentials {
  const isSecure = new URL(endpoint).protocol === "https:";
  const made = isSecure ? credentials.createSsl(ca, key ?? null, cert ?? null) : credentials.createInsecure();
  const connector = made._createSecureConnector.bind(made);
  const override = serverName === undefined ? {} : { "grpc.ssl_target_name_override": serverName };
  return Object.assign(made, {
    _equals: (other: ChannelCredentials) => other === made,
    _createSecureConnector: (...[target, options, call]: Parameters<typeof connector>) =>
      connector(target, { ...options, ...override }, call),
  });
}
