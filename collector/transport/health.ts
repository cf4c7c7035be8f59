import { create, toBinary } from "@bufbuild/protobuf";
import {
  HealthCheckRequestSchema,
  HealthCheckResponse_ServingStatus,
  HealthCheckResponseSchema,
} from "../../schemas/gen/grpc/health/v1/health_pb.js";
import { GrpcError, type GrpcHandler, type GrpcMethod, type GrpcMethods, type GrpcSend, grpcStatus } from "./grpc.ts";
import { unary } from "./grpc-method.ts";
import { readMessage } from "./protobuf.ts";

/** Whether a service takes calls. */
export type ServingStatus = Exclude<keyof typeof HealthCheckResponse_ServingStatus, "SERVICE_UNKNOWN">;

/** The health service and the statuses it tells. */
export interface Health {
  /** Check and Watch of grpc.health.v1. */
  readonly methods: GrpcMethods;
  /** Sets what is told of a service, by full name; the empty name is the server as a whole. Watchers hear of a change. */
  set(service: string, status: ServingStatus): void;
}

/** Makes the health service; it knows no service until `set`. */
export function createHealth(): Health {
  const statuses = new Map<string, ServingStatus>();
  const watchers = new Set<Watcher>();

  const check = unary((request) => {
    const { service } = readMessage(HealthCheckRequestSchema, request);
    const status = statuses.get(service);
    if (status === undefined) throw new GrpcError(grpcStatus.NOT_FOUND, `unknown service "${service}"`);
    return encode(status);
  });

  const watch: GrpcMethod = {
    takesOneMessage: true,
    endsOnDrain: true,
    open(_call, send) {
      const watcher = createWatcher(send, (service) => statuses.get(service) ?? "SERVICE_UNKNOWN");
      watchers.add(watcher);
      const stop = () => {
        watchers.delete(watcher);
        watcher.end();
      };
      return { message: watcher.message, end: stop, abort: stop };
    },
  };

  return {
    methods: new Map([
      ["/grpc.health.v1.Health/Check", check],
      ["/grpc.health.v1.Health/Watch", watch],
    ]),
    set(service, status) {
      statuses.set(service, status);
      for (const watcher of watchers) watcher.changed();
    },
  };
}

interface Watcher extends GrpcHandler {
  changed(): void;
}

/** Sends the status when it differs from the last one sent; a slow reader gets the newest and not all between. */
function createWatcher(
  send: GrpcSend,
  statusOf: (service: string) => keyof typeof HealthCheckResponse_ServingStatus,
): Watcher {
  const over = Promise.withResolvers<void>();
  let service: string | undefined;
  let sent: string | undefined;
  let sending = false;
  const changed = async () => {
    if (service === undefined || sending) return;
    sending = true;
    for (let status = statusOf(service); status !== sent; status = statusOf(service)) {
      sent = status;
      await send(encode(status));
    }
    sending = false;
  };
  return {
    message(request) {
      service = readMessage(HealthCheckRequestSchema, request).service;
      void changed(); // sending never fails; it stops mattering when the call is over
      return over.promise;
    },
    changed: () => void changed(),
    end: () => over.resolve(),
  };
}

function encode(status: keyof typeof HealthCheckResponse_ServingStatus): Uint8Array {
  const message = create(HealthCheckResponseSchema, { status: HealthCheckResponse_ServingStatus[status] });
  return toBinary(HealthCheckResponseSchema, message);
}
