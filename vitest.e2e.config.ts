import { defineConfig } from "vitest/config";

/** End-to-end tests: the whole hub, real sockets, real peers (see test/e2e/README.md). One file at a time: the machine is small. */
export default defineConfig({
  test: {
    include: ["test/e2e/**/*.test.ts"],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
