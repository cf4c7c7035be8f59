import { isIP } from "node:net";
import { dirname, resolve } from "node:path";
import { LISTEN_HOST } from "./defaults.ts";

import type { Path, Place, Report } from "./problem.ts";
import { BUILT_IN, child, type Entry, isEmpty, itemsOf, type Tree, textOf } from "./tree.ts";

/** Reads a text file; throws as node:fs does. */
export type ReadFile = (path: string) => string;

/** What listeners are named after when they do not say what they serve. */
const services: readonly string[] = ["grpc", "http", "admin", "syslog"];

/** Checks addresses, what is served, and that the files of TLS are there. */
export function checkListeners(listeners: readonly Entry[], readFile: ReadFile, report: Report): void {
  const bound: BoundAddress[] = [];
  for (const entry of listeners) {
    if (isEmpty(entry.value)) continue;
    const path: Path = ["listeners", entry.key];
    checkAddress(entry, path, bound, report);
    checkServes(entry, path, report);
    checkTls(child(entry.value, "tls"), [...path, "tls"], readFile, report);
  }
}

interface BoundAddress {
  readonly listener: string;
  readonly host: string;
  readonly port: number;
  /** UDP and TCP have ports of their own. */
  readonly udp: boolean;
  readonly at: Place;
}

function checkAddress({ key, value }: Entry, path: Path, bound: BoundAddress[], report: Report): void {
  const tree = child(value, "address");
  const text = textOf(tree);
  if (tree === undefined || text === undefined) return;
  const address = toHostPort(text);
  if (address === undefined) {
    const suggestion = suggestAddress(text);
    report({
      at: tree.at,
      path: [...path, "address"],
      message:
        tree.at.file === BUILT_IN ? `${LISTEN_HOST} makes "${text}", which is no address` : `"${text}" is no address`,
      expected: "host:port with a port from 0 to 65535, and IPv6 hosts in brackets",
      suggestion,
    });
    return;
  }
  const mine = { listener: key, ...address, udp: isUdp(key, value), at: tree.at };
  const rival = bound.find((other) => collide(other, mine));
  if (rival === undefined) bound.push(mine);
  else reportCollision(rival, mine, path, report);
}

function collide(a: BoundAddress, b: BoundAddress): boolean {
  return a.port === b.port && a.port !== 0 && a.udp === b.udp && overlap(a.host, b.host);
}

/** Told where somebody wrote it, not where the program has its default. */
function reportCollision(first: BoundAddress, second: BoundAddress, path: Path, report: Report): void {
  const [wrong, other] = second.at.file === BUILT_IN ? [first, second] : [second, first];
  const where = other.at.file === BUILT_IN ? "by default" : `${other.at.file}:${other.at.line}`;
  const message = `listener "${other.listener}" already has port ${other.port} (${where})`;
  const expected = "another port, or 0 for a free one";
  report({ at: wrong.at, path: [...path.slice(0, -1), wrong.listener, "address"], message, expected });
}

/** Whether a listener's socket is one of UDP. */
export function isUdp(name: string, listener: Tree): boolean {
  return servesSyslog(name, listener) && textOf(child(child(listener, "syslog"), "transport")) !== "tcp";
}

/** Whether a listener takes syslog, by what it serves or is named after. */
export function servesSyslog(name: string, listener: Tree): boolean {
  const serves = child(listener, "serves");
  return serves === undefined ? name === "syslog" : itemsOf(serves).some((item) => textOf(item) === "syslog");
}

/** A host and a port of `host:port`; undefined for any other text. */
export function toHostPort(text: string): { host: string; port: number } | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:[\]\s/]+)):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (bracketed !== undefined && isIP(bracketed.replace(/%.*$/, "")) !== 6) return undefined;
  const host = bracketed ?? plain;
  return host === undefined || port > 65_535 ? undefined : { host: host.toLowerCase(), port };
}

