import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findPeer, missingPeers, peersFolder } from "./peers.ts";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mixdown-peers-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function program(...path: string[]): string {
  const file = join(folder, ...path);
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, "");
  chmodSync(file, 0o755);
  return file;
}

test("the peers folder goes before PATH, and a named program before both", () => {
  const onPath = program("path", "envoy");
  const environment: NodeJS.ProcessEnv = { MIXDOWN_PEERS: join(folder, "cache"), PATH: join(folder, "path") };
  expect(findPeer("envoy", environment)).toBe(onPath);
  const cached = program("cache", "bin", "envoy");
  expect(findPeer("envoy", environment)).toBe(cached);
  const named = program("elsewhere", "my-envoy");
  expect(findPeer("envoy", { ...environment, MIXDOWN_ENVOY: named })).toBe(named);
});

test("a file that cannot be run is no peer", () => {
  chmodSync(program("path", "grpcurl"), 0o644);
  expect(findPeer("grpcurl", { MIXDOWN_PEERS: folder, PATH: join(folder, "path") })).toBeUndefined();
});

test("a missing peer is listed, and in CI an error with its name", () => {
  const environment: NodeJS.ProcessEnv = { MIXDOWN_PEERS: folder, PATH: "" };
  program("bin", "envoy");
  expect(missingPeers(["envoy", "grpcurl"], environment)).toEqual(["grpcurl"]);
  expect(() => missingPeers(["envoy", "grpcurl"], { ...environment, CI: "true" })).toThrow(/grpcurl.*install-peers/);
});

test("the cache folder follows XDG_CACHE_HOME", () => {
  expect(peersFolder({ XDG_CACHE_HOME: "/somewhere" })).toBe("/somewhere/mixdown-peers");
});
