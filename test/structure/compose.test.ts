import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { defaultListeners } from "../../collector/config/defaults.ts";
import { root } from "../support/documents.ts";
import { mountsOf, parseCompose, portsOf, type Service, socketAddresses } from "./compose.ts";
import { instructionsOf, stagesOf, textsOf } from "./dockerfile.ts";

const read = (file: string) => readFileSync(root + file, "utf8");
const project = JSON.parse(read("package.json"));
const { services, volumes } = parseCompose(read("docker-compose.yml"));
const image = stagesOf(instructionsOf(read("Dockerfile"))).at(-1);
if (image === undefined) throw new Error("the Dockerfile has no stage");

const named = Object.entries(services);
const serviceOf = (name: string): Service => {
  const found = services[name];
  if (found === undefined) throw new Error(`there is no service ${name}`);
  return found;
};

/** The file of the checkout that a service sees at a path. */
const fileAt = (name: string, target: string) =>
  mountsOf(serviceOf(name))
    .find((mount) => mount.target === target)
    ?.source.replace(/^\.\//, "");

/** The parsed configuration of a service that is an Envoy. */
function envoyConfig(name: string) {
  const { command = [] } = serviceOf(name);
  return parse(read(fileAt(name, command[command.indexOf("--config-path") + 1] ?? "") ?? ""));
}

/** The settings of the broker, by name. */
function kafkaSettings(): Record<string, string> {
  const lines = read(fileAt("kafka", "/etc/kafka/server.properties") ?? "").split("\n");
  return Object.fromEntries(lines.flatMap((line) => (/^[^#]/.test(line) ? [line.split("=") as [string, string]] : [])));
}

const envoys = named.filter(([, { image }]) => image.startsWith("envoyproxy/envoy:")).map(([name]) => name);
const [firstEnvoy = ""] = envoys;

/** Ports that a service listens on inside, beyond its own loopback. */
function listeningPorts(name: string): number[] {
  if (name === "prometheus") return [9090];
  // Built into it: spans over gRPC and HTTP, and the web page.
  if (name === "jaeger") return [4317, 4318, 16686];
  if (name === "kafka")
    return [...(kafkaSettings().listeners ?? "").matchAll(/:\/\/:(\d+)/g)].map(([, port]) => Number(port));
  if (name === "mixdown") return textsOf(image!, "EXPOSE").flatMap((text) => text.split(" ").map(Number));
  return socketAddresses(envoyConfig(name).static_resources.listeners).map((address) => Number(address.split(":")[1]));
}

const listening = named.flatMap(([name]) => listeningPorts(name).map((port) => `${name}:${port}`));

describe("docker-compose.yml", () => {
  test("has the hub, an Envoy, two services and Prometheus, and Kafka and Jaeger by profiles", () => {
    const always = ["mixdown", "envoy", "orders", "payments", "prometheus"];
    expect(named.map(([name]) => name)).toEqual([...always, "kafka", "jaeger"]);
    expect(named.filter(([, { profiles }]) => profiles !== undefined)).toMatchObject([
      ["kafka", { profiles: ["kafka"] }],
      ["jaeger", { profiles: ["tracing"] }],
    ]);
    expect(envoys).toEqual(["envoy", "orders", "payments"]);
  });

  test.each(named)("%s has an image of one whole version, or is built here", (_, { image, build }) => {
    expect(image).toMatch(/^[\w./-]+:v?\d+\.\d+\.\d+$/);
    if (build !== undefined) expect([build, image]).toEqual([".", `${project.name}:${project.version}`]);
  });

  test("runs the Envoy and the Kafka that the tests run", () => {
    const versionOf = (peer: string) =>
      new RegExp(`^${peer}_version=(\\S+)$`, "m").exec(read(".ci/install-peers"))?.[1];
    expect(serviceOf(firstEnvoy).image).toBe(`envoyproxy/envoy:v${versionOf("envoy")}`);
    expect(serviceOf("kafka").image).toBe(`apache/kafka:${versionOf("kafka")}`);
  });

  test("publishes on loopback only, each port once, and only ports that are listened on", () => {
    const published = named.flatMap(([name, service]) => portsOf(service).map((port) => ({ name, ...port })));
    expect(published.filter(({ host }) => host !== "127.0.0.1")).toEqual([]);
    expect(new Set(published.map(({ port }) => port)).size).toBe(published.length);
    expect(published.map(({ name, inside }) => `${name}:${inside}`).filter((at) => !listening.includes(at))).toEqual(
      [],
    );
    const hub = portsOf(serviceOf("mixdown")).map(({ port }) => `127.0.0.1:${port}`);
    expect(hub).toEqual(Object.values(defaultListeners({})).map(({ address }) => address));
  });

  test("mounts files that are there, read-only, and volumes that are declared", () => {
    const mounts = named.flatMap(([, service]) => mountsOf(service));
    const files = mounts.filter(({ source }) => source.startsWith("./"));
    expect(files.filter(({ source, readOnly }) => !readOnly || !existsSync(root + source))).toEqual([]);
    const used = mounts.filter(({ source }) => !source.startsWith("./")).map(({ source }) => source);
    expect(used.sort()).toEqual(Object.keys(volumes).sort());
  });

  test("keeps the hub's data in the volume of its image", () => {
    const written = mountsOf(serviceOf("mixdown")).filter(({ readOnly }) => !readOnly);
    expect(written.map(({ target }) => target)).toEqual(textsOf(image, "VOLUME"));
  });

  test.each(named)("%s has a health check", (name, { healthcheck }) => {
    const inImage = name === "mixdown" && textsOf(image, "HEALTHCHECK").length === 1;
    expect(inImage || ["CMD", "CMD-SHELL"].includes(healthcheck?.test[0] ?? "")).toBe(true);
    if (healthcheck !== undefined)
      expect(Number.parseInt(healthcheck.timeout, 10)).toBeLessThan(Number.parseInt(healthcheck.interval, 10));
  });

  test("lets services wait only for healthy services that there are, in no circle", () => {
    const waits = named.flatMap(([name, { depends_on }]) =>
      Object.entries(depends_on).map(([other, { condition }]) => ({ name, other, condition })),
    );
    expect(waits.filter(({ other, condition }) => !(other in services) || condition !== "service_healthy")).toEqual([]);
    const waiting = new Set(waits.map(({ name }) => name));
    expect(waits.filter(({ other }) => waiting.has(other))).toEqual([]);
    expect([...waiting]).toEqual(["envoy", "prometheus"]);
  });

  test.each(named)("%s is not root and has no more rights than it needs", (name, service) => {
    const user = name === "mixdown" ? textsOf(image, "USER").at(-1) : service.user;
    expect(user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect(service).toMatchObject({ read_only: true, cap_drop: ["ALL"], security_opt: ["no-new-privileges:true"] });
  });

  test("gives the hub more time to stop than it takes to drain", () => {
    expect(Number.parseInt(serviceOf("mixdown").stop_grace_period ?? "0", 10)).toBeGreaterThan(30);
  });
});

describe("the files of its services", () => {
  test.each(envoys)("%s knows only addresses that another service listens on", (name) => {
    const { clusters = [] } = envoyConfig(name).static_resources;
    expect(socketAddresses(clusters).filter((address) => !listening.includes(address))).toEqual([]);
  });

  test.each(envoys)("%s has its admin listener on its own loopback, where the health check asks", (name) => {
    const [admin = ""] = socketAddresses(envoyConfig(name).admin);
    expect(admin).toMatch(/^127\.0\.0\.1:/);
    expect(serviceOf(name).healthcheck?.test.at(-1)).toContain(`/dev/tcp/${admin.replace(":", "/")} `);
  });

  test("the Envoy in front reaches both services and reports to the hub", () => {
    const { clusters, listeners } = envoyConfig("envoy").static_resources;
    expect(socketAddresses(clusters)).toEqual(["mixdown:4317", "orders:8080", "payments:8080"]);
    expect(JSON.stringify(listeners)).toContain('"grpc_service":{"envoy_grpc":{"cluster_name":"mixdown"}}');
  });

  test("Prometheus scrapes the hub's admin listener", () => {
    const { command = [] } = serviceOf("prometheus");
    const file = command.find((word) => word.startsWith("--config.file="))?.split("=")[1] ?? "";
    const { scrape_configs } = parse(read(fileAt("prometheus", file) ?? ""));
    expect(scrape_configs).toHaveLength(1);
    const admin = defaultListeners({ MIXDOWN_LISTEN_HOST: "mixdown" }).admin.address;
    expect(scrape_configs[0].static_configs).toEqual([{ targets: [admin] }]);
  });
});

const { command = [], environment } = serviceOf("mixdown");
const configs = command.filter((_, i) => command[i - 1] === "--config");
/** What the hub has mounted of its own configuration. */
const ownConfig = (file: string) => parse(read(`${fileAt("mixdown", "/etc/mixdown")}/${file}`));

describe("the profiles", () => {
  test("give the hub files beside the built-in one, which is where the image has it", () => {
    expect(command[0]).toBe("serve");
    const own = ["kafka", "tracing"].map((name) => `/etc/mixdown/${name}.yaml`);
    expect(configs).toEqual(["/opt/mixdown/dist/config/default.yaml", ...own]);
    expect(textsOf(image, "COPY").some((text) => text.endsWith("dist dist"))).toBe(true);
    expect(textsOf(image, "WORKDIR")).toContain("/opt/mixdown");
  });

  test("are told to the hub, whose rules heed them", () => {
    expect(environment).toEqual({ COMPOSE_PROFILES: `\${COMPOSE_PROFILES:-}` });
    for (const profile of ["kafka", "tracing"])
      expect(ownConfig(`${profile}.yaml`).rules[0].match).toContain(
        `"\${env:COMPOSE_PROFILES:-}".contains("${profile}")`,
      );
  });
});

describe("the profile tracing", () => {
  test("has a backend where the hub's handler looks for it, and an Envoy that traces to the hub", () => {
    const { handlers } = ownConfig("tracing.yaml");
    expect(listening).toContain(new URL(handlers.jaeger.params.endpoint).host);
    const [listener] = envoyConfig("envoy").static_resources.listeners;
    const { tracing } = listener.filter_chains[0].filters[0].typed_config;
    expect(tracing.provider.typed_config.grpc_service.envoy_grpc.cluster_name).toBe("mixdown");
  });
});

describe("the profile kafka", () => {
  test("has a broker and a topic where the hub's handler looks for them", () => {
    const { handlers } = ownConfig("kafka.yaml");
    const { brokers, topic } = handlers.kafka.params;
    expect(brokers.filter((address: string) => !listening.includes(address))).toEqual([]);
    expect(`PLAINTEXT://${brokers[0]}`).toBe(kafkaSettings()["advertised.listeners"]);
    const { test = [] } = serviceOf("kafka").healthcheck ?? {};
    expect(test[test.indexOf("--topic") + 1]).toBe(topic);
  });

  test("keeps the broker's data in its volume", () => {
    expect(mountsOf(serviceOf("kafka")).map(({ target }) => target)).toContain(kafkaSettings()["log.dirs"]);
  });
});

describe("reading Compose files", () => {
  const text = (service: string) => `name: x\nservices: { a: { image: "b:1", ${service} } }\nvolumes: {}\n`;

  test("refuses what it does not know", () => {
    expect(() => parseCompose(text("port: []"))).toThrow("port");
    expect(() => parseCompose(text("ports: [1]"))).toThrow("ports");
  });

  test("reads ports and mounts", () => {
    const { services } = parseCompose(text('ports: ["127.0.0.1:1:2"], volumes: ["./a:/b:ro", "c:/d"]'));
    expect(portsOf(services.a!)).toEqual([{ host: "127.0.0.1", port: 1, inside: 2 }]);
    expect(mountsOf(services.a!)).toEqual([
      { source: "./a", target: "/b", readOnly: true },
      { source: "c", target: "/d", readOnly: false },
    ]);
  });
});
