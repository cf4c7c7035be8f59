import type { DescService } from "@bufbuild/protobuf";
import { Health } from "../../schemas/gen/grpc/health/v1/health_pb.js";
import { ServerReflection } from "../../schemas/gen/grpc/reflection/v1/reflection_pb.js";
import type { GrpcMethods } from "./grpc.ts";
import { createHealth } from "./health.ts";
import { createReflection, descriptorsOf } from "./reflection.ts";

/** Health and reflection, which every gRPC server offers beside its services. */
export interface StandardServices {
  readonly methods: GrpcMethods;
  /** Tells whether calls are taken; not before this is called with true. */
  setServing(serving: boolean): void;
}

/** Makes health and reflection for these services. */
export function createStandardServices(services: readonly DescService[]): StandardServices {
  const all = [...services, Health, ServerReflection];
  const names = all.map(({ typeName }) => typeName);
  const health = createHealth();
  const reflection = createReflection(descriptorsOf(all.map(({ file }) => file)), names);
  const setServing = (serving: boolean) => {
    for (const name of ["", ...names]) health.set(name, serving ? "SERVING" : "NOT_SERVING");
  };
  setServing(false);
  return { methods: new Map([...health.methods, ...reflection]), setServing };
}
