import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { inventory } from "../../adapters/inventory.ts";
import { defaultConfigFile } from "./defaults.ts";
import { load, messages } from "./load.fixture.ts";

describe("the hub without addresses", () => {
  it("listens where the environment says, as configurations without addresses do", () => {
    const env = { MIXDOWN_LISTEN_HOST: "[::]" };
    for (const text of [readFileSync(defaultConfigFile(), "utf8"), "", "listeners: { http: { reusePort: true } }"]) {
      const loaded = load([text], { env, adapters: inventory });
      expect(loaded.ok && Object.values(loaded.config.listeners).map((listener) => listener?.address)).toEqual([
        "[::]:4317",
        "[::]:4318",
        "[::]:8080",
      ]);
    }
  });

  it("stays on loopback when the host is set to nothing, and where a file says so", () => {
    const empty = load([""], { env: { MIXDOWN_LISTEN_HOST: "" } });
    expect(empty.ok && empty.config.listeners.grpc?.address).toBe("127.0.0.1:4317");
    const written = load([`listeners: { grpc: { address: "127.0.0.1:1" } }`], {
      env: { MIXDOWN_LISTEN_HOST: "0.0.0.0" },
    });
    expect(written.ok && written.config.listeners.grpc?.address).toBe("127.0.0.1:1");
  });

  it("a host that is none is named with the variable it came from", () => {
    expect(messages(load([""], { env: { MIXDOWN_LISTEN_HOST: "not a host" } }))).toContainEqual(
      expect.stringContaining('MIXDOWN_LISTEN_HOST makes "not a host:4317", which is no address'),
    );
  });
});
