import type { LaneEvents } from "../../dispatch/lane.ts";
import type { HubTracer } from "./hub-tracer.ts";

/** Traces each attempt of handlers to deliver, but for the handler that takes the spans: they would never end. */
export function traceDeliveries(tracer: HubTracer): NonNullable<LaneEvents["attempt"]> {
  return (handler, items) => {
    if (!tracer.isOn || handler === tracer.carrier) return undefined;
    const work = tracer.start(`deliver ${handler}`, "client");
    return (
      work &&
      (({ status }) =>
        work.end(
          { "mixdown.handler": handler, "mixdown.items": items, "mixdown.outcome": status },
          status === "delivered" ? undefined : status,
        ))
    );
  };
}
