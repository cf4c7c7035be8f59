import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { type FileHandle, open as openHandle } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { InstanceDeclaration } from "../../schemas/model/instance.ts";
import { isAggregator } from "../adapter.ts";
import { type FakeHost, fakeHost } from "../testing/fake-host.ts";
import { aLogEntry, anEdge } from "../testing/instances.ts";
import { aMetric } from "../testing/metric-instance.ts";
import { file } from "./index.ts";

const instances: InstanceDeclaration[] = [{ name: "access", template: "logentry", variables: { path: "STRING" } }];
const entry = (path: string) => aLogEntry("access", { variables: { path } });
const line = (path: string) => `{"path":"${path}"}\n`;
const never = new AbortController().signal;

let folder: string;
let path: string;
let host: FakeHost;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "file-"));
  path = join(folder, "access.log");
  host = fakeHost(instances);
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

async function open(params: object = {}) {
  const outlet = await file.open(file.config.parse({ path, ...params }), host);
  if (isAggregator(outlet)) throw new Error("opened as an aggregator");
  return {
    log: (...paths: string[]) => outlet.deliver(paths.map(entry), never),
    outlet,
    close: () => outlet.close(),
  };
}

const text = (name = "access.log") => readFileSync(join(folder, name), "utf8");
const rotated = () =>
  readdirSync(folder)
    .filter((name) => name !== "access.log")
    .sort();

