import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, expect, it } from "vitest";
import { createAuthority } from "../../test/support/certificates.ts";
import { createTlsFetch, type TlsFetch } from "./tls-fetch.ts";
import { readTls } from "./tls-settings.ts";

const folder = mkdtempSync(join(tmpdir(), "tls-fetch-"));
const authority = createAuthority(folder);
const issued = authority.issue("server", ["IP:127.0.0.1"]);
let connections = 0;
const server = createServer(
  { key: readFileSync(issued.key), cert: readFileSync(issued.cert) },
  async (message, response) => {
    const [, status] = message.url!.split("/");
    const body = Number(status) === 204 ? "" : `${message.method} ${message.headers["x-a"]} ${await buffer(message)}`;
    message.resume();
    response.writeHead(Number(status), { "x-b": "c", location: "/elsewhere" }).end(body);
  },
).on("secureConnection", () => connections++);
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
const client: TlsFetch = createTlsFetch(readTls({ ca: authority.ca }));

afterAll(() => {
  client.close();
  server.close();
  rmSync(folder, { recursive: true });
});

it("posts, and gives status, headers and body", async () => {
  const answer = await client.fetch(`${url}/503`, { method: "POST", headers: { "X-A": "b" }, body: "text" });
  expect([answer.status, answer.headers.get("x-b"), await answer.text()]).toEqual([503, "c", "POST b text"]);
});

it("follows no redirect", async () => {
  const answer = await client.fetch(`${url}/307`, { method: "POST" });
  expect([answer.status, answer.headers.get("location")]).toEqual([307, "/elsewhere"]);
  await answer.text();
});

it("uses a connection again, after answers without a body, too", async () => {
  const newConnections = async () => {
    const before = connections;
    const { status, body } = await client.fetch(`${url}/204`, { method: "POST", body: "x" });
    expect([status, body]).toEqual([204, null]);
    return connections - before;
  };
  await expect.poll(newConnections).toBe(0);
  await expect.poll(newConnections).toBe(0);
});

it("ends with the signal", async () => {
  const abort = new AbortController();
  const asked = client.fetch(`${url}/200`, { method: "POST", signal: abort.signal });
  abort.abort();
  await expect(asked).rejects.toThrow("aborted");
});
