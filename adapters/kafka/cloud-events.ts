import { formatTimestamp } from "../../schemas/model/time-text.ts";
import type { KafkaConfig } from "./config.ts";
import { type Format, type Sendable, timeOf } from "./content.ts";
import { toJsonObject } from "./json.ts";

const structuredType = "application/cloudevents+json; charset=UTF-8";

/** CloudEvents 1.0 in Kafka, binary or structured. The data is the same object as with format: json. */
export function cloudEvents({ mode, source, type }: KafkaConfig["cloudEvents"]): Format {
  return (instance, id, key) => {
    const attributes = {
      specversion: "1.0",
      id,
      source,
      type: type ?? `mixdown.${instance.template}`,
      ...timeAttribute(instance),
      subject: instance.instance,
      ...(key === undefined ? {} : { partitionkey: key }),
    };
    const data = toJsonObject(instance);
    return mode === "structured" ? structured(attributes, data) : binary(attributes, data);
  };
}

type Attributes = Readonly<Record<string, string>>;

/** https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md, section 3.2 */
function binary(attributes: Attributes, data: object) {
  const headers: Record<string, string> = { "content-type": "application/json" };
  for (const [name, value] of Object.entries(attributes)) headers[`ce_${name}`] = value;
  return { headers, value: Buffer.from(JSON.stringify(data)) };
}

function structured(attributes: Attributes, data: object) {
  const event = { ...attributes, datacontenttype: "application/json", data };
  return { headers: { "content-type": structuredType }, value: Buffer.from(JSON.stringify(event)) };
}

function timeAttribute(instance: Sendable): Attributes {
  const time = timeOf(instance);
  return time === undefined ? {} : { time: formatTimestamp(time) };
}
