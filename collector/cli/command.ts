import type { StrayFaults } from "../plugins/stray-faults.ts";

/** Where a verb reads and writes: data to `stdout`, everything else to `stderr`, so that tests can stand in. */
export interface CommandIo {
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  /** Standard input in chunks. */
  readonly stdin: AsyncIterable<Uint8Array | string>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where errors come out that nothing caught. */
  readonly faults: StrayFaults;
  /** Reads a text file; throws as node:fs does. */
  readFile(path: string): string;
}

/** Takes text as it comes; a writable stream is one. */
export interface TextSink {
  write(text: string): unknown;
}

/** One verb of the command line. */
export interface Command {
  readonly name: string;
  /** One sentence for the list of verbs. */
  readonly summary: string;
  /** What `mixdown VERB --help` prints: usage, options and examples. */
  readonly help: string;
  /** Does the work. Resolves to the exit status: 0, or one of the error table. `argv` starts after the verb. */
  run(argv: readonly string[], io: CommandIo): Promise<number>;
}
