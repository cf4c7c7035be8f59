import { X509Certificate } from "node:crypto";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:https";
import { type AddressInfo, connect as dialPlain } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { createAuthority, type Identity } from "../../test/support/certificates.ts";
import { connectGrpc } from "../../test/support/grpc-client.ts";
import { startGrpc } from "../../test/support/grpc-server.ts";
import { clientStreaming, unary } from "./grpc-method.ts";
import { createTlsSource } from "./tls.ts";

const root = mkdtempSync(join(tmpdir(), "mixdown-tls-"));
const authority = createAuthority(join(root, "one"));
const stranger = createAuthority(join(root, "two"));
const server = authority.issue("server", ["DNS:localhost", "IP:127.0.0.1"]);
const client = authority.issue("client", ["URI:spiffe://Cluster.local/ns/a/sa/b"]);
const other = authority.issue("other", ["URI:spiffe://cluster.local/ns/a/sa/other", "DNS:x"]);
const nobody = authority.issue("nobody", ["DNS:nobody.example"]);
const two = authority.issue("two", ["URI:spiffe://cluster.local/ns/a/sa/b", "URI:spiffe://cluster.local/ns/a/sa/c"]);
const forged = stranger.issue("forged", ["URI:spiffe://cluster.local/ns/a/sa/b"]);
afterAll(() => rmSync(root, { recursive: true }));

const open: { close(): Promise<void> | void }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});

const as = (identity?: Identity): ConnectionOptions => ({
  ca: readFileSync(authority.ca),
  servername: "localhost",
  ...(identity && { cert: readFileSync(identity.cert), key: readFileSync(identity.key) }),
});

async function start(tls: Record<string, unknown>, limits: Record<string, unknown> = {}) {
  const reloads: string[] = [];
  const who = unary((_request, call) => Buffer.from(String(call.peer.spiffeId)));
  const log = clientStreaming(() => ({ message() {}, end: () => Buffer.from("ok") }));
  const started = await startGrpc(
    new Map([
      ["/t.S/Who", who],
      ["/t.S/Log", log],
    ]),
    { tls: { cert: server.cert, key: server.key, ...tls }, limits },
    {
      tlsEvents: { reloaded: () => void reloads.push("ok"), reloadFailed: ({ message }) => void reloads.push(message) },
    },
  );
  open.push(started.server);
  const dial = async (identity?: Identity, more: ConnectionOptions = {}) => {
    const connection = await connectGrpc(started.address, { ...as(identity), ...more });
    open.push(connection);
    return connection;
  };
  const ask = async (identity?: Identity, more?: ConnectionOptions) => {
    const { messages, status, resetCode } = await (await dial(identity, more)).unary("/t.S/Who", Buffer.of());
    return status === 0 ? String(messages[0]) : `refused ${status ?? resetCode}`;
  };
  return { ...started, reloads, dial, who: ask };
}

describe("TLS", () => {
  it("serves with a certificate", async () => {
    const { who } = await start({});
    expect(await who()).toBe("undefined");
  });

  it.each(["TLSv1.2", "TLSv1.3"] as const)("speaks %s", async (version) => {
    const { who } = await start({ clientCa: authority.ca });
    expect(await who(client, { minVersion: version, maxVersion: version })).toBe("spiffe://Cluster.local/ns/a/sa/b");
  });

  it("refuses TLS 1.1", async () => {
    const { dial, events } = await start({});
    await expect(dial(undefined, { minVersion: "TLSv1.1", maxVersion: "TLSv1.1" })).rejects.toThrow();
    await vi.waitFor(() => expect(events.refusals).toEqual(["tls"]));
  });

  it("says what it wants to a client without h2", async () => {
    const { address, events } = await start({});
    const [host, port] = address.split(":");
    const socket = connect({ host, port: Number(port), ...as() });
    socket.on("error", () => {});
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString()).toMatch(/^HTTP\/1\.1 505 .*offer h2 by ALPN/s);
    expect(events.refusals).toEqual(["alpn"]);
  });

  it("ends the handshake of a client that offers something else", async () => {
    const { address, events } = await start({});
    const [host, port] = address.split(":");
    const socket = connect({ host, port: Number(port), ...as(), ALPNProtocols: ["http/1.1"] });
    const [error] = await new Promise<[Error]>((resolve) => socket.once("error", (reason) => resolve([reason])));
    expect(error.message).toMatch(/application.protocol/i);
    await vi.waitFor(() => expect(events.refusals).toEqual(["tls"]));
  });

  it("drops a handshake that never completes", async () => {
    const { address, events, server: listening } = await start({}, { handshakeTimeoutMs: 60 });
    const [host, port] = address.split(":");
    const socket = dialPlain({ host, port: Number(port) });
    socket.on("error", () => {});
    socket.write(Buffer.of(0x16, 0x03, 0x01));
    await new Promise((resolve) => socket.once("close", resolve));
    expect(events.refusals).toEqual(["tls"]);
    expect(listening.live().connections).toBe(0);
  });
});

