import { config } from "../../../adapters/kafka/config.ts";
import { kafka } from "../../../adapters/kafka/index.ts";
import { fakeHost } from "../../../adapters/testing/fake-host.ts";
import { aLogEntry } from "../../../adapters/testing/instances.ts";
import { waitUntil } from "./wait.ts";

/** Run as a process of its own with a broker and a topic: delivers a batch, closes, and ends by itself; fails if that does not go well. */
const [broker, topic] = process.argv.slice(2);
const outlet = await kafka.open(config.parse({ brokers: [broker], topic }), fakeHost([], { now: Date.now }));
if ("record" in outlet) throw new Error("opened as an aggregator");
for (let i = 0; i < 3; i++)
  await waitUntil("a batch to be delivered", async () => {
    const delivery = await outlet.deliver([aLogEntry("access")], AbortSignal.timeout(5000));
    return delivery.status === "delivered";
  });
await outlet.close();
