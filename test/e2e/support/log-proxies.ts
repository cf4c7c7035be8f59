import { readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { fencesOf, root } from "../../support/documents.ts";
import { requirePeer } from "../../support/peers.ts";
import { type Child, startChild } from "./child.ts";
import { temporaryFolder } from "./folder.ts";
import { freePort } from "./prometheus.ts";
import { waitUntil } from "./wait.ts";

/** A proxy that pushes its log, with the ports of loopback it listens on. */
export interface LogProxy {
  readonly ports: Readonly<Record<string, number>>;
  stop(): Promise<number | string>;
}

/** The block of a page in one language. */
function documented(page: string, language: string): string {
  const found = fencesOf(page, readFileSync(root + page, "utf8")).find((fence) => fence.language === language);
  if (found === undefined) throw new Error(`${page} has no block of ${language}`);
  return found.text;
}

/** Replaces ports of a page by those of a test; a port that the page does not name is an error. */
function withPorts(text: string, ports: Readonly<Record<string, number | string>>): string {
  return Object.entries(ports).reduce((all, [shown, port]) => {
    if (!all.includes(`127.0.0.1:${shown}`)) throw new Error(`the page does not name 127.0.0.1:${shown}`);
    return all.replaceAll(`127.0.0.1:${shown}`, `127.0.0.1:${port}`);
  }, text);
}

async function listening(what: string, child: Child, port: number): Promise<void> {
  await waitUntil(what, () => {
    if (child.status() !== undefined) throw new Error(`${what} ended (${child.status()}):\n${child.stderr()}`);
    return canConnect(port);
  });
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}

/** nginx with what stands in its `http` block. */
async function startNginxWith(http: string, port: number): Promise<Pick<LogProxy, "stop">> {
  const folder = temporaryFolder("nginx");
  const bodies = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  const config = `
daemon off; master_process off; pid ${folder.path}/pid; error_log stderr crit;
events { worker_connections 256; }
http {
  ${bodies.map((kind) => `${kind}_temp_path ${folder.path}/${kind};`).join(" ")}
  ${http}
}
`;
  const file = join(folder.path, "nginx.conf");
  writeFileSync(file, config);
  const child = startChild(requirePeer("nginx"), ["-p", folder.path, "-c", file, "-e", "stderr"]);
  await listening("nginx", child, port);
  return { stop: () => child.stop().finally(folder.remove) };
}

/** nginx that asks as docs/ext-authz.md shows it, on the HTTP listener of a hub. */
export async function startAskingNginx(hub: number, app: number): Promise<LogProxy> {
  const http = await freePort();
  const asking = `
  access_log off;
  upstream app { server 127.0.0.1:${app}; }
  server { listen 127.0.0.1:${http}; ${withPorts(documented("docs/ext-authz.md", "nginx"), { 4318: hub })} }`;
  return { ports: { http }, ...(await startNginxWith(asking, http)) };
}

/** nginx with the log format of docs/nginx.md, before an HTTP and a gRPC upstream; `log` is the port of syslog over UDP. */
export async function startNginx(log: number, http: number, grpc: number): Promise<LogProxy> {
  const ports = { http: await freePort(), grpc: await freePort() };
  const refused = await freePort();
  const logging = `
  ${withPorts(documented("docs/nginx.md", "nginx"), { 5514: log })}
  keepalive_requests 100000;
  upstream app { server 127.0.0.1:${http}; keepalive 8; }
  upstream gone { server 127.0.0.1:${refused}; }
  upstream flaky { server 127.0.0.1:${refused} max_fails=0; server 127.0.0.1:${http} backup; }
  server {
    listen 127.0.0.1:${ports.http};
    location /local { return 418; }
    location /status/ { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ""; }
    location /delay/ { proxy_pass http://app; }
    location /gone { proxy_pass http://gone; }
    location /flaky { proxy_pass http://flaky; }
  }
  server { listen 127.0.0.1:${ports.grpc} http2; location / { grpc_pass grpc://127.0.0.1:${grpc}; } }`;
  return { ports, ...(await startNginxWith(logging, ports.http)) };
}

/** HAProxy as docs/haproxy.md has it, before an HTTP and a TCP upstream; `log` is the port of syslog over TCP, or of UDP. */
export async function startHaproxy(
  log: { tcp: number } | { udp: number },
  http: number,
  tcp: number,
): Promise<LogProxy> {
  const folder = temporaryFolder("haproxy");
  const ports = { http: await freePort(), tcp: await freePort() };
  const upstreams = { 8000: ports.http, 8001: http, 8002: ports.tcp, 8003: tcp };
  const text = withPorts(documented("docs/haproxy.md", "haproxy"), upstreams);
  const config =
    "tcp" in log
      ? withPorts(text, { 5515: log.tcp })
      : text.replace(/^ {2}log ring@mixdown/m, `  log 127.0.0.1:${log.udp}`).replace(/^ring mixdown[\s\S]*?\n\n/m, "");
  const file = join(folder.path, "haproxy.cfg");
  writeFileSync(file, config);
  const child = startChild(requirePeer("haproxy"), ["-db", "-f", file]);
  await listening("HAProxy", child, ports.http);
  return { ports, stop: () => child.stop("SIGTERM", 2000).finally(folder.remove) };
}
