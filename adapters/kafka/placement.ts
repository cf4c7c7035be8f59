import { leaderNotAvailable, unknownTopic } from "./error-codes.ts";
import { murmur2, partitionOf } from "./murmur2.ts";
import { type OutgoingRecord, PartitionQueue } from "./partition-queue.ts";
import type { PartitionMetadata, TopicMetadata } from "./wire.ts";

/** Records that cannot be sent now, all for the same reason. */
export interface Unplaced {
  readonly records: readonly OutgoingRecord[];
  readonly topic: string;
  readonly code: number;
}

/** Where the records of a batch go. */
export interface Placement {
  readonly queues: readonly PartitionQueue[];
  readonly unplaced: readonly Unplaced[];
}

/** Finds the partition of each record; those of a partition stay in order. */
export function place(
  records: readonly OutgoingRecord[],
  topics: ReadonlyMap<string, TopicMetadata>,
  maxBytes: number,
): Placement {
  const queues: PartitionQueue[] = [];
  const unplaced: Unplaced[] = [];
  for (const [topic, own] of Map.groupBy(records, (record) => record.topic)) {
    const { code, partitions } = topics.get(topic) ?? { code: unknownTopic, partitions: [] };
    if (code !== 0 || partitions.length === 0) {
      unplaced.push({ records: own, topic, code: code === 0 ? leaderNotAvailable : code });
      continue;
    }
    const chosen = chooser(partitions, own);
    for (const [{ partition, leader }, mine] of Map.groupBy(own, chosen)) {
      if (leader < 0) unplaced.push({ records: mine, topic, code: leaderNotAvailable });
      else queues.push(new PartitionQueue({ topic, partition, leader }, mine, maxBytes));
    }
  }
  return { queues, unplaced };
}

/**
 * Keys choose their partition as Java's clients do. What has no key goes to one partition per batch, which hangs on its first record:
 * sent again, it goes to the same.
 */
function chooser(partitions: readonly PartitionMetadata[], records: readonly OutgoingRecord[]) {
  const ordered = partitions.toSorted((a, b) => a.partition - b.partition);
  const led = ordered.filter(({ leader }) => leader >= 0);
  const open = led.length === 0 ? ordered : led;
  const first = records.find(({ key }) => key === null);
  const sticky = open[first === undefined ? 0 : (murmur2(Buffer.from(first.id)) & 0x7fffffff) % open.length]!;
  return ({ key }: OutgoingRecord): PartitionMetadata =>
    key === null ? sticky : ordered[partitionOf(key, ordered.length)]!;
}
