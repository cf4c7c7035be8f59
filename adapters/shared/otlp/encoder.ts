import type { InstanceDeclaration } from "../../../schemas/model/instance.ts";
import type { AttributeTypes } from "./attributes.ts";
import { ByteWriter } from "./byte-writer.ts";
import { type ResourceAttributes, writeEnvelope } from "./envelope.ts";

/** Turns instances into the body of an OTLP export request, which reads the same as LogsData and TracesData. */
export interface Encoder<T> {
  encode(batch: readonly T[]): Uint8Array<ArrayBuffer>;
  /** Bytes that an instance adds to a request, without its share of the resource. */
  sizeOf(instance: T): number;
}

/** How a signal is written. */
export interface EncoderOptions<T> {
  /** Attributes of every resource; a `service.name` among them counts for all. */
  readonly resource: ResourceAttributes;
  /** `service.name` of the resource that an instance belongs to. */
  serviceOf(instance: T): string;
  /** Writes one item as a field of its scope. */
  write(writer: ByteWriter, instance: T): void;
}

/** Makes an encoder that groups a batch by service and keeps the order within each. */
export function createEncoder<T>({ resource, serviceOf, write }: EncoderOptions<T>): Encoder<T> {
  const writer = new ByteWriter();
  return {
    encode(batch) {
      writer.reset();
      for (const [service, instances] of Map.groupBy(batch, serviceOf)) {
        writeEnvelope(writer, { "service.name": service, ...resource }, () => {
          for (const instance of instances) write(writer, instance);
        });
      }
      return writer.toBytes();
    },
    sizeOf(instance) {
      write(writer.reset(), instance);
      return writer.length;
    },
  };
}

/** The types of logged variables and of span attributes, by instance. */
export function typesOf(instances: readonly InstanceDeclaration[]): ReadonlyMap<string, AttributeTypes> {
  return new Map(instances.map((declared) => [declared.name, attributeTypes(declared)]));
}

function attributeTypes(declared: InstanceDeclaration): AttributeTypes {
  if (declared.template === "logentry") return declared.variables;
  return declared.template === "tracespan" ? declared.attributes : {};
}
