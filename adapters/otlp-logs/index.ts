import { defineAdapter } from "../adapter.ts";
import { lineProblems } from "../shared/line-settings.ts";
import { openOtlpClient } from "../shared/otlp/client.ts";
import { createLogEncoder, type Logged } from "../shared/otlp/encode-logs.ts";
import { otlpLimits, otlpProblems } from "../shared/otlp/settings.ts";
import { createEntryFormat } from "../shared/text-format/text-format.ts";
import { config } from "./config.ts";

/** Exports log entries and edges as OTLP log records. */
export const otlpLogs = defineAdapter<Logged["template"], typeof config>({
  type: "otlp-logs",
  summary: "OTLP log records, over gRPC or HTTP.",
  accepts: ["logentry", "edge"],
  config,
  limits: otlpLimits,
  validate: (settings, instances) => [
    ...otlpProblems(settings),
    ...(settings.body === "text" ? lineProblems(settings.line, instances) : []),
  ],
  async open(settings, host) {
    const client = await openOtlpClient(settings, host);
    const { encode, sizeOf } = createLogEncoder({
      instances: host.instances,
      resource: settings.resource,
      serviceOf,
      now: host.now,
      ...(settings.body === "text" ? { body: createEntryFormat(settings.line) } : {}),
    });
    return {
      deliver: (batch, abort) => client.export({ telemetry: "logs", body: encode(batch), items: batch.length, abort }),
      sizeOf,
      close: async () => client.close(),
    };
  },
});

function serviceOf({ computed }: Logged): string {
  const name = computed?.serviceName;
  return name === undefined || name === "" ? "unknown_service" : String(name);
}
