import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type Authority, createAuthority, type Identity } from "../support/certificates.ts";
import { type Envoy, startEnvoy } from "./support/envoy.ts";
import { temporaryFolder } from "./support/folder.ts";
import { type Hub, startHub } from "./support/hub.ts";
import { portNumber, portOf } from "./support/lab.ts";
import { startLoad } from "./support/load.ts";
import { describeWith } from "./support/needs.ts";
import { http1Client, repeat } from "./support/traffic.ts";
import { settled, waitUntil } from "./support/wait.ts";

const hubNames = ["DNS:localhost", "IP:127.0.0.1", "URI:spiffe://mesh.example/ns/mixdown/sa/hub"];

/** The serial number of the certificate that the hub shows; it shows it before it asks for the client's. */
function shownSerial(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, ALPNProtocols: ["h2"], rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().serialNumber);
      socket.destroy();
    });
    socket.on("error", reject);
  });
}

describeWith("envoy", "openssl")("a hub that takes mutual TLS only, from one trust domain", () => {
  const folder = temporaryFolder("hub-tls");
  const served = { cert: join(folder.path, "served.pem"), key: join(folder.path, "served.key") };
  let authority: Authority;
  let hub: Hub;
  let envoy: Envoy | undefined;

  const serve = ({ cert, key }: Identity) => {
    copyFileSync(key, served.key);
    copyFileSync(cert, served.cert);
  };

  beforeAll(async () => {
    authority = createAuthority(folder.path);
    serve(authority.issue("hub-1", hubNames));
    const tls = { ...served, clientCa: authority.ca, requireClientCert: true, spiffe: ["mesh.example"] };
    hub = await startHub({
      settings: {
        listeners: { grpc: { address: "127.0.0.1:0", tls }, http: null, admin: { address: "127.0.0.1:0" } },
      },
    });
  });

  afterEach(() => envoy?.stop());

  afterAll(async () => {
    await hub?.stop();
    folder.remove();
  });

  async function startProxy(name: string, hubTls: Identity | undefined): Promise<number> {
    envoy = await startEnvoy({
      node: { id: `${name}-1`, cluster: name },
      hubPort: portNumber(hub.listeners.grpc),
      hubTls,
      listeners: [{ kind: "http", name: "http", logName: "http", routes: [{ prefix: "/", status: 200 }] }],
      clusters: [],
    });
    return portOf(envoy, "http");
  }

  const counted = (workload: string) => hub.total("istio_requests_total", { source_workload: workload });
  const refused = () => hub.total("mixdown_refused_total");

  test("a proxy of the trust domain is counted", async () => {
    const port = await startProxy("friend", authority.issue("friend", ["URI:spiffe://mesh.example/ns/a/sa/friend"]));
    const client = http1Client(port);
    await repeat(50, 4, () => client.get("/"));
    client.close();
    await waitUntil("its requests to count", async () => (await counted("friend")) === 50);
  });

  test.each([
    { who: "a proxy of another trust domain", name: "stranger", names: ["URI:spiffe://other.example/ns/a/sa/x"] },
    { who: "a proxy without a SPIFFE id", name: "nobody", names: ["DNS:nobody.example"] },
    { who: "a proxy in clear text", name: "plain", names: undefined },
  ])("$who is refused and counted as that", async ({ name, names }) => {
    const before = await refused();
    const port = await startProxy(name, names && authority.issue(name, names));
    const client = http1Client(port);
    await repeat(10, 2, () => client.get("/"));
    client.close();
    await waitUntil("the refusal", async () => (await refused()) > before);
    expect(await counted(name)).toBe(0);
  });

  test("new certificates are taken up under load without losing an entry", async () => {
    const port = await startProxy("steady", authority.issue("steady", ["URI:spiffe://mesh.example/ns/a/sa/steady"]));
    const load = startLoad(port, "/");
    await waitUntil("the first entries", async () => (await counted("steady")) > 50);
    for (const round of [2, 3]) {
      const at = load.count();
      const hubPort = portNumber(hub.listeners.grpc);
      const shown = await shownSerial(hubPort);
      serve(authority.issue(`hub-${round}`, hubNames));
      await waitUntil("the new certificate", async () => (await shownSerial(hubPort)) !== shown);
      await waitUntil("more entries", async () => (await counted("steady")) > at + 200);
    }
    const sent = await load.stop();
    await settled(() => counted("steady"));
    expect(await counted("steady")).toBe(sent);
  });
});
