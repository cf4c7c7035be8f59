import { Worker } from "node:worker_threads";
import type { HealthFigures } from "./health-prober.ts";

/** Health checks that go on beside a test, from a thread of their own so that a busy test does not slow them. */
export interface HealthWatch {
  stop(): Promise<HealthFigures>;
}

/** Asks a gRPC listener ("host:port") for its health again and again over one connection. */
export function watchHealth(address: string, everyMs = 20): HealthWatch {
  const worker = new Worker(new URL("./health-prober.ts", import.meta.url), { workerData: { address, everyMs } });
  const figures = new Promise<HealthFigures>((resolve, reject) => {
    worker.once("message", resolve).once("error", reject);
  });
  return {
    async stop() {
      worker.postMessage("stop");
      const seen = await figures;
      await worker.terminate();
      return seen;
    },
  };
}
