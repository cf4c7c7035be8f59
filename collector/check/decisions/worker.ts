import { parentPort, workerData } from "node:worker_threads";
import { errorText } from "../../../schemas/model/error-text.ts";
import type { FromDecisions, ToDecisions } from "./messages.ts";
import { unpackRows } from "./row-batch.ts";
import { openDecisionStore } from "./store.ts";

// The thread that keeps decisions. better-sqlite3 is imported only here: the program refuses a Node that is too old for it before.

const send = (message: FromDecisions) => parentPort?.postMessage(message);

const { default: sqlite } = await import("better-sqlite3");
const store = openDecisionStore(sqlite, workerData as string);

function handle(message: ToDecisions): void {
  switch (message.kind) {
    case "keep": {
      const { rows } = message.packed;
      try {
        store.keep(unpackRows(message.packed), message.retention, message.nowMs);
        send({ kind: "kept", rows });
      } catch (error) {
        send({ kind: "lost", rows, reason: errorText(error) });
      }
      break;
    }
    case "close":
      store.close();
      parentPort?.close();
      break;
    default:
      send({ kind: "answer", id: message.id, answer: answerOf(message) });
  }
}

function answerOf(asked: Extract<ToDecisions, { kind: "list" | "sum" }>) {
  try {
    return asked.kind === "list" ? store.list(asked.query) : store.sum(asked.query);
  } catch (error) {
    const problem = { parameter: "", message: `decisions cannot be read: ${errorText(error)}` };
    return { ok: false, kind: "unavailable", problem } as const;
  }
}

parentPort?.on("message", handle);
