import { once } from "node:events";
import { Writable } from "node:stream";
import { handlerFolder, listHandlers, spoolRoot } from "../../dispatch/spool/handler-folders.ts";
import { type SpoolLock, trySpoolLock } from "../../dispatch/spool/spool-lock.ts";
import { HubError } from "../../errors.ts";
import type { CommandIo } from "../command.ts";
import { usage } from "../parse-arguments.ts";

/** What one word after `mixdown spool` does; resolves to the exit status. */
export type SpoolAction = (argv: readonly string[], io: CommandIo) => Promise<number>;

/** The option that all of them have. */
export const dataDirOption = { "data-dir": { type: "string", default: "data" } } as const;

/** A handler that has a folder. */
export interface SpoolHandler {
  readonly handler: string;
  readonly directory: string;
}

/** The handlers named, or all. Throws a HubError USAGE for one that has no folder. */
export async function findHandlers(dataDir: string, names: readonly string[]): Promise<SpoolHandler[]> {
  const root = spoolRoot(dataDir);
  const known = await listHandlers(root);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const there = known.length === 0 ? "nothing" : known.join(", ");
    throw usage("spool", `there is no log of a handler "${unknown}" in ${root}: there is ${there}`);
  }
  return (names.length === 0 ? known : names).map((handler) => ({ handler, directory: handlerFolder(root, handler) }));
}

/** The one handler that an action is for. */
export async function findHandler(dataDir: string, names: readonly string[], action: string): Promise<SpoolHandler> {
  const [handler] = names;
  if (handler === undefined) throw usage("spool", `${action} needs the name of a handler`);
  return (await findHandlers(dataDir, [handler]))[0]!;
}

/** Does something that no hub may do meanwhile. Throws a HubError SPOOL_BUSY if one runs. */
export async function whileStopped<T>(dataDir: string, work: () => Promise<T>): Promise<T> {
  const lock = await trySpoolLock(spoolRoot(dataDir));
  if (lock === undefined) {
    throw new HubError("SPOOL_BUSY", `${spoolRoot(dataDir)} belongs to a hub that runs: stop it first`);
  }
  return work().finally(() => lock.release());
}

/** Does something either way; `isLocked` says that no hub runs. */
export async function whetherOrNot<T>(dataDir: string, work: (isLocked: boolean) => Promise<T>): Promise<T> {
  const lock: SpoolLock | undefined = await trySpoolLock(spoolRoot(dataDir));
  return work(lock !== undefined).finally(() => lock?.release());
}

/** Writes to standard output as fast as it is read; false when nobody reads any more. */
export async function writeSlowly({ stdout }: CommandIo, text: string): Promise<boolean> {
  const isFull = stdout.write(text) === false;
  if (!(stdout instanceof Writable)) return true;
  if (isFull && !stdout.destroyed) await Promise.race([once(stdout, "drain"), once(stdout, "close")]).catch(() => {});
  return !stdout.destroyed;
}

/** A number with its noun. */
export const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? "" : "s"}`;
