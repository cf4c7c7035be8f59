/** Anything that can stand in a bootstrap, which Envoy reads as JSON. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Who the proxy says it is. */
export interface NodeIdentity {
  readonly id: string;
  readonly cluster: string;
  readonly metadata?: { readonly [key: string]: Json };
}

/** One destination of the proxy; without a port it has no endpoints. */
export interface Cluster {
  readonly name: string;
  readonly port?: number;
  readonly http2?: boolean;
  /** Takes no request at all: every one overflows the circuit breaker. */
  readonly closed?: boolean;
  readonly tls?: TlsFiles;
}

/** PEM files of one side and the roots the other side must chain to. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

/** One route of an HTTP listener: to a cluster, or answered by the proxy itself. */
export interface Route {
  readonly prefix: string;
  readonly cluster?: string;
  readonly timeoutMs?: number;
  readonly status?: number;
}

interface ListenerBase {
  readonly name: string;
  readonly logName: string;
  readonly direction?: "INBOUND" | "OUTBOUND";
  readonly tls?: TlsFiles;
}

/** A listener that speaks HTTP/1.1 and HTTP/2 and logs every request. */
export interface HttpListener extends ListenerBase {
  readonly kind: "http";
  readonly routes: readonly Route[];
  /** Its default access log goes to this file, too. */
  readonly logFile?: string;
  /** Start and periodic entries too, the latter this often. */
  readonly periodicMs?: number;
  /** Headers of requests that are logged, beside content-type. */
  readonly logHeaders?: readonly string[];
  /** Asks the hub before each request. */
  readonly checked?: boolean;
  /** Keeps the x-request-id that a request comes with, as between sidecars. */
  readonly keepsRequestId?: boolean;
}

/** A listener that passes connections on and logs each. */
export interface TcpListener extends ListenerBase {
  readonly kind: "tcp";
  readonly cluster: string;
  readonly periodicMs?: number;
}

/** How a proxy traces: every request, with a span of its own for each attempt at the upstream. */
export interface Tracing {
  readonly protocol: "otlp-grpc" | "otlp-http" | "zipkin";
  /** The hub's HTTP port on loopback, which all but OTLP over gRPC go to. */
  readonly httpPort: number;
  readonly service: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Nothing is logged: only spans tell. */
  readonly only?: boolean;
}

/**
 * Statistics over the metrics service: totals, growth since the last time, or growth with tags as labels in messages of twenty; or over
 * OTLP, as totals or as growth.
 */
export type Statistics = "totals" | "growth" | "labels" | "otlp-totals" | "otlp-growth";

/** A proxy to start. */
export interface ProxySettings {
  readonly node: NodeIdentity;
  /** The hub's gRPC port on loopback. */
  readonly hubPort: number;
  /** How it proves who it is to the hub; clear text without. */
  readonly hubTls?: TlsFiles;
  readonly listeners: readonly (HttpListener | TcpListener)[];
  readonly clusters: readonly Cluster[];
  /** How often buffered entries go out. */
  readonly flushMs?: number;
  /** Its own statistics go to the hub, too, every second. */
  readonly statistics?: Statistics;
  readonly tracing?: Tracing;
}

const hubCluster = "mixdown-hub";
const hubHttpCluster = "mixdown-hub-http";
const type = (name: string) => `type.googleapis.com/${name}`;
const loopback = (port: number): Json => ({ socket_address: { address: "127.0.0.1", port_value: port } });
const seconds = (ms: number): Json => `${ms / 1000}s`;

/** The whole bootstrap of a proxy: listeners and admin on free ports, access logs to the hub. */
export function bootstrap(proxy: ProxySettings): Json {
  const { id, cluster, metadata = {} } = proxy.node;
  const hub: Cluster[] = [{ name: hubCluster, port: proxy.hubPort, http2: true, tls: proxy.hubTls }];
  if (proxy.tracing) hub.push({ name: hubHttpCluster, port: proxy.tracing.httpPort });
  return {
    node: { id, cluster, metadata },
    admin: { address: loopback(0) },
    ...(proxy.statistics && {
      stats_flush_interval: "1s",
      stats_sinks: [statisticsSink(proxy.statistics, proxy.node)],
    }),
    static_resources: {
      listeners: proxy.listeners.map((listener) => toListener(listener, proxy)),
      clusters: [...proxy.clusters, ...hub].map(toCluster),
    },
    ...(proxy.tracing && { layered_runtime: { layers: [{ name: "flush", static_layer: spanFlush }] } }),
  };
}

const spanFlush: Json = {
  "tracing.opentelemetry.flush_interval_ms": 200,
  "tracing.zipkin.flush_interval_ms": 200,
};

