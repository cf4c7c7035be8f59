import type { Socket } from "node:net";
import { type ChannelCredentials, credentials } from "@grpc/grpc-js";
import type { TlsMaterial } from "../../tls-settings.ts";
import type { OtlpSettings } from "../settings.ts";

/** Credentials of one channel. */
export interface OwnCredentials {
  readonly credentials: ChannelCredentials;
  /** Ends connections made with them, and the calls that are under way there. */
  cut(): void;
}

/**
 * The exporter takes no options of a channel, and its calls cannot be ended; credentials are all that reaches the connection. By them it
 * goes by another name of the backend, is not shared with, or held up by, any other to the same address, and can be cut.
 */
export function createChannelCredentials(
  { endpoint }: Pick<OtlpSettings, "endpoint">,
  { ca, key, cert, serverName }: TlsMaterial,
): OwnCredentials {
  const isSecure = new URL(endpoint).protocol === "https:";
  const made = isSecure ? credentials.createSsl(ca, key ?? null, cert ?? null) : credentials.createInsecure();
  const createConnector = made._createSecureConnector.bind(made);
  const override = serverName === undefined ? {} : { "grpc.ssl_target_name_override": serverName };
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  };
  Object.assign(made, {
    _equals: (other: ChannelCredentials) => other === made,
    _createSecureConnector(...[target, options, call]: Parameters<typeof createConnector>) {
      const connector = createConnector(target, { ...options, ...override }, call);
      const connect = connector.connect.bind(connector);
      return Object.assign(connector, {
        async connect(plain: Socket) {
          keep(plain);
          const connected = await connect(plain);
          keep(connected.socket);
          return connected;
        },
      });
    },
  });
  return {
    credentials: made,
    cut() {
      for (const socket of sockets) socket.destroy();
    },
  };
}
