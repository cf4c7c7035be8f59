import type { WorkTracer } from "../../../schemas/model/traced-work.ts";
import type { Lane } from "../../dispatch/lane.ts";

/** How the hub's own work is traced. */
export interface TracingSettings {
  /** The handler that takes the spans. */
  readonly handler: string;
  readonly sample: number;
}

/** Traces the hub's own work as the running configuration says: for a hub's life, over all configurations there are. */
export interface HubTracer extends WorkTracer {
  /** The handler that takes the spans, whose own work is not traced. */
  readonly carrier: string | undefined;
  /** Makes ready for settings; what it returns puts them in force, with the lanes that go with them. */
  prepare(settings: TracingSettings | null): Promise<(lanes: ReadonlyMap<string, Pick<Lane, "offer">>) => void>;
}

/** The clocks of a tracer. */
export interface TracerClocks {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds of a clock that never goes back. */
  steady(): number;
}

/** A tracer that is off at first. OpenTelemetry's SDK is loaded when it is first turned on. */
export function createHubTracer(clocks: TracerClocks): HubTracer {
  let tracer: Pick<WorkTracer, "start"> | undefined;
  let carrier: string | undefined;
  return {
    get isOn() {
      return tracer !== undefined;
    },
    get carrier() {
      return carrier;
    },
    start: (name, kind, caller) => tracer?.start(name, kind, caller),
    async prepare(settings) {
      const sdk = settings === null ? undefined : await import("./sdk-tracer.ts");
      return (lanes) => {
        const lane = settings === null ? undefined : lanes.get(settings.handler);
        carrier = settings?.handler;
        tracer =
          lane && sdk && settings
            ? sdk.createSdkTracer({ ...clocks, sample: settings.sample, offer: (span) => lane.offer(span) })
            : undefined;
      };
    },
  };
}
