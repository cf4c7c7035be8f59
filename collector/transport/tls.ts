import type { TLSSocket, TlsOptions } from "node:tls";
import type { TlsConfig } from "../config/schema.ts";
import type { RefusalReason } from "./events.ts";
import { createSpiffeList, parseSpiffeId, type SpiffeId, uriOf } from "./spiffe.ts";
import { invalid, readTlsFiles, type TlsFiles } from "./tls-files.ts";
import { watchFolders } from "./tls-watch.ts";

/** What becomes of certificates that changed. */
export interface TlsEvents {
  /** New files are in use for new connections. */
  reloaded(): void;
  /** The files do not fit together, even after a while; the old ones stay in use. */
  reloadFailed(error: Error): void;
}

/** Whether a client may stay, and who it is. */
export type PeerIdentity =
  | { readonly spiffeId: string | undefined }
  | { readonly refused: Extract<RefusalReason, "no-certificate" | "certificate" | "spiffe">; readonly message: string };

/** TLS of one listener, whatever protocol runs on it. */
export interface TlsSource {
  /** Options for `tls.createServer`, `https.createServer` or `http2.createSecureServer`; add ALPN yourself. */
  options(): TlsOptions;
  /** Hands new options to `listener` when the files change, for `server.setSecureContext`; open connections stay. */
  onChange(listener: (options: TlsOptions) => void): void;
  /** Checks a client after the handshake. The server lets everyone through until here, so that refusals can be counted. */
  authorize(socket: TLSSocket): PeerIdentity;
  /** Stops watching the files. */
  close(): void;
}

const retryMs = 250;
const retries = 20;
const silent: TlsEvents = { reloaded() {}, reloadFailed() {} };

/** Opens the files of a listener's TLS and keeps watching them. Throws TLS_INVALID naming the file or the setting. */
export function createTlsSource(config: TlsConfig, events: TlsEvents = silent): TlsSource {
  const mayConnect = spiffeListOf(config);
  const listeners: ((options: TlsOptions) => void)[] = [];
  let files = readTlsFiles(config);
  let retry: NodeJS.Timeout | undefined;

  const reload = (left: number) => {
    clearTimeout(retry);
    try {
      const fresh = readTlsFiles(config);
      if (sameFiles(files, fresh)) return;
      files = fresh;
      for (const listener of listeners) listener(toOptions(files));
      events.reloaded();
    } catch (error) {
      // Key and chain may be seen from different moments of a rotation.
      if (left === 0) events.reloadFailed(error instanceof Error ? error : new Error(String(error)));
      else retry = setTimeout(() => reload(left - 1), retryMs).unref();
    }
  };
  const unwatch = watchFolders(
    [config.cert, config.key, config.clientCa].filter((file) => file !== undefined),
    () => reload(retries),
  );

  return {
    options: () => toOptions(files),
    onChange: (listener) => void listeners.push(listener),
    authorize: (socket) => authorize(socket, config, mayConnect),
    close() {
      clearTimeout(retry);
      unwatch();
    },
  };
}

function toOptions(files: TlsFiles): TlsOptions {
  return { ...files, minVersion: "TLSv1.2", requestCert: files.ca !== undefined, rejectUnauthorized: false };
}

function sameFiles(a: TlsFiles, b: TlsFiles): boolean {
  return a.cert === b.cert && a.key === b.key && a.ca === b.ca;
}

function spiffeListOf(config: TlsConfig): ((id: SpiffeId) => boolean) | undefined {
  if (config.clientCa === undefined && (config.requireClientCert || config.spiffe !== undefined)) {
    throw invalid("tls", "requireClientCert and spiffe need clientCa, the roots that client certificates chain to");
  }
  if (config.spiffe === undefined) return undefined;
  try {
    return createSpiffeList(config.spiffe);
  } catch (error) {
    throw invalid("tls.spiffe", error instanceof Error ? error.message : String(error), error);
  }
}

function authorize(socket: TLSSocket, config: TlsConfig, mayConnect?: (id: SpiffeId) => boolean): PeerIdentity {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) {
    if (!config.requireClientCert && mayConnect === undefined) return { spiffeId: undefined };
    return { refused: "no-certificate", message: "a client certificate is required" };
  }
  if (!socket.authorized) {
    const reason = String(socket.authorizationError ?? "unknown");
    return { refused: "certificate", message: `the client certificate does not verify: ${reason}` };
  }
  const uri = uriOf(certificate);
  const id = uri === undefined || certificate.ca ? undefined : parseSpiffeId(uri);
  if (mayConnect === undefined) return { spiffeId: id && uri };
  if (id === undefined) return { refused: "spiffe", message: "the client certificate carries no SPIFFE id" };
  if (!mayConnect(id)) return { refused: "spiffe", message: `${uri} is not among the clients that may connect` };
  return { spiffeId: uri };
}