/** Ports without a host and IPv6 hosts without brackets are common slips. */
function suggestAddress(text: string): string | undefined {
  const [, port] = /^:?(\d{1,5})$/.exec(text) ?? [];
  if (port !== undefined && Number(port) <= 65_535) return `0.0.0.0:${port}`;
  const [, host, after] = /^(.*):(\d{1,5})$/.exec(text) ?? [];
  return host !== undefined && isIP(host) === 6 && Number(after) <= 65_535 ? `[${host}]:${after}` : undefined;
}

function overlap(a: string, b: string): boolean {
  const every = (host: string) => host === "0.0.0.0" || host === "::";
  const local = (host: string) => (host === "localhost" ? "127.0.0.1" : host);
  return every(a) || every(b) || local(a) === local(b);
}

function checkServes({ key, keyAt, value }: Entry, path: Path, report: Report): void {
  const serves = itemsOf(child(value, "serves")).map(textOf);
  if (child(value, "serves") === undefined && !services.includes(key)) {
    report({
      at: keyAt,
      path,
      message: `listener "${key}" does not say what it serves`,
      expected: "serves: [grpc], [http], [admin] or [syslog]",
    });
  }
  for (const [service, name] of [
    ["grpc", "gRPC"],
    ["syslog", "syslog"],
  ] as const) {
    if (!serves.includes(service) || serves.every((other) => other === service)) continue;
    report({
      at: child(value, "serves")?.at ?? keyAt,
      path: [...path, "serves"],
      message: `${name} shares its listener with nothing else`,
      expected: "a listener of its own for each",
    });
  }
}

/** A TLS file's path as written, below the folder of the file that names it. */
export function resolveTlsPath(tree: Tree, text: string): string {
  return resolve(dirname(tree.at.file), text);
}

/** The keys of a listener's TLS settings that name files, with what such a file must hold. */
export const tlsFiles = { cert: "CERTIFICATE", key: "PRIVATE KEY", clientCa: "CERTIFICATE" } as const;

function checkTls(tls: Tree | undefined, path: Path, readFile: ReadFile, report: Report): void {
  for (const [key, label] of Object.entries(tlsFiles)) {
    const tree = child(tls, key);
    const text = textOf(tree);
    if (tree === undefined || text === undefined) continue;
    const fault = pemFault(resolveTlsPath(tree, text), label, readFile);
    if (fault !== undefined) report({ at: tree.at, path: [...path, key], ...fault });
  }
  const needy = ["requireClientCert", "spiffe"]
    .map((key) => ({ key, tree: child(tls, key) }))
    .find(({ tree }) => tree !== undefined && !isFalse(tree));
  if (needy?.tree !== undefined && isEmpty(child(tls, "clientCa"))) {
    report({
      at: needy.tree.at,
      path: [...path, needy.key],
      message: `"${needy.key}" needs "clientCa", against which clients are checked`,
      expected: "a PEM file with the roots of the clients",
    });
  }
}

const isFalse = (tree: Tree) => tree.kind === "scalar" && (tree.value === false || tree.value === null);

function pemFault(path: string, label: string, readFile: ReadFile): { message: string; expected: string } | undefined {
  try {
    const holds = new RegExp(`-----BEGIN [A-Z0-9 ]*${label}-----`).test(readFile(path));
    return holds
      ? undefined
      : {
          message: `${path} is no PEM file with a ${label.toLowerCase()}`,
          expected: `a block that begins with -----BEGIN ${label}-----`,
        };
  } catch (error) {
    return { message: `${path} cannot be read: ${reasonOf(error)}`, expected: "a PEM file" };
  }
}

/** Why a file cannot be read, without its path. */
export function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "ENOENT") return "there is no such file";
  if (code === "EACCES" || code === "EPERM") return "permission denied";
  return code === "EISDIR" ? "it is a folder" : (code ?? (error as Error).message);
}
