import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { watchConfig } from "./watch.ts";

const log = { warn: () => {} };

describe("watching, with a clock and files of the test", () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  function setUp() {
    const files = new Map([["/etc/m/a.yaml", "one"]]);
    const links = new Map<string, string>();
    const folders = new Map<string, { event: () => void; fail: (error: Error) => void }>();
    const warnings: string[] = [];
    const watched = [...files.keys()];
    let changes = 0;
    const watch = watchConfig(
      () => watched,
      () => changes++,
      { warn: (_, message) => warnings.push(message) },
      {
        debounceMs: 100,
        pollMs: 5000,
        system: {
          readFile: (path) => {
            const text = files.get(links.get(path) ?? path);
            if (text === undefined) throw new Error("gone");
            return text;
          },
          realPath: (path) => links.get(path) ?? path,
          watchFolder: (folder, event, fail) => {
            if (folder === "/gone") throw new Error("no such folder");
            folders.set(folder, { event, fail });
            return { close: () => folders.delete(folder) };
          },
        },
      },
    );
    return { files, links, folders, warnings, watched, watch, changes: () => changes };
  }

  it("tells of a change once, after it has settled", () => {
    const { files, folders, changes } = setUp();
    files.set("/etc/m/a.yaml", "two");
    folders.get("/etc/m")?.event();
    vi.advanceTimersByTime(60);
    folders.get("/etc/m")?.event();
    vi.advanceTimersByTime(60);
    expect(changes()).toBe(0);
    vi.advanceTimersByTime(60);
    expect(changes()).toBe(1);
    vi.advanceTimersByTime(60_000);
    expect(changes()).toBe(1);
  });

  it("does nothing when a file is only touched", () => {
    const { folders, changes } = setUp();
    folders.get("/etc/m")?.event();
    vi.advanceTimersByTime(1000);
    expect(changes()).toBe(0);
  });

  it("sees a change without an event at the next comparison", () => {
    const { files, changes } = setUp();
    files.set("/etc/m/a.yaml", "two");
    vi.advanceTimersByTime(5000);
    expect(changes()).toBe(1);
  });

  it("tells that a file is gone, and that it is back", () => {
    const { files, changes } = setUp();
    files.delete("/etc/m/a.yaml");
    vi.advanceTimersByTime(5000);
    files.set("/etc/m/a.yaml", "one");
    vi.advanceTimersByTime(5000);
    expect(changes()).toBe(2);
  });

  it("follows links to other folders as they move", () => {
    const { links, files, folders } = setUp();
    files.set("/data/1/a.yaml", "two");
    links.set("/etc/m/a.yaml", "/data/1/a.yaml");
    vi.advanceTimersByTime(5000);
    expect([...folders.keys()]).toEqual(["/etc/m", "/data/1"]);
    links.delete("/etc/m/a.yaml");
    vi.advanceTimersByTime(5000);
    expect([...folders.keys()]).toEqual(["/etc/m"]);
  });

  it("says so when a folder cannot be watched, and tries again", () => {
    const { folders, warnings } = setUp();
    folders.get("/etc/m")?.fail(new Error("no watches left"));
    expect(warnings).toHaveLength(1);
    expect(folders.size).toBe(0);
    vi.advanceTimersByTime(5000);
    expect(folders.size).toBe(1);
  });

  it("follows files that come to be watched: what they held then is no change, what they hold later is", () => {
    const { files, folders, watched, watch, changes } = setUp();
    files.set("/plugins/a.ts", "one");
    watched.push("/plugins/a.ts");
    watch.follow();
    expect([...folders.keys()]).toEqual(["/etc/m", "/plugins"]);
    folders.get("/plugins")?.event();
    vi.advanceTimersByTime(1000);
    expect(changes()).toBe(0);
    files.set("/plugins/a.ts", "two");
    folders.get("/plugins")?.event();
    vi.advanceTimersByTime(1000);
    expect(changes()).toBe(1);
  });

  it("does not take a change for known when it looks for other files", () => {
    const { files, watch, changes } = setUp();
    files.set("/etc/m/a.yaml", "two");
    watch.follow();
    vi.advanceTimersByTime(5000);
    expect(changes()).toBe(1);
  });

  it("warns once of a folder that is not there", () => {
    const { watched, warnings } = setUp();
    watched.push("/gone/a.ts");
    vi.advanceTimersByTime(60_000);
    expect(warnings).toHaveLength(1);
  });

  it("ends", () => {
    const { files, folders, watch, changes } = setUp();
    watch.close();
    files.set("/etc/m/a.yaml", "two");
    vi.advanceTimersByTime(60_000);
    expect([folders.size, changes()]).toEqual([0, 0]);
  });
});

describe("watching real folders", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "mixdown-watch-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const changed = (file: string, change: () => void) =>
    new Promise<void>((resolve) => {
      const watch = watchConfig(
        () => [file],
        () => {
          watch.close();
          resolve();
        },
        log,
        { debounceMs: 5, pollMs: 3_600_000 },
      );
      change();
    });

  it("sees a file written in place", async () => {
    const file = join(folder, "a.yaml");
    writeFileSync(file, "one");
    await changed(file, () => writeFileSync(file, "two"));
  });

  it("sees a file renamed over the old one", async () => {
    const file = join(folder, "a.yaml");
    writeFileSync(file, "one");
    writeFileSync(join(folder, ".a.swp"), "two");
    await changed(file, () => renameSync(join(folder, ".a.swp"), file));
  });

  it("sees the link that Kubernetes swaps", async () => {
    for (const version of ["1", "2"]) {
      mkdirSync(join(folder, version));
      writeFileSync(join(folder, version, "a.yaml"), version);
    }
    symlinkSync("1", join(folder, "..data"));
    symlinkSync(join("..data", "a.yaml"), join(folder, "a.yaml"));
    await changed(join(folder, "a.yaml"), () => {
      symlinkSync("2", join(folder, "..next"));
      renameSync(join(folder, "..next"), join(folder, "..data"));
    });
  });
});
