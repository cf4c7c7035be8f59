import { type FSWatcher, watch } from "node:fs";
import { dirname } from "node:path";

const settleMs = 100;
const pollMs = 60_000;

/**
 * Calls `changed` a moment after anything happens in the folders of the files, and once a minute in case a change was
 * not seen. Folders, not files: Kubernetes swaps a symlink beside them. Gives the function that ends it.
 */
export function watchFolders(files: readonly string[], changed: () => void): () => void {
  let settle: NodeJS.Timeout | undefined;
  const soon = () => {
    clearTimeout(settle);
    settle = setTimeout(changed, settleMs);
    settle.unref();
  };
  const watchers = [...new Set(files.map((file) => dirname(file)))].flatMap((folder) => watchFolder(folder, soon));
  const poll = setInterval(changed, pollMs);
  poll.unref();
  return () => {
    clearTimeout(settle);
    clearInterval(poll);
    for (const watcher of watchers) watcher.close();
  };
}

/** Where folders cannot be watched, polling has to do. */
function watchFolder(folder: string, changed: () => void): FSWatcher[] {
  try {
    const watcher = watch(folder, { persistent: false }, changed);
    watcher.on("error", () => watcher.close());
    return [watcher];
  } catch {
    return [];
  }
}