describe("clients", () => {
  it("may come without a certificate unless it is required", async () => {
    const { who, events } = await start({ clientCa: authority.ca });
    expect(await who()).toBe("undefined");
    expect(await who(client)).toBe("spiffe://Cluster.local/ns/a/sa/b");
    expect(await who(nobody)).toBe("undefined");
    expect(events.refusals).toEqual([]);
  });

  it.each([
    ["no certificate", undefined, {}, "no-certificate"],
    ["a foreign certificate", forged, {}, "certificate"],
    ["no SPIFFE id", nobody, { spiffe: ["cluster.local"] }, "spiffe"],
    ["two SPIFFE ids", two, { spiffe: ["cluster.local"] }, "spiffe"],
    ["another id", other, { spiffe: ["spiffe://cluster.local/ns/a/sa/b"] }, "spiffe"],
    ["another domain", client, { spiffe: ["elsewhere"] }, "spiffe"],
  ])("are refused with %s", async (_name, identity, more, reason) => {
    const {
      who,
      events,
      server: listening,
    } = await start({ clientCa: authority.ca, requireClientCert: true, ...more });
    expect(await who(identity)).toMatch(/^refused/);
    expect(events.refusals).toEqual([reason]);
    expect(listening.live()).toEqual({ connections: 0, calls: 0, heldBytes: 0 });
  });

  it("hear why", async () => {
    const { dial } = await start({ clientCa: authority.ca, spiffe: ["elsewhere"] });
    const connection = await dial(other);
    expect(await connection.goaway).toBe(
      "spiffe://cluster.local/ns/a/sa/other is not among the clients that may connect",
    );
  });

  it.each([
    ["by id", ["spiffe://CLUSTER.local/ns/a/sa/b"]],
    ["by trust domain", ["elsewhere", "cluster.LOCAL"]],
  ])("may connect %s", async (_name, spiffe) => {
    const { who } = await start({ clientCa: authority.ca, spiffe });
    expect(await who(client)).toBe("spiffe://Cluster.local/ns/a/sa/b");
  });

  it("stay who they are when TLS resumes a session", async () => {
    const { address, dial } = await start({ clientCa: authority.ca, spiffe: ["cluster.local"] });
    const session = await sessionOf(address);
    const connection = await dial(client, { session });
    expect((connection.session.socket as TLSSocket).isSessionReused()).toBe(true);
    const { messages } = await connection.unary("/t.S/Who", Buffer.of());
    expect(String(messages[0])).toBe("spiffe://Cluster.local/ns/a/sa/b");
  });
});

/** A TLS session that the client may resume. */
async function sessionOf(address: string): Promise<Buffer> {
  const [host, port] = address.split(":");
  const socket = connect({ host, port: Number(port), ...as(client), ALPNProtocols: ["h2"] });
  const session = await new Promise<Buffer>((resolve) => socket.once("session", resolve));
  socket.destroy();
  return session;
}

describe("files", () => {
  const bad = (name: string, text: string) => {
    const file = join(root, name);
    writeFileSync(file, text);
    return file;
  };
  const pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

  it.each([
    ["missing", { cert: join(root, "none.pem") }, /none\.pem: cannot read the certificate: ENOENT/],
    ["empty", { cert: bad("empty.pem", "") }, /empty\.pem: no PEM certificate in it/],
    ["damaged", { cert: bad("damaged.pem", pem) }, /damaged\.pem: certificate 1 of 1 is damaged/],
    ["no key", { key: bad("nokey.pem", "nothing") }, /nokey\.pem: no usable PEM private key/],
    [
      "another's key",
      { key: client.key },
      /client\.key: the key does not belong to the first certificate of .*server\.pem/,
    ],
    ["no CA", { clientCa: bad("noca.pem", "x") }, /noca\.pem: no PEM certificate in it/],
    ["a CA that is missing", { requireClientCert: true }, /tls: requireClientCert and spiffe need clientCa/],
    ["a bad id", { clientCa: authority.ca, spiffe: ["a/b"] }, /tls\.spiffe: "a\/b" is neither/],
  ])("that are %s end the start", async (_name, tls, message) => {
    await expect(start(tls)).rejects.toMatchObject({ code: "TLS_INVALID", message: expect.stringMatching(message) });
  });

  it("may hold several roots", async () => {
    const bundle = bad("bundle.pem", readFileSync(stranger.ca, "utf8") + readFileSync(authority.ca, "utf8"));
    const { who } = await start({ clientCa: bundle, requireClientCert: true });
    expect(await who(client)).toBe("spiffe://Cluster.local/ns/a/sa/b");
    expect(await who(forged)).toBe("spiffe://cluster.local/ns/a/sa/b");
  });
});

