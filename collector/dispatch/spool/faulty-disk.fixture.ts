import { open } from "node:fs/promises";
import type { LogFile } from "./segment-files.ts";

/** A disk that can be made to fail. */
export interface FaultyDisk {
  /** Bytes that writes still take before they fail; undefined for no end. */
  room: number | undefined;
  /** What fails beside writes. */
  fails: { sync?: boolean; open?: boolean; truncate?: boolean };
  /** Asked before each sync, which waits for the answer. */
  beforeSync: () => Promise<void> | undefined;
  openFile(path: string, flags: string): Promise<LogFile>;
}

const fault = (code: string) => Object.assign(new Error(`${code}: the test's disk`), { code });

/** The real disk, until the test says otherwise. */
export function createFaultyDisk(): FaultyDisk {
  const disk: FaultyDisk = {
    room: undefined,
    fails: {},
    beforeSync: () => undefined,
    async openFile(path, flags) {
      if (disk.fails.open) throw fault("EIO");
      const file = await open(path, flags);
      const write = async (buffer: Buffer, offset: number, length: number, position: number) => {
        const taken = disk.room === undefined ? length : Math.min(length, disk.room);
        if (disk.room !== undefined) disk.room -= taken;
        if (taken === 0 && length > 0) throw fault("ENOSPC");
        return file.write(buffer, offset, taken, position);
      };
      return {
        write: write as LogFile["write"],
        async truncate(bytes) {
          if (disk.fails.truncate) throw fault("EIO");
          await file.truncate(bytes);
        },
        async datasync() {
          await disk.beforeSync();
          if (disk.fails.sync) throw fault("EIO");
          await file.datasync();
        },
        close: () => file.close(),
      };
    },
  };
  return disk;
}
