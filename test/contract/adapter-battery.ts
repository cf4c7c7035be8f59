import { describe, it } from "vitest";
import type { z } from "zod";
import type { Adapter } from "../../adapters/adapter.ts";
import { adapterTests } from "../../adapters/testing/adapter-tests.ts";
import type { ContractOptions } from "../../adapters/testing/options.ts";
import type { Template } from "../../schemas/model/instance.ts";

/** What every adapter promises the hub, as tests of Vitest. */
export function adapterBattery<T extends Template, S extends z.ZodType>(
  adapter: Adapter<T, S>,
  options: ContractOptions<T>,
): void {
  describe(`the adapter ${adapter.type}`, async () => {
    for (const { name, run } of await adapterTests(adapter, options)) it(name, run);
  });
}
