import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseCompose } from "../structure/compose.ts";
import { root } from "../support/documents.ts";
import type { Child } from "./support/child.ts";
import { temporaryFolder } from "./support/folder.ts";
import { defaultConfig, freePorts as freeListeners, type Hub, startHub } from "./support/hub.ts";
import { brokerAnswers, formatStorage, runKafka, startBroker } from "./support/kafka-node.ts";
import { readTopic } from "./support/kafka-reader.ts";
import { describeWith } from "./support/needs.ts";
import { freePorts } from "./support/prometheus.ts";
import { waitFor, waitUntil } from "./support/wait.ts";

const read = (file: string) => readFileSync(`${root}${file}`, "utf8");

/** Puts names and places of the Compose network in the place of those of this machine. */
const relocated = (text: string, places: Readonly<Record<string, string>>) =>
  Object.entries(places).reduce((moved, [from, to]) => moved.replaceAll(from, to), text);

describeWith("kafka", "kcat")("the profile kafka of docker-compose.yml", () => {
  const folder = temporaryFolder("compose-kafka");
  let broker: Child;
  let address = "";

  beforeAll(async () => {
    const [port, controller] = await freePorts(2);
    address = `127.0.0.1:${port}`;
    const file = join(folder.path, "server.properties");
    const places = { "kafka:9092": address, ":9092": `:${port}`, ":9093": `:${controller}` };
    const text = relocated(read("examples/compose/kafka.properties"), places);
    writeFileSync(file, relocated(text, { "/var/lib/kafka/data": join(folder.path, "data") }));
    formatStorage(file);
    broker = startBroker(file);
    await waitUntil("the broker", () => brokerAnswers(address, broker), 60_000);
    const { services } = parseCompose(read("docker-compose.yml"));
    const check =
      services.kafka?.healthcheck?.test.slice(2).map((word) => word.replace("localhost:9092", address)) ?? [];
    for (let asked = 0; asked < 2; asked++) runKafka("org.apache.kafka.tools.TopicCommand", ...check);
  });

  afterAll(async () => {
    await broker.stop();
    folder.remove();
  });

  async function startComposed(profiles: string): Promise<Hub> {
    const file = join(folder.path, "kafka.yaml");
    writeFileSync(file, relocated(read("examples/compose/mixdown/kafka.yaml"), { "kafka:9092": address }));
    const settings = { listeners: { ...freeListeners.listeners, http: { address: "127.0.0.1:0" } } };
    return startHub({ base: [defaultConfig, file], settings, env: { COMPOSE_PROFILES: profiles } });
  }

  async function report(hub: Hub, path: string): Promise<void> {
    const attributes = [{ "request.path": path, "request.method": "GET", "destination.service.name": "orders" }];
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ attributes });
    await fetch(`http://${hub.listeners.http}/v1/report`, { method: "POST", headers, body });
  }

  test("has each request in the topic", async () => {
    const hub = await startComposed("kafka");
    await report(hub, "/orders/42");
    const [record] = await waitFor("the record", () => {
      const records = readTopic(address, "mesh.requests");
      return records.length > 0 ? records : undefined;
    });
    expect(record?.key).toBe("orders");
    expect(JSON.parse(record?.value ?? "")).toMatchObject({ instance: "accesslog", "url.path": "/orders/42" });
    expect(await hub.stop()).toBe(0);
  });

  test("has nothing there without the profile", async () => {
    const before = readTopic(address, "mesh.requests").length;
    const hub = await startComposed("");
    await report(hub, "/orders/43");
    expect(await hub.total("mixdown_handler_received_total", { handler: "kafka" })).toBe(0);
    expect(await hub.stop()).toBe(0);
    expect(readTopic(address, "mesh.requests")).toHaveLength(before);
  });
});
