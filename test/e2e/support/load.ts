import { http1Client } from "./traffic.ts";
import { pause } from "./wait.ts";

/** Traffic that goes on beside a test. */
export interface Load {
  /** Requests answered so far. */
  count(): number;
  /** Requests per second so far. */
  rate(): number;
  /** Ends it after the requests under way; gives how many were answered. */
  stop(): Promise<number>;
}

/** Sends requests to a path one after the other over `connections` connections, with a pause between two of them. */
export function startLoad(port: number, path: string, connections = 4, pauseMs = 5): Load {
  const client = http1Client(port, connections);
  const started = performance.now();
  let count = 0;
  let running = true;
  const worker = async () => {
    while (running) {
      await client.get(path);
      count += 1;
      await pause(pauseMs);
    }
  };
  const workers = Array.from({ length: connections }, worker);
  return {
    count: () => count,
    rate: () => (count / (performance.now() - started)) * 1000,
    async stop() {
      running = false;
      await Promise.all(workers);
      client.close();
      return count;
    },
  };
}
