import { createHash } from "node:crypto";
import { type FSWatcher, readFileSync, realpathSync, watch } from "node:fs";
import { dirname } from "node:path";

/** Where the watcher says what it cannot do. */
export interface WatchLog {
  warn(fields: object, message: string): void;
}

/** What watching goes by; tests stand in for the system. */
export interface WatchOptions {
  /** Changes that come within this time are one. */
  readonly debounceMs?: number;
  /** The files are compared this often even without an event: mounts and networks do not always send one. */
  readonly pollMs?: number;
  readonly system?: WatchSystem;
}

/** The file system as the watcher sees it. */
export interface WatchSystem {
  /** Throws if the file cannot be read. */
  readFile(path: string): Uint8Array | string;
  /** The path behind symbolic links; throws if there is none. */
  realPath(path: string): string;
  /** Calls back on any change in a folder; throws if it cannot be watched. */
  watchFolder(folder: string, onEvent: () => void, onError: (error: Error) => void): { close(): void };
}

/** A running watch. */
export interface ConfigWatch {
  /** Looks again which files there are to watch: what they hold now is no change. */
  follow(): void;
  close(): void;
}

/**
 * Calls back when the content of any file has changed; which files these are may change, too. Folders are watched, not files, so that editors that rename and
 * Kubernetes, which swaps a link beside the files, are seen; content is compared, so that touching a file does nothing.
 */
export function watchConfig(
  files: () => readonly string[],
  onChange: () => void,
  log: WatchLog,
  { debounceMs = 200, pollMs = 10_000, system = realSystem }: WatchOptions = {},
): ConfigWatch {
  const folders = new Map<string, { close(): void }>();
  let content = digests(files(), system);
  const warned = new Set<string>();
  let pending: NodeJS.Timeout | undefined;

  function compare(): void {
    pending = undefined;
    watchFolders();
    const before = content;
    content = digests(files(), system);
    if ([...content].some(([file, digest]) => before.has(file) && before.get(file) !== digest)) onChange();
  }

  function soon(): void {
    clearTimeout(pending);
    pending = setTimeout(compare, debounceMs);
  }

  function watchFolders(): void {
    const wanted = new Set(files().flatMap((file) => foldersOf(file, system)));
    for (const [folder, watcher] of folders) if (!wanted.has(folder)) drop(folder, watcher);
    for (const folder of wanted) if (!folders.has(folder)) watchOne(folder);
  }

  function watchOne(folder: string): void {
    const failed = (error: unknown) => {
      const watcher = folders.get(folder);
      if (watcher !== undefined) drop(folder, watcher);
      if (warned.has(folder)) return;
      warned.add(folder);
      log.warn(
        { folder, error: String(error) },
        "a configuration folder cannot be watched; its files are compared now and then",
      );
    };
    try {
      folders.set(folder, system.watchFolder(folder, soon, failed));
      warned.delete(folder);
    } catch (error) {
      failed(error);
    }
  }

  function drop(folder: string, watcher: { close(): void }): void {
    folders.delete(folder);
    watcher.close();
  }

  watchFolders();
  const poll = setInterval(compare, pollMs).unref();
  return {
    follow() {
      content = new Map([...digests(files(), system), ...content]);
      watchFolders();
    },
    close() {
      clearTimeout(pending);
      clearInterval(poll);
      for (const [folder, watcher] of folders) drop(folder, watcher);
    },
  };
}

/** The folder of the name, and that of the file behind it if the name is a link. */
function foldersOf(file: string, system: WatchSystem): string[] {
  try {
    return [dirname(file), dirname(system.realPath(file))];
  } catch {
    return [dirname(file)];
  }
}

function digests(files: readonly string[], system: WatchSystem): ReadonlyMap<string, string> {
  return new Map(files.map((file) => [file, digest(file, system)]));
}

function digest(file: string, system: WatchSystem): string {
  try {
    return createHash("sha256").update(system.readFile(file)).digest("hex");
  } catch {
    return "unreadable";
  }
}

const realSystem: WatchSystem = {
  readFile: (path) => readFileSync(path),
  realPath: (path) => realpathSync(path),
  watchFolder(folder, onEvent, onError) {
    const watcher: FSWatcher = watch(folder, { persistent: false }, onEvent);
    watcher.on("error", onError);
    return watcher;
  },
};
