import { authorizationService, checkMethod } from "../../decode/ext-authz/service.ts";
import { defineReceiver } from "../receiver.ts";
import { checkOver } from "./grpc.ts";
import { mountChecks } from "./http.ts";

const source = "ext_authz";

/** Decides on requests that proxies ask about. */
export const extAuthz = defineReceiver({
  type: "ext-authz",
  source,
  summary: "Checks of proxies: Envoy's ext_authz v3 over gRPC and HTTP, and forward-auth of nginx, Traefik and Caddy.",
  services: [authorizationService],
  open: (host) => ({
    methods: (listener) => new Map([[checkMethod, checkOver(listener, source, host)]]),
    mount: (server, listener) => mountChecks(server, listener, source, host),
  }),
});