/** The serial number of the certificate a server shows. */
async function shown(address: string): Promise<string> {
  const [host, port] = address.split(":");
  const socket: TLSSocket = connect({ host, port: Number(port), ...as(), ALPNProtocols: ["h2"] });
  socket.on("error", () => {});
  await new Promise((resolve) => socket.once("secureConnect", resolve));
  const serial = socket.getPeerX509Certificate()!.serialNumber;
  socket.destroy();
  return serial;
}

const serialOf = ({ cert }: Identity) => new X509Certificate(readFileSync(cert)).serialNumber;

describe("rotation", () => {
  const next = authority.issue("next", ["DNS:localhost", "IP:127.0.0.1"]);

  it("follows Kubernetes' swapped symlink without dropping a stream", async () => {
    const mount = mkdtempSync(join(root, "mount-"));
    const version = (name: string, { cert, key }: Identity) => {
      mkdirSync(join(mount, name));
      copyFileSync(cert, join(mount, name, "tls.crt"));
      copyFileSync(key, join(mount, name, "tls.key"));
    };
    version("..v1", server);
    symlinkSync("..v1", join(mount, "..data"));
    for (const file of ["tls.crt", "tls.key"]) symlinkSync(join("..data", file), join(mount, file));
    const { address, dial, reloads } = await start({ cert: join(mount, "tls.crt"), key: join(mount, "tls.key") });
    const stream = (await dial()).call("/t.S/Log");
    stream.send(Buffer.from("before"));
    expect(await shown(address)).toBe(serialOf(server));

    version("..v2", next);
    symlinkSync("..v2", join(mount, "..data_tmp"));
    renameSync(join(mount, "..data_tmp"), join(mount, "..data"));
    await vi.waitFor(() => expect(reloads).toEqual(["ok"]), { timeout: 5000 });
    expect(await shown(address)).toBe(serialOf(next));
    stream.send(Buffer.from("after"));
    stream.end();
    expect((await stream.outcome).status).toBe(0);
  });

  it("waits for the key that belongs to the certificate", async () => {
    const folder = mkdtempSync(join(root, "pair-"));
    const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
    copyFileSync(server.cert, cert);
    copyFileSync(server.key, key);
    const { address, reloads } = await start({ cert, key });
    copyFileSync(next.cert, cert);
    await new Promise((resolve) => setTimeout(resolve, 400)); // it has seen the pair that does not fit
    expect(await shown(address)).toBe(serialOf(server));
    copyFileSync(next.key, key);
    await vi.waitFor(() => expect(reloads).toEqual(["ok"]), { timeout: 5000 });
    expect(await shown(address)).toBe(serialOf(next));
  });

  it("takes new roots for new connections", async () => {
    const folder = mkdtempSync(join(root, "roots-"));
    const clientCa = join(folder, "ca.pem");
    copyFileSync(authority.ca, clientCa);
    const { address, who, reloads } = await start({ clientCa, requireClientCert: true });
    expect(await who(client)).toMatch(/^spiffe/);
    const session = await sessionOf(address);
    copyFileSync(stranger.ca, clientCa);
    await vi.waitFor(() => expect(reloads).toEqual(["ok"]), { timeout: 5000 });
    expect(await who(client)).toMatch(/^refused/);
    expect(await who(client, { session })).toMatch(/^refused/); // nor by resuming
    expect(await who(forged)).toMatch(/^spiffe/);
  });
});

it("serves HTTP listeners as well", async () => {
  const source = createTlsSource({
    cert: server.cert,
    key: server.key,
    clientCa: authority.ca,
    requireClientCert: true,
  });
  const https = createServer(source.options(), (_request, response) => response.end("hello"));
  https.on("secureConnection", (socket: TLSSocket) => {
    if ("refused" in source.authorize(socket)) socket.destroy();
  });
  await new Promise<void>((resolve) => https.listen(0, "127.0.0.1", resolve));
  const { port } = https.address() as AddressInfo;
  open.push({ close: () => void https.close() }, source);
  const get = (identity?: Identity) =>
    new Promise<string>((resolve) => {
      const socket = connect({ port, host: "127.0.0.1", ...as(identity) });
      socket.on("error", () => resolve("refused"));
      socket.write("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
      let text = "";
      socket.on("data", (chunk) => {
        text += String(chunk);
      });
      socket.on("close", () => resolve(text || "refused"));
    });
  expect(await get(client)).toMatch(/hello/);
  expect(await get()).toBe("refused");
});
