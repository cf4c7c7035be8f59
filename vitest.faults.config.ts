import { defineConfig } from "vitest/config";

/** Tests that break things on purpose: killed hubs, failing backends, full disks (see test/faults/README.md). One file at a time: they load the machine. */
export default defineConfig({
  test: {
    include: ["test/faults/**/*.test.ts"],
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 60_000,
  },
});
