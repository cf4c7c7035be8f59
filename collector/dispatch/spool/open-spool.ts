import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { AckFile, readAck } from "./ack-file.ts";
import { headerBytes, maxPayloadBytes } from "./frame.ts";
import { LogReader } from "./log-reader.ts";
import { LogWriter } from "./log-writer.ts";
import { Progress } from "./progress.ts";
import { Quarantine } from "./quarantine.ts";
import { recoverLog } from "./recover-log.ts";
import type { SegmentFilesOptions } from "./segment-files.ts";
import { SegmentList, segmentName } from "./segment-list.ts";
import type { Spool, SpoolOptions, SpoolRecord, SpoolState, SpoolTrouble } from "./spool.ts";

/** Most bytes that wait for a slow disk; more is refused. */
const maxUnwrittenBytes = 67_108_864;

interface Disk {
  readonly openFile?: SegmentFilesOptions["openFile"];
}

/** Opens a log where it was left: reads its newest file, cuts off what a killed process left half-written. Rejects only if the folder cannot be used. */
export async function openSpool(options: SpoolOptions, { openFile }: Disk = {}): Promise<Spool> {
  const { directory, config, events, now } = options;
  await mkdir(directory, { recursive: true, mode: 0o750 });
  const quarantine = new Quarantine(directory, now);
  const ackPath = join(directory, "ack");
  const recovered = await recoverLog({
    directory,
    used: readAck(ackPath) ?? 0,
    quarantine,
    events: {
      torn: (bytes) => events.torn(bytes),
      quarantined(records, bytes, file) {
        events.quarantined(records, bytes, file);
        events.passedOver(records);
      },
    },
  });
  const ack = new AckFile(ackPath);
  const segments = new SegmentList(recovered.segments);
  const segmentBytes = Math.min(config.segmentBytes, Math.floor(config.maxBytes / 4));
  const progress = new Progress(ack.isKnown ? ack.position : (segments.oldest?.first ?? recovered.next) - 1);
  let told: SpoolTrouble | undefined;
  /** Bytes of the record that was refused because the log is full. */
  let refusedBytes = 0;
  let callbacks: (() => void)[] = [];
  let reading: Promise<unknown> = Promise.resolve();
  let reclaiming: Promise<void> | undefined;

  const writer = new LogWriter({
    directory,
    segments,
    ...(openFile === undefined ? {} : { openFile }),
    config: { ...config, segmentBytes },
    next: recovered.next,
    continues: recovered.continues,
    now,
    events: {
      written() {
        relieve();
        if (reader.position < writer.end) for (const callback of callbacks.splice(0)) callback();
      },
      trouble: (_, detail) => tell(detail),
      lost: (records, detail) => events.lost(records, detail),
    },
  });
  const reader = new LogReader({
    directory,
    segments,
    quarantine,
    from: progress.acked + 1,
    isWhole: true,
    end: () => writer.end,
    onGap(from, to) {
      events.passedOver(to - from);
      if (progress.setAside(from, to)) keepAck();
    },
    quarantined: (records, bytes, file) => events.quarantined(records, bytes, file),
    onUnreadable(segment) {
      if (segment === segments.newest) writer.seal();
    },
  });

  function tell(detail: string): void {
    const trouble = writer.trouble ?? (refusedBytes > 0 ? "spool_full" : undefined);
    if (trouble === told) return;
    told = trouble;
    events.trouble(trouble, detail);
  }

  const hasRoomFor = (bytes: number): boolean =>
    segments.bytes + writer.unwrittenBytes + bytes <= config.maxBytes && writer.unwrittenBytes < maxUnwrittenBytes;

  function relieve(): void {
    if (refusedBytes === 0 || !hasRoomFor(refusedBytes)) return;
    refusedBytes = 0;
    tell("the log has room again");
  }

  function refuse(bytes: number): false {
    refusedBytes = bytes;
    tell(
      `the log holds ${segments.bytes} of at most ${config.maxBytes} bytes, ${writer.unwrittenBytes} wait for the disk`,
    );
    reclaim();
    return false;
  }

  function keepAck(): void {
    ack.write(progress.acked);
    reclaim();
  }

  /** The oldest segment, if all of it is done with. A full log gives up even the newest one. */
  function reclaimable() {
    const { oldest, newest } = segments;
    if (oldest === undefined) return undefined;
    if (oldest !== newest) return segments.after(oldest)!.first <= progress.acked + 1 ? oldest : undefined;
    const isIdle = writer.unwrittenBytes === 0 && progress.acked === writer.end - 1 && oldest.bytes > 0;
    return refusedBytes > 0 && isIdle ? oldest : undefined;
  }

  function reclaim(): void {
    if (reclaimable() === undefined) return;
    reclaiming ??= deleteDone().finally(() => {
      reclaiming = undefined;
    });
  }

  /** The position goes to disk first: files that are missing without it would look like a loss after a power cut. */
  async function deleteDone(): Promise<void> {
    if (config.fsync !== "never") await ack.sync().catch(() => {});
    for (let done = reclaimable(); done !== undefined; done = reclaimable()) {
      if (done === segments.newest) writer.seal();
      segments.remove(done);
      await rm(join(directory, segmentName(done.first)), { force: true }).catch(() => {});
    }
    relieve();
    writer.retry();
  }

  async function readNext(maxItems: number, maxBytes: number): Promise<readonly SpoolRecord[]> {
    const records = await reader.read(maxItems, maxBytes);
    const [first] = records;
    const last = records.at(-1);
    if (first === undefined || last === undefined) return records;
    progress.read(last.position, first.timeMs, last.timeMs);
    return records;
  }

  function state(): SpoolState {
    const pending = progress.pendingBefore(writer.next);
    return {
      pending,
      readable: Math.max(0, writer.end - reader.position),
      unwritten: writer.next - writer.end,
      bytes: segments.bytes,
      oldestMs: pending === 0 ? undefined : progress.oldestMs,
      trouble: told,
    };
  }

  reclaim();
  progress.unreadSinceMs = (await reader.peek())?.timeMs;

  return {
    append(payload) {
      const bytes = headerBytes + payload.length;
      if (payload.length > maxPayloadBytes || bytes > config.maxBytes) return false;
      if (!hasRoomFor(bytes)) return refuse(bytes);
      if (reader.position === writer.next) progress.unreadSinceMs = now();
      return writer.append(payload);
    },
    commit: () => writer.commit(),
    read(maxItems, maxBytes) {
      const next = reading.then(() => readNext(maxItems, maxBytes));
      reading = next.catch(() => {});
      return next;
    },
    whenReadable(callback) {
      if (reader.position < writer.end) callback();
      else callbacks.push(callback);
    },
    acknowledge(position) {
      if (progress.acknowledge(Math.min(position, writer.end - 1))) keepAck();
    },
    state,
    async close() {
      callbacks = [];
      await writer.close();
      await reading;
      await reader.close();
      await reclaiming;
      if (config.fsync !== "never") await ack.sync().catch(() => {});
      ack.close();
    },
  };
}
