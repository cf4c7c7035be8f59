import type { WireBatch } from "./wire.ts";

/** A batch of a partition, encoded. */
export interface EncodedBatch extends Pick<WireBatch, "topic" | "partition"> {
  readonly bytes: Buffer;
}

/**
 * The body of a Produce request, versions 3 to 8: transactional_id:nullable_string acks:int16 timeout_ms:int32
 * [name:string [index:int32 records:bytes]].
 */
export function encodeProduceRequest(acks: number, timeoutMs: number, batches: readonly EncodedBatch[]): Buffer {
  const topics = [...Map.groupBy(batches, ({ topic }) => topic)];
  return Buffer.concat([
    int16(-1),
    int16(acks),
    int32(timeoutMs),
    int32(topics.length),
    ...topics.flatMap(([topic, own]) => {
      const name = Buffer.from(topic);
      const partitions = own.flatMap(({ partition, bytes }) => [int32(partition), int32(bytes.length), bytes]);
      return [int16(name.length), name, int32(own.length), ...partitions];
    }),
  ]);
}

function int16(number: number): Buffer {
  const bytes = Buffer.allocUnsafe(2);
  bytes.writeInt16BE(number);
  return bytes;
}

function int32(number: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(number);
  return bytes;
}
