import { Agent, request } from "node:http";
import { type Judge, textOf } from "./judge.ts";
import type { Random } from "./random.ts";

/** Reports records to whatever hub there is, and writes down which were acknowledged. */
export interface Producer {
  /** Where to report from now on: "host:port", or nowhere. */
  target(address: string | undefined): void;
  /** Reports that were refused or got no answer. */
  readonly refused: number;
  /** Ends once what is under way has an end. */
  stop(): Promise<void>;
}

const senders = 4;
const answerMs = 10_000;

/** Starts some senders at once, each of which waits for its answer. Nothing is sent a second time. */
export function startProducer(name: string, judge: Judge, random: Random): Producer {
  let address: string | undefined;
  let count = 0;
  let refused = 0;
  let isRunning = true;
  const agent = new Agent({ keepAlive: true });

  const sender = async () => {
    while (isRunning) {
      if (address === undefined) {
        await pause(2);
        continue;
      }
      const ids = Array.from({ length: 1 + random.below(40) }, () => `${name}-${count++}`);
      if (await report(agent, address, ids)) judge.acknowledge(ids);
      else {
        refused++;
        await pause(5);
      }
    }
  };
  const running = Promise.all(Array.from({ length: senders }, sender));
  return {
    target(next) {
      address = next;
    },
    get refused() {
      return refused;
    },
    async stop() {
      isRunning = false;
      await running;
      agent.destroy();
    },
  };
}

/** Whether all records were acknowledged. */
function report(agent: Agent, address: string, ids: readonly string[]): Promise<boolean> {
  const attributes = ids.map((id) => ({ "request.id": id, "request.path": textOf(id) }));
  const body = JSON.stringify({ attributes });
  return new Promise((resolve) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const options = { agent, method: "POST", headers, timeout: answerMs };
    const outgoing = request(`http://${address}/v1/report`, options, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("error", () => resolve(false));
      response.on("end", () => resolve(response.statusCode === 200 && accepted(text) === ids.length));
    });
    outgoing.on("timeout", () => outgoing.destroy());
    outgoing.on("error", () => resolve(false));
    outgoing.end(body);
  });
}

function accepted(text: string): unknown {
  try {
    return JSON.parse(text).accepted;
  } catch {
    return undefined;
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
