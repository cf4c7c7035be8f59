import { defineConfig } from "vitest/config";

/** Unit, property and contract tests: everything that needs no peer outside npm. */
export default defineConfig({
  test: {
    include: ["{collector,adapters,schemas,test,scripts}/**/*.test.ts"],
    exclude: ["test/e2e/**", "test/faults/**", "node_modules/**"],
    testTimeout: 20_000,
    // Imports plug-ins as Node does, and so must not be transformed.
    server: { deps: { external: [/collector\/plugins\/native-import/] } },
  },
});
