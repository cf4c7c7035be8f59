import { createReadStream, createWriteStream } from "node:fs";
import { access, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { RotateConfig } from "./config.ts";

/** Added to the file's name: when it was rotated, `20261128T123005.123Z`; while and after it is packed, more. */
const rotatedName = /^\.(\d{8}T\d{6}\.\d{3}Z)(\.gz|\.gz\.part)?$/;

/** Renames the file out of the way and gives the new name. Names of one millisecond are told apart by taking the next. */
export async function moveAway(path: string, nowMs: number): Promise<string> {
  for (let at = Math.floor(nowMs); ; at++) {
    const target = `${path}.${new Date(at).toISOString().replace(/[-:]/g, "")}`;
    if ((await isThere(target)) || (await isThere(`${target}.gz`))) continue;
    await rename(path, target);
    return target;
  }
}

/** Deletes what is left of packing that was cut short, and rotated files beyond those to keep; packs the rest if wanted. */
export async function tidy(path: string, { keep, compression }: RotateConfig, mode: number): Promise<void> {
  const files = await rotatedFiles(path);
  const stamps = [...new Set(files.map(({ stamp }) => stamp))].sort();
  const old = new Set(stamps.slice(0, Math.max(0, stamps.length - keep)));
  for (const { file, stamp, suffix } of files) {
    if (old.has(stamp) || suffix === ".gz.part") await rm(file, { force: true });
    else if (suffix === "" && compression === "gzip") await pack(file, mode);
  }
}

interface RotatedFile {
  readonly file: string;
  readonly stamp: string;
  readonly suffix: string;
}

async function rotatedFiles(path: string): Promise<readonly RotatedFile[]> {
  const folder = dirname(path);
  const name = basename(path);
  const names = await readdir(folder);
  return names.flatMap((each) => {
    const [, stamp, suffix = ""] = each.startsWith(name) ? (rotatedName.exec(each.slice(name.length)) ?? []) : [];
    return stamp === undefined ? [] : [{ file: join(folder, each), stamp, suffix }];
  });
}

/** The packed file has its name only once it is whole. */
async function pack(file: string, mode: number): Promise<void> {
  const part = `${file}.gz.part`;
  await pipeline(createReadStream(file), createGzip(), createWriteStream(part, { mode }));
  await rename(part, `${file}.gz`);
  await rm(file);
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