function tracingOf({ protocol, service, tags }: Tracing): Json {
  return {
    random_sampling: { value: 100 },
    spawn_upstream_span: true,
    custom_tags: Object.entries(tags).map(([tag, value]) => ({ tag, literal: { value } })),
    provider: protocol === "zipkin" ? zipkinTracer() : otlpTracer(protocol, service),
  };
}

function otlpTracer(protocol: "otlp-grpc" | "otlp-http", service: string): Json {
  const uri = { uri: `http://hub.example/v1/traces`, cluster: hubHttpCluster, timeout: "1s" };
  return {
    name: "envoy.tracers.opentelemetry",
    typed_config: {
      "@type": type("envoy.config.trace.v3.OpenTelemetryConfig"),
      service_name: service,
      ...(protocol === "otlp-grpc"
        ? { grpc_service: { envoy_grpc: { cluster_name: hubCluster } } }
        : { http_service: { http_uri: uri } }),
    },
  };
}

function zipkinTracer(): Json {
  return {
    name: "envoy.tracers.zipkin",
    typed_config: {
      "@type": type("envoy.config.trace.v3.ZipkinConfig"),
      collector_cluster: hubHttpCluster,
      collector_endpoint: "/api/v2/spans",
      collector_endpoint_version: "HTTP_JSON",
      trace_id_128bit: true,
      shared_span_context: false,
    },
  };
}

function statisticsSink(values: Statistics, { id, cluster }: NodeIdentity): Json {
  if (values === "otlp-totals" || values === "otlp-growth") return otlpSink(values === "otlp-growth", id, cluster);
  const withLabels = { emit_tags_as_labels: true, histogram_emit_mode: "HISTOGRAM", batch_size: 20 };
  return {
    name: "envoy.stat_sinks.metrics_service",
    typed_config: {
      "@type": type("envoy.config.metrics.v3.MetricsServiceConfig"),
      transport_api_version: "V3",
      report_counters_as_deltas: values !== "totals",
      ...(values === "labels" && withLabels),
      grpc_service: { envoy_grpc: { cluster_name: hubCluster } },
    },
  };
}

function otlpSink(asGrowth: boolean, id: string, cluster: string): Json {
  const attributes = { "service.name": cluster, "service.instance.id": id };
  const detector = type(
    "envoy.extensions.tracers.opentelemetry.resource_detectors.v3.StaticConfigResourceDetectorConfig",
  );
  return {
    name: "envoy.stat_sinks.open_telemetry",
    typed_config: {
      "@type": type("envoy.extensions.stat_sinks.open_telemetry.v3.SinkConfig"),
      report_counters_as_deltas: asGrowth,
      report_histograms_as_deltas: asGrowth,
      prefix: "envoy",
      resource_detectors: [
        {
          name: "envoy.tracers.opentelemetry.resource_detectors.static_config",
          typed_config: { "@type": detector, attributes },
        },
      ],
      grpc_service: { envoy_grpc: { cluster_name: hubCluster } },
    },
  };
}

function toListener(
  listener: HttpListener | TcpListener,
  { flushMs = 200, tracing }: Pick<ProxySettings, "flushMs" | "tracing">,
): Json {
  const filter = listener.kind === "http" ? connectionManager(listener, flushMs, tracing) : tcpProxy(listener, flushMs);
  return {
    name: listener.name,
    address: loopback(0),
    ...(listener.direction && { traffic_direction: listener.direction }),
    ...(listener.tls && { listener_filters: [tlsInspector()] }),
    filter_chains: [{ filters: [filter], ...(listener.tls && { transport_socket: downstreamTls(listener.tls) }) }],
  };
}

function connectionManager(listener: HttpListener, flushMs: number, tracing?: Tracing): Json {
  const { periodicMs, logFile, logHeaders } = listener;
  return {
    name: "envoy.filters.network.http_connection_manager",
    typed_config: {
      "@type": type("envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"),
      stat_prefix: listener.name,
      codec_type: "AUTO",
      ...(listener.keepsRequestId && { preserve_external_request_id: true }),
      access_log: [
        ...(tracing?.only ? [] : [accessLog("http", listener.logName, flushMs, logHeaders)]),
        ...(logFile ? [fileLog(logFile)] : []),
      ],
      ...(periodicMs && {
        access_log_options: { flush_access_log_on_new_request: true, access_log_flush_interval: seconds(periodicMs) },
      }),
      ...(tracing && { tracing: tracingOf(tracing) }),
      http_filters: [
        ...(listener.checked ? [authorization()] : []),
        {
          name: "envoy.filters.http.router",
          typed_config: { "@type": type("envoy.extensions.filters.http.router.v3.Router") },
        },
      ],
      route_config: {
        name: listener.name,
        virtual_hosts: [{ name: "all", domains: ["*"], routes: listener.routes.map(toRoute) }],
      },
    },
  };
}

