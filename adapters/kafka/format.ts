import type { Host } from "../adapter.ts";
import { cloudEvents } from "./cloud-events.ts";
import type { KafkaConfig } from "./config.ts";
import { type Format, idHeader } from "./content.ts";
import { toJsonObject } from "./json.ts";
import { otlp } from "./otlp.ts";

/** The format that the settings say. */
export function createFormat(settings: KafkaConfig, host: Pick<Host, "instances" | "now">): Format {
  switch (settings.format) {
    case "json":
      return (instance, id) => ({
        value: Buffer.from(JSON.stringify(toJsonObject(instance))),
        headers: { [idHeader]: id },
      });
    case "cloudevents":
      return cloudEvents(settings.cloudEvents);
    case "otlp":
      return otlp(settings.resource, host);
  }
}
