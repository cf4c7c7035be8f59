import assert from "node:assert/strict";
import type { z } from "zod";
import type { Template } from "../../schemas/model/instance.ts";
import { type Adapter, isAggregator } from "../adapter.ts";
import { aggregatorTests } from "./aggregator-tests.ts";
import { fakeBackend } from "./backend.ts";
import { declarationTests } from "./declaration-tests.ts";
import { fakeHost } from "./fake-host.ts";
import { type ContractOptions, type ContractTest, type Subject, subjectOf } from "./options.ts";
import { outletTests } from "./outlet-tests.ts";
import { sumsTests } from "./sums-tests.ts";

/**
 * What every adapter promises the hub, as tests for any runner:
 * `for (const { name, run } of await adapterTests(adapter, options)) test(name, run);`
 */
export async function adapterTests<T extends Template, S extends z.ZodType>(
  adapter: Adapter<T, S>,
  options: ContractOptions<T>,
): Promise<ContractTest[]> {
  const subject = subjectOf(adapter, options);
  const tests = [...declarationTests(adapter, options), opensAndCloses(subject), ...(await testsOfKind(subject))];
  return without(options.exceptions ?? {}, tests);
}

function without(exceptions: Readonly<Record<string, string>>, tests: readonly ContractTest[]): ContractTest[] {
  const unknown = Object.keys(exceptions).filter((name) => !tests.some((test) => test.name === name));
  if (unknown.length > 0) throw new Error(`exceptions from tests that there are not: ${unknown.join(", ")}`);
  return tests.filter(({ name }) => !Object.hasOwn(exceptions, name));
}

const hostOf = <T extends Template>({ options }: Subject<T>) =>
  fakeHost(options.instances, { fetch: fakeBackend().fetch });

function opensAndCloses<T extends Template>(subject: Subject<T>): ContractTest {
  return {
    name: "opens and closes",
    async run() {
      const host = hostOf(subject);
      await (await subject.open(host)).close();
      assert.deepEqual(
        host.logged.filter(({ level }) => level === "error"),
        [],
      );
      assert.deepEqual([...host.pages.values()].flat(), []);
    },
  };
}

/** An adapter that does not open has no kind; the test above says why. */
async function testsOfKind<T extends Template>(subject: Subject<T>): Promise<ContractTest[]> {
  try {
    const probe = await subject.open(hostOf(subject));
    await probe.close();
    if (isAggregator(probe)) return aggregatorTests(subject);
    return [...outletTests(subject), ...(probe.sums === undefined ? [] : sumsTests(subject))];
  } catch {
    return [];
  }
}
