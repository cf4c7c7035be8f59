import type { PlainValue } from "../../../schemas/model/instance.ts";
import { writeAttributes } from "./attributes.ts";
import type { ByteWriter } from "./byte-writer.ts";

/** What telemetry is about: attributes of a resource by name. */
export type ResourceAttributes = Readonly<Record<string, PlainValue>>;

/** The scope of everything that the hub makes. */
const scopeName = "mixdown";

/**
 * The frame that all signals share, as the first field of their requests: Resource<signal> { resource = 1 { attributes = 1 },
 * scope_<signal> = 2 { scope = 1 { name = 1 }, <items> = 2 } }. `items` writes the items, each as field 2.
 */
export function writeEnvelope(writer: ByteWriter, resource: ResourceAttributes, items: () => void): void {
  const envelope = writer.begin(1);
  const attributes = writer.begin(1);
  writeAttributes(writer, 1, resource);
  writer.end(attributes);
  const scoped = writer.begin(2);
  const scope = writer.begin(1);
  writer.text(1, scopeName);
  writer.end(scope);
  items();
  writer.end(scoped);
  writer.end(envelope);
}