function authorization(): Json {
  return {
    name: "envoy.filters.http.ext_authz",
    typed_config: {
      "@type": type("envoy.extensions.filters.http.ext_authz.v3.ExtAuthz"),
      transport_api_version: "V3",
      grpc_service: { envoy_grpc: { cluster_name: hubCluster }, timeout: "5s" },
    },
  };
}

function toRoute({ prefix, cluster, timeoutMs = 0, status = 200 }: Route): Json {
  const action: Json = cluster
    ? { route: { ...target(cluster), timeout: seconds(timeoutMs) } }
    : { direct_response: { status } };
  return { name: `route ${prefix}`, match: { prefix }, ...(action as { [key: string]: Json }) };
}

/** A cluster written as `$header` is taken from that request header, and so may be one that does not exist. */
function target(cluster: string): { [key: string]: Json } {
  return cluster.startsWith("$") ? { cluster_header: cluster.slice(1) } : { cluster };
}

function tcpProxy(listener: TcpListener, flushMs: number): Json {
  const { periodicMs } = listener;
  return {
    name: "envoy.filters.network.tcp_proxy",
    typed_config: {
      "@type": type("envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy"),
      stat_prefix: listener.name,
      cluster: listener.cluster,
      access_log: [accessLog("tcp", listener.logName, flushMs)],
      ...(periodicMs && {
        access_log_options: {
          access_log_flush_interval: seconds(periodicMs),
          flush_access_log_on_connected: true,
          flush_access_log_on_start: true,
        },
      }),
    },
  };
}

function accessLog(kind: "http" | "tcp", logName: string, flushMs: number, logHeaders: readonly string[] = []): Json {
  const common = {
    log_name: logName,
    transport_api_version: "V3",
    grpc_service: { envoy_grpc: { cluster_name: hubCluster } },
    buffer_flush_interval: seconds(flushMs),
  };
  const headers = {
    additional_request_headers_to_log: ["content-type", ...logHeaders],
    additional_response_headers_to_log: ["content-type", "grpc-status"],
    additional_response_trailers_to_log: ["grpc-status"],
  };
  const message = kind === "http" ? "HttpGrpcAccessLogConfig" : "TcpGrpcAccessLogConfig";
  return {
    name: `envoy.access_loggers.${kind}_grpc`,
    typed_config: {
      "@type": type(`envoy.extensions.access_loggers.grpc.v3.${message}`),
      common_config: common,
      ...(kind === "http" && headers),
    },
  };
}

function fileLog(path: string): Json {
  return {
    name: "envoy.access_loggers.file",
    typed_config: { "@type": type("envoy.extensions.access_loggers.file.v3.FileAccessLog"), path },
  };
}

function tlsInspector(): Json {
  return {
    name: "envoy.filters.listener.tls_inspector",
    typed_config: { "@type": type("envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector") },
  };
}

function commonTls({ cert, key, ca }: TlsFiles) {
  return {
    tls_certificates: [{ certificate_chain: { filename: cert }, private_key: { filename: key } }],
    validation_context: { trusted_ca: { filename: ca } },
  };
}

function downstreamTls(files: TlsFiles): Json {
  return {
    name: "envoy.transport_sockets.tls",
    typed_config: {
      "@type": type("envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext"),
      require_client_certificate: true,
      common_tls_context: commonTls(files),
    },
  };
}

function upstreamTls(files: TlsFiles, protocol: string): Json {
  return {
    name: "envoy.transport_sockets.tls",
    typed_config: {
      "@type": type("envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext"),
      common_tls_context: { ...commonTls(files), alpn_protocols: [protocol] },
    },
  };
}

function toCluster({ name, port, http2, closed, tls }: Cluster): Json {
  const endpoints = port === undefined ? [] : [{ lb_endpoints: [{ endpoint: { address: loopback(port) } }] }];
  return {
    name,
    type: "STATIC",
    connect_timeout: "1s",
    load_assignment: { cluster_name: name, endpoints },
    ...(http2 && { typed_extension_protocol_options: http2Options() }),
    ...(closed && {
      circuit_breakers: { thresholds: [{ max_connections: 1, max_pending_requests: 0, max_requests: 0 }] },
    }),
    ...(tls && { transport_socket: upstreamTls(tls, http2 ? "h2" : "http/1.1") }),
  };
}

function http2Options(): Json {
  const name = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
  return { [name]: { "@type": type(name), explicit_http_config: { http2_protocol_options: {} } } };
}