describe("a log file", () => {
  it("holds a JSON object a line, of every template", async () => {
    const { outlet, close } = await open();
    expect(await outlet.deliver([entry("/1"), entry("/2")], never)).toEqual({ status: "delivered" });
    await outlet.deliver([anEdge("graph"), aMetric("requests")], never);
    await close();
    expect(text().split("\n").slice(0, 2).join("\n")).toBe('{"path":"/1"}\n{"path":"/2"}');
    expect(
      text()
        .trim()
        .split("\n")
        .slice(2)
        .map((each) => JSON.parse(each).instance),
    ).toEqual(["graph", "requests"]);
  });

  it("holds lines of text as their format says, one for each entry whatever is in it", async () => {
    const { log, close } = await open({ format: "text", line: "%SEVERITY% %path%" });
    await log("/1", "/2\n/3");
    await close();
    expect(text()).toBe("INFO /1\nINFO /2\\n/3\n");
  });

  it("tells what an instance adds to it", async () => {
    const { outlet, close } = await open();
    expect(outlet.sizeOf?.(entry("/é"))).toBe(Buffer.byteLength(line("/é")));
    await close();
  });

  it("is made with its folders, for owner and group only", async () => {
    path = join(folder, "a/b/access.log");
    const { close } = await open();
    await close();
    expect(statSync(path).mode & 0o777).toBe(0o640);
    expect(statSync(join(folder, "a")).mode & 0o007).toBe(0);
  });

  it("is gone on with where another run stopped, on a new line if that one stopped within one", async () => {
    writeFileSync(path, `${line("/1")}{"pat`);
    const { log, close } = await open();
    await log("/2");
    await log("/3");
    await close();
    expect(text()).toBe(`${line("/1")}{"pat\n${line("/2")}${line("/3")}`);
    const next = await open();
    await next.log("/4");
    await next.close();
    expect(text()).toMatch(/\/3"\}\n\{"path":"\/4"\}\n$/);
  });

  it("is begun anew when someone moved or deleted it, as logrotate does", async () => {
    const { log, close } = await open();
    await log("/1");
    renameSync(path, `${path}.1`);
    await log("/2");
    expect([text("access.log.1"), text()]).toEqual([line("/1"), line("/2")]);
    rmSync(path);
    await log("/3");
    await close();
    expect(text()).toBe(line("/3"));
  });

  it("is gone on with at its end when someone emptied it, as copytruncate does", async () => {
    const { log, close } = await open();
    await log("/1");
    truncateSync(path);
    await log("/2");
    await close();
    expect(text()).toBe(line("/2"));
  });

  it("is made safe against a power cut before a batch counts, if wanted", async () => {
    const datasync = vi.spyOn(await handlePrototype(), "datasync");
    const careless = await open();
    await careless.log("/1");
    await careless.close();
    expect(datasync).not.toHaveBeenCalled();
    const careful = await open({ fsync: true });
    await careful.log("/2");
    await careful.close();
    expect(datasync).toHaveBeenCalledOnce();
  });

  it("refuses to open what cannot be a file", async () => {
    path = folder;
    await expect(open()).rejects.toThrow("EISDIR");
  });
});

describe("a full disk", () => {
  it("is a reason to try again", async () => {
    path = "/dev/full";
    const { log, close } = await open();
    expect(await log("/1")).toEqual({ status: "retry", reason: expect.stringContaining("ENOSPC") });
    await close();
  });

  it("leaves no half line, and no line twice", async () => {
    const { log, close } = await open();
    await log("/1");
    await failAfter(5);
    expect(await log("/2", "/3")).toMatchObject({ status: "retry", reason: "ENOSPC" });
    expect(text()).toBe(line("/1"));
    expect(await log("/2", "/3")).toEqual({ status: "delivered" });
    await close();
    expect(text()).toBe([line("/1"), line("/2"), line("/3")].join(""));
  });

  it("leaves lines that others wrote alone; the next line begins on a new one", async () => {
    const { log, close } = await open();
    await failAfter(5, () => appendFileSync(path, "other"));
    expect(await log("/1")).toMatchObject({ status: "retry" });
    expect(await log("/1")).toEqual({ status: "delivered" });
    await close();
    expect(text()).toBe(`{"patother\n${line("/1")}`);
  });
});

describe("rotation", () => {
  it("begins a new file before one grows beyond its size, and keeps so many", async () => {
    const { log, close } = await open({ rotate: { maxBytes: 1024, keep: 2 } });
    const large = (name: string) => `/${name}${"x".repeat(900)}`;
    for (const name of ["a", "b", "c", "d"]) {
      await log(large(name));
      host.nowMs += 1000;
    }
    await close();
    expect(rotated()).toEqual(["access.log.20231114T221322.000Z", "access.log.20231114T221323.000Z"]);
    expect([...rotated().map(text), text()]).toEqual(["b", "c", "d"].map((name) => line(large(name))));
  });

  it("takes another name when one is taken", async () => {
    const { log, close } = await open({ rotate: { maxBytes: 1024 } });
    for (let i = 0; i < 3; i++) await log("x".repeat(1000));
    await close();
    expect(rotated()).toEqual(["access.log.20231114T221320.000Z", "access.log.20231114T221320.001Z"]);
  });

  it("begins a new file when one is too old, unless it is empty", async () => {
    const { log, close } = await open({ rotate: { maxAge: "1h" } });
    host.nowMs += 7_200_000;
    await log("/1");
    expect(rotated()).toEqual([]);
    await log("/2");
    await close();
    expect(rotated().map(text)).toEqual([line("/1")]);
    expect(text()).toBe(line("/2"));
  });

  it("packs rotated files, and those that a crash left unpacked", async () => {
    const left = `${path}.20231114T000000.000Z`;
    const twice = `${path}.20231114T000001.000Z`;
    writeFileSync(left, line("/left"));
    writeFileSync(`${left}.gz.part`, "half");
    writeFileSync(twice, line("/twice"));
    writeFileSync(`${twice}.gz`, gzipSync(line("/twice")));
    writeFileSync(`${path}.20231114`, "of someone else");
    const { log, close } = await open({ rotate: { maxBytes: 1024, compression: "gzip" } });
    await log("x".repeat(1000));
    await log("/2");
    await close();
    expect(rotated()).toEqual([
      "access.log.20231114",
      "access.log.20231114T000000.000Z.gz",
      "access.log.20231114T000001.000Z.gz",
      "access.log.20231114T221320.000Z.gz",
    ]);
    const unpacked = rotated()
      .slice(1)
      .map((name) => gunzipSync(readFileSync(join(folder, name))).toString());
    expect(unpacked).toEqual([line("/left"), line("/twice"), line("x".repeat(1000))]);
    expect(statSync(join(folder, rotated()[3]!)).mode & 0o777).toBe(0o640);
  });

  it("leaves the file to others if told so", async () => {
    writeFileSync(path, "");
    truncateSync(path, 200_000_000);
    const { log, close } = await open({ rotate: false });
    await log("/1");
    await close();
    expect(rotated()).toEqual([]);
    const rotating = await open();
    await rotating.log("/2");
    await rotating.close();
    expect(rotated()).toHaveLength(1);
  });

  it("that fails loses nothing: lines go on in the old file, and it says so once", async () => {
    path = join(folder, `${"n".repeat(250)}`);
    const { log, close } = await open({ rotate: { maxBytes: 1024 } });
    for (let i = 0; i < 3; i++) expect(await log("x".repeat(1000))).toEqual({ status: "delivered" });
    await close();
    expect(readFileSync(path, "utf8").trim().split("\n")).toHaveLength(3);
    expect(host.logged).toMatchObject([{ level: "warn", fields: { error: expect.stringContaining("ENAMETOOLONG") } }]);
  });
});

describe("settings", () => {
  it("are checked: the format, and permissions", () => {
    const settings = file.config.parse({ path, format: "text", line: "%pth%" });
    expect(file.validate?.(settings, instances)).toMatchObject([{ path: ["line"] }]);
    expect(file.validate?.(file.config.parse({ path, line: "%pth%" }), instances)).toEqual([]);
    expect(file.config.safeParse({ path, mode: "rw-r" }).success).toBe(false);
    expect(file.config.safeParse({ path, rotate: { maxAge: "soon" } }).success).toBe(false);
  });
});

async function handlePrototype(): Promise<FileHandle> {
  const handle = await openHandle("/dev/null");
  await handle.close();
  return Object.getPrototypeOf(handle);
}

/** Has the next write end after so many bytes, and the one after it fail as on a full disk. */
async function failAfter(bytes: number, meanwhile = () => {}): Promise<void> {
  const prototype = await handlePrototype();
  const write = prototype.write as (this: FileHandle, ...rest: unknown[]) => Promise<{ bytesWritten: number }>;
  vi.spyOn(prototype, "write")
    .mockImplementationOnce(function (this: FileHandle, buffer: unknown) {
      return write.call(this, buffer, 0, bytes) as never;
    } as never)
    .mockImplementationOnce((async () => {
      meanwhile();
      throw new Error("ENOSPC");
    }) as never);
}
