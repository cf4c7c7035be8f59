import type { CommandIo } from "../command.ts";
import { type Difference, differencesOf } from "./compare.ts";
import { loadForPolicy } from "./load.ts";
import { openOfflinePolicy } from "./offline-policy.ts";
import { readTestFile } from "./test-file.ts";

/** What the cases of a file came to. */
export interface FileResult {
  readonly file: string;
  readonly cases: readonly CaseResult[];
}

/** What a case came to. */
export interface CaseResult {
  readonly name: string;
  readonly ok: boolean;
  readonly differences: readonly Difference[];
}

/** Runs the cases of a file, each with whole budgets and nothing cached. Throws a HubError for a file that is wrong. */
export async function runFile(file: string, io: CommandIo): Promise<FileResult> {
  const { config, default: byDefault, cases } = readTestFile(file, io);
  const policy = await openOfflinePolicy(await loadForPolicy(config, io), io);
  try {
    const results: CaseResult[] = [];
    for (const { name, attributes, repeat, expect } of cases) {
      const differences = differencesOf(expect, await policy.decide(attributes, byDefault, repeat));
      results.push({ name, ok: differences.length === 0, differences });
    }
    return { file, cases: results };
  } finally {
    await policy.close();
  }
}
