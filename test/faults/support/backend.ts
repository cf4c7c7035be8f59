import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Judge } from "./judge.ts";

/** How a backend answers a batch. */
export const faults = [
  "none",
  "unavailable",
  "throttled",
  "refused",
  "timeout",
  "halfOpen",
  "slow",
  "garbage",
  "disconnect",
] as const;

/** One of these ways. */
export type Fault = (typeof faults)[number];

/** A backend that answers as the test says. */
export interface Backend {
  readonly url: string;
  /** How it answers from now on; called for each request. */
  behave(next: () => Fault): void;
  readonly requests: number;
  close(): Promise<void>;
}

/** Starts a backend that hands what it takes to the judge: only what it answers with 2xx counts as delivered. */
export async function startBackend(judge: Judge): Promise<Backend> {
  let next: () => Fault = () => "none";
  let requests = 0;
  const server = createServer((request, response) => {
    requests++;
    const fault = next();
    if (fault === "halfOpen") return;
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (text) => {
      body += text;
    });
    request.on("end", () => answer(fault, body, request, response, judge));
  });
  // A request that is not read, and one that is not answered, stay open until the hub lets go.
  server.requestTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    behave(behaviour) {
      next = behaviour;
    },
    get requests() {
      return requests;
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(fault: Fault, body: string, { socket }: IncomingMessage, response: ServerResponse, judge: Judge): void {
  switch (fault) {
    case "none":
      take(body, response, judge);
      return;
    case "slow":
      setTimeout(() => take(body, response, judge), 150);
      return;
    case "unavailable":
      response.writeHead(503).end("come back later");
      return;
    case "throttled":
      response.writeHead(429, { "retry-after": "1" }).end();
      return;
    case "refused":
      response.writeHead(400).end("never");
      return;
    case "garbage":
      socket.end("\u0000\u0001HTTP/9 ??? \r\n\r\n");
      return;
    case "disconnect":
      socket.destroy();
      return;
  }
}

/** What the hub does not listen for any more was not taken. */
function take(body: string, response: ServerResponse, judge: Judge): void {
  if (response.destroyed) return;
  judge.deliver(body);
  response.writeHead(204).end();
}
