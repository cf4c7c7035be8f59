import { parentPort, workerData } from "node:worker_threads";
import { HubError } from "../errors.ts";
import { compile } from "../expr/compile.ts";
import { toHealthSettings } from "./query/health-config.ts";
import { createRetention } from "./retention.ts";
import { messageOf, type Sqlite } from "./store/database.ts";
import type { FromStore, StoreSettings, ToStore } from "./store/messages.ts";
import { QueryQueue } from "./store/query-queue.ts";
import { Store, type StoreOptions } from "./store/store.ts";

// The thread of the statistics store. better-sqlite3 crashes without a message on a Node that is too old: openStats checks that first.

const upkeepMs = 1000;
/** What could not be written is tried again this often. */
const saveMs = 5000;
const retainMs = 60_000;
const busyMs = 100;
const remindEvery = 600;

const send = (message: FromStore) => parentPort?.postMessage(message);
const log = (level: "info" | "warn" | "error") => (fields: object, message: string) =>
  send({ kind: "log", level, fields, message });

/** Opens the store; while another hub has it, says so and tries again until that one has drained. */
async function openStore(sqlite: Sqlite, options: StoreOptions): Promise<Store> {
  for (let attempt = 0; ; attempt++) {
    try {
      return new Store(sqlite, options);
    } catch (error) {
      if (!(error instanceof HubError) || error.code !== "STORE_BUSY") throw error;
      if (attempt === 0) send({ kind: "waiting" });
      if (attempt % remindEvery === 0) options.log.warn({ reason: error.message }, "statistics stay in memory for now");
      await new Promise((resolve) => setTimeout(resolve, busyMs));
    }
  }
}

async function start(sqlite: Sqlite, settings: StoreSettings): Promise<void> {
  let skewMs = settings.nowMs - Date.now();
  const store = await openStore(sqlite, {
    ...settings,
    retention: createRetention(settings.retention),
    health: toHealthSettings(settings.health),
    compile,
    log: { info: log("info"), warn: log("warn"), error: log("error") },
    now: () => Date.now() + skewMs,
    clock: () => performance.now(),
  });
  const queries = new QueryQueue({
    maxRunning: 4,
    maxWaiting: 12,
    sliceMs: 10,
    clock: () => performance.now(),
    later: (next) => setImmediate(next),
  });
  let isClosed = false;
  let isRolling = false;
  const rollUp = () => {
    isRolling = !isClosed && store.maintain();
    if (isRolling) setImmediate(rollUp);
  };
  const timers = [
    setInterval(() => isRolling || rollUp(), upkeepMs),
    setInterval(() => store.save(), saveMs),
    setInterval(() => store.retain(), retainMs),
  ];

  const handle = (message: ToStore): void => {
    skewMs = message.nowMs - Date.now();
    switch (message.kind) {
      case "write":
        store.write(message.batch);
        send({ kind: "written", counters: store.counters() });
        break;
      case "query": {
        const { id, asked, open } = message;
        store.define(open.definitions);
        queries.add(
          () => store.query(asked, open.buckets, message.nowMs),
          (answer) => send({ kind: "answer", id, answer }),
        );
        break;
      }
      case "close":
        for (const timer of timers) clearInterval(timer);
        isClosed = true;
        store.close();
        send({ kind: "closed" });
        parentPort?.close();
        break;
    }
  };
  parentPort?.on("message", handle);
  send({ kind: "ready" });
}

try {
  const { default: sqlite } = await import("better-sqlite3");
  await start(sqlite, workerData as StoreSettings);
} catch (error) {
  const code = error instanceof HubError ? error.code : "STORE_UNUSABLE";
  send({ kind: "refused", code, message: messageOf(error) });
}
