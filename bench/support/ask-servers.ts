import { connectLoad } from "../../test/support/grpc-load.ts";
import type { AskedServer } from "./check-servers.ts";
import { median } from "./side-by-side.ts";

/** What it took to be asked at a steady rate. */
export interface Steady {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly cpuMicroseconds: number;
  /** Calls that ended without an answer, of all rounds. */
  readonly failed: number;
}

/** What is asked of each server. */
export interface AskOptions {
  readonly method: string;
  readonly requests: readonly Uint8Array[];
  readonly rounds?: number;
}

/** How often it is asked. */
export interface SteadyOptions extends AskOptions {
  readonly perSecond: number;
  readonly sliceMs?: number;
}

/** Asks servers in turn, some seconds each, and again; the first round warms up, and of the others each figure's median counts. */
export async function askSteadily<Name extends string>(
  servers: Readonly<Record<Name, AskedServer>>,
  options: SteadyOptions,
): Promise<Record<Name, Steady>> {
  return inTurns(servers, options, (server) => askOnce(server, options), middle);
}

/** Asks servers in turn as fast as they answer, 64 calls under way; gives how many each answers in a second of one core's time. */
export async function askAtFull<Name extends string>(
  servers: Readonly<Record<Name, AskedServer>>,
  options: AskOptions,
): Promise<Record<Name, number>> {
  return inTurns(servers, options, (server) => fillUp(server, options), median);
}

async function inTurns<Name extends string, Slice, Figure>(
  servers: Readonly<Record<Name, AskedServer>>,
  { rounds = 3 }: AskOptions,
  measure: (server: AskedServer) => Promise<Slice>,
  sumUp: (slices: readonly Slice[]) => Figure,
): Promise<Record<Name, Figure>> {
  const names = Object.keys(servers) as Name[];
  const slices = new Map<Name, Slice[]>(names.map((name) => [name, []]));
  for (let round = -1; round < rounds; round++)
    for (const name of names) {
      const slice = await measure(servers[name]);
      if (round >= 0) slices.get(name)?.push(slice);
    }
  return Object.fromEntries(names.map((name) => [name, sumUp(slices.get(name) ?? [])])) as Record<Name, Figure>;
}

const callsAtFull = 20_000;

async function fillUp(server: AskedServer, { method, requests }: AskOptions): Promise<number> {
  const load = await connectLoad(server.grpc, method);
  const before = server.cpuSeconds();
  const answers = await load.times(callsAtFull, requests, 64);
  const used = server.cpuSeconds() - before;
  load.close();
  return answers.filter(({ message }) => message !== undefined).length / used;
}

async function askOnce(server: AskedServer, options: SteadyOptions): Promise<Steady> {
  const { method, requests, perSecond, sliceMs = 2000 } = options;
  const load = await connectLoad(server.grpc, method);
  const before = server.cpuSeconds();
  const answers = await load.atRate(requests, { perSecond, ms: sliceMs });
  const used = server.cpuSeconds() - before;
  load.close();
  const failed = answers.filter(({ message }) => message === undefined).length;
  const sorted = answers.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
  const rank = (q: number) => sorted[Math.ceil(q * sorted.length) - 1] ?? Number.NaN;
  return { p50Ms: rank(0.5), p99Ms: rank(0.99), cpuMicroseconds: (used * 1e6) / answers.length, failed };
}

function middle(figures: readonly Steady[]): Steady {
  const of = (name: keyof Steady) => median(figures.map((each) => each[name]));
  const failed = figures.reduce((sum, figure) => sum + figure.failed, 0);
  return { p50Ms: of("p50Ms"), p99Ms: of("p99Ms"), cpuMicroseconds: of("cpuMicroseconds"), failed };
}
