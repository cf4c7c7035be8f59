import type { Attribute } from "./attribute.ts";

/** The attributes of the two sides: who talks to whom. */
export const peersAttributes = [
  {
    name: "origin.ip",
    type: "IP_ADDRESS",
    meaning: "Address of the client behind proxies.",
    accessLog: "downstream_remote_address",
    check: "client by x-forwarded-for with the listener's `trustedHops`, else source.address",
    otel: "client.address",
    spanField: "SERVER: client.address, http.client_ip",
  },
  { name: "origin.uid", type: "STRING", meaning: "Id of the origin workload." },
  { name: "origin.user", type: "STRING", meaning: "User of the origin." },
  {
    name: "source.workload.name",
    type: "STRING",
    meaning: "Name of the workload (deployment, job, ...) of the source.",
    accessLog:
      "outbound, node: metadata WORKLOAD_NAME; plain Envoy: node.cluster; inbound: downstream_peer.workload, else header x-envoy-downstream-service-cluster, else `enrich`",
    check: "source.service, else `enrich`",
    spanField: "CLIENT: k8s.deployment.name and the like, else service.name; SERVER: downstream_cluster",
  },
  {
    name: "source.workload.namespace",
    type: "STRING",
    meaning: "Namespace of the workload of the source.",
    accessLog: "outbound, node: metadata NAMESPACE; inbound: downstream_peer.namespace, else `enrich`",
    spanField: "CLIENT: istio.namespace, k8s.namespace.name, service.namespace",
  },
  {
    name: "source.workload.uid",
    type: "STRING",
    meaning: "Unique id of the workload of the source: `istio://namespace/workloads/name`.",
    accessLog: "outbound, node: from name and namespace; inbound: the same of downstream_peer, else `enrich`",
  },
  {
    name: "source.name",
    type: "STRING",
    meaning: "Name of the pod of the source.",
    accessLog: "outbound, node: metadata NAME; inbound: downstream_peer.name, else `enrich`",
    spanField: "CLIENT: pod in node_id, k8s.pod.name",
  },
  {
    name: "source.namespace",
    type: "STRING",
    meaning: "Namespace of the pod of the source.",
    accessLog:
      "outbound, node: metadata NAMESPACE; inbound: downstream_peer.namespace, else peer certificate, else trusted x-forwarded-client-cert, else `enrich`",
    check: "namespace part of source.principal",
    spanField: "CLIENT: istio.namespace, k8s.namespace.name, service.namespace",
  },
  {
    name: "source.uid",
    type: "STRING",
    meaning: "Unique id of the pod of the source: `kubernetes://pod.namespace`.",
    accessLog:
      "outbound, node: from name and namespace; plain Envoy: node.id; inbound: the same of downstream_peer, else `enrich`",
    spanField: "CLIENT: of pod and namespace, node_id",
  },
  {
    name: "source.owner",
    type: "STRING",
    meaning: "Controller of the workload of the source.",
    accessLog: "outbound, node: metadata OWNER; inbound: downstream_peer.type and workload, else `enrich`",
  },
  {
    name: "source.serviceAccount",
    type: "STRING",
    meaning: "Service account of the source.",
    accessLog:
      "outbound, node: metadata SERVICE_ACCOUNT; inbound: downstream_peer.identity, else peer certificate, else trusted x-forwarded-client-cert, else `enrich`",
    check: "service account part of source.principal",
  },
  {
    name: "source.labels",
    type: "STRING_MAP",
    meaning: "Labels of the workload of the source.",
    accessLog: "outbound, node: metadata LABELS; inbound: downstream_peer.labels, app, version, else `enrich`",
    check: "`enrich`",
  },
  {
    name: "source.metadata",
    type: "STRING_MAP",
    meaning: "Metadata of the workload of the source.",
    accessLog: "inbound: `enrich`",
  },
  {
    name: "source.principal",
    type: "STRING",
    meaning: "Authenticated identity of the source: its SPIFFE id without the scheme.",
    accessLog:
      "outbound, node: local certificate; inbound: downstream_peer.identity, else peer certificate, else trusted x-forwarded-client-cert, else `enrich`",
    check: "source.principal without scheme",
  },
  {
    name: "source.ip",
    type: "IP_ADDRESS",
    meaning: "Address of the source.",
    accessLog: "downstream_direct_remote_address",
    check: "source.address",
    spanField: "SERVER: network.peer.address, peer.address; CLIENT: network.local.address, peer.address",
  },
  {
    name: "source.canonical.name",
    type: "STRING",
    meaning: "Canonical service name of the source.",
    ours: true,
    accessLog:
      "outbound, node: label service.istio.io/canonical-name, app.kubernetes.io/name or app, else the workload; inbound: downstream_peer.service, else `enrich`",
    spanField: "CLIENT: istio.canonical_service, service.name",
  },
  {
    name: "source.canonical.revision",
    type: "STRING",
    meaning: "Canonical revision of the source.",
    ours: true,
    accessLog:
      "outbound, node: label service.istio.io/canonical-revision, app.kubernetes.io/version or version; inbound: downstream_peer.revision, else `enrich`",
    spanField: "CLIENT: istio.canonical_revision, service.version",
  },
  {
    name: "source.cluster.id",
    type: "STRING",
    meaning: "Id of the Kubernetes cluster of the source.",
    ours: true,
    accessLog: "outbound, node: metadata CLUSTER_ID; inbound: downstream_peer.cluster, else `enrich`",
    spanField: "CLIENT: istio.cluster_id, k8s.cluster.name",
  },
  {
    name: "source.version",
    type: "STRING",
    meaning: "Version of the source: its label version, else the canonical revision.",
    ours: true,
    accessLog:
      "outbound, node: label version, else canonical revision; inbound: the same of downstream_peer, else `enrich`",
  },
  {
    name: "source.user",
    type: "STRING",
    meaning: "Older name of source.principal.",
    accessLog: "as source.principal",
    check: "as source.principal",
  },
  { name: "source.services", type: "STRING", meaning: "Services of the source." },
  {
    name: "destination.workload.name",
    type: "STRING",
    meaning: "Name of the workload (deployment, job, ...) of the destination.",
    accessLog:
      "inbound, node: metadata WORKLOAD_NAME; plain Envoy: node.cluster; outbound: upstream_peer.workload, else `enrich`",
    spanField: "SERVER: k8s.deployment.name and the like, else service.name; CLIENT: service.peer.name, peer.service",
  },
  {
    name: "destination.workload.namespace",
    type: "STRING",
    meaning: "Namespace of the workload of the destination.",
    accessLog: "inbound, node: metadata NAMESPACE; outbound: upstream_peer.namespace, else `enrich`",
    spanField: "SERVER: istio.namespace, k8s.namespace.name, service.namespace",
  },
  {
    name: "destination.workload.uid",
    type: "STRING",
    meaning: "Unique id of the workload of the destination: `istio://namespace/workloads/name`.",
    accessLog: "inbound, node: from name and namespace; outbound: the same of upstream_peer, else `enrich`",
  },
  {
    name: "destination.name",
    type: "STRING",
    meaning: "Name of the pod of the destination.",
    accessLog: "inbound, node: metadata NAME; outbound: upstream_peer.name, else `enrich`",
    spanField: "SERVER: pod in node_id, k8s.pod.name",
  },
  {
    name: "destination.namespace",
    type: "STRING",
    meaning: "Namespace of the pod of the destination.",
    accessLog: "inbound, node: metadata NAMESPACE; outbound: upstream_peer.namespace, else `enrich`",
    check: "namespace part of destination.principal",
    spanField: "SERVER: istio.namespace, k8s.namespace.name, service.namespace",
  },
  {
    name: "destination.uid",
    type: "STRING",
    meaning: "Unique id of the pod of the destination: `kubernetes://pod.namespace`.",
    accessLog:
      "inbound, node: from name and namespace; plain Envoy: node.id; outbound: the same of upstream_peer, else `enrich`",
    spanField: "SERVER: of pod and namespace, node_id",
  },
  {
    name: "destination.owner",
    type: "STRING",
    meaning: "Controller of the workload of the destination.",
    accessLog: "inbound, node: metadata OWNER; outbound: upstream_peer.type and workload, else `enrich`",
  },
  {
    name: "destination.serviceAccount",
    type: "STRING",
    meaning: "Service account of the destination.",
    accessLog: "inbound, node: metadata SERVICE_ACCOUNT; outbound: upstream_peer.identity, else `enrich`",
    check: "service account part of destination.principal",
  },
  {
    name: "destination.labels",
    type: "STRING_MAP",
    meaning: "Labels of the workload of the destination.",
    accessLog: "inbound, node: metadata LABELS; outbound: upstream_peer.labels, app, version, else `enrich`",
    check: "destination.labels, else the handler's `workloads` table",
  },
  {
    name: "destination.metadata",
    type: "STRING_MAP",
    meaning: "Metadata of the workload of the destination.",
    accessLog: "outbound: `enrich`",
  },
  {
    name: "destination.principal",
    type: "STRING",
    meaning: "Authenticated identity of the destination: its SPIFFE id without the scheme.",
    accessLog: "inbound, node: local certificate; outbound: upstream_peer.identity, else `enrich`",
    check: "destination.principal without scheme",
  },
  {
    name: "destination.ip",
    type: "IP_ADDRESS",
    meaning: "Address of the destination.",
    accessLog: "inbound: downstream_local_address; outbound: upstream_remote_address",
    check: "destination.address",
    spanField: "CLIENT: network.peer.address, upstream_address; SERVER: network.local.address",
  },
  {
    name: "destination.canonical.name",
    type: "STRING",
    meaning: "Canonical service name of the destination.",
    ours: true,
    accessLog:
      "inbound, node: label service.istio.io/canonical-name, app.kubernetes.io/name or app, else the workload; outbound: upstream_peer.service, else `enrich`",
    spanField: "SERVER: istio.canonical_service, service.name; CLIENT: service.peer.name, peer.service",
  },
  {
    name: "destination.canonical.revision",
    type: "STRING",
    meaning: "Canonical revision of the destination.",
    ours: true,
    accessLog:
      "inbound, node: label service.istio.io/canonical-revision, app.kubernetes.io/version or version; outbound: upstream_peer.revision, else `enrich`",
    spanField: "SERVER: istio.canonical_revision, service.version",
  },
  {
    name: "destination.cluster.id",
    type: "STRING",
    meaning: "Id of the Kubernetes cluster of the destination.",
    ours: true,
    accessLog: "inbound, node: metadata CLUSTER_ID; outbound: upstream_peer.cluster, else `enrich`",
    spanField: "SERVER: istio.cluster_id, k8s.cluster.name",
  },
  {
    name: "destination.version",
    type: "STRING",
    meaning: "Version of the destination: its label version, else the canonical revision.",
    ours: true,
    accessLog:
      "inbound, node: label version, else canonical revision; outbound: the same of upstream_peer, else `enrich`",
  },
  {
    name: "destination.port",
    type: "INT64",
    meaning: "Port of the destination.",
    accessLog: "port of the address of destination.ip",
    check: "destination.address",
  },
  { name: "destination.container.name", type: "STRING", meaning: "Container of the destination." },
  {
    name: "destination.service.uid",
    type: "STRING",
    meaning: "Unique id of the destination service: `istio://namespace/services/name`.",
    accessLog: "from the two labels of a `*.svc.*` host",
  },
  {
    name: "destination.service.host",
    type: "STRING",
    meaning: "Host of the destination service.",
    accessLog:
      "host of `outbound|port|subset|host`; inbound, and outbound without a cluster (except NR and NC): authority without port, `a` and `a.b` completed with the node's namespace and domain; plain Envoy: authority without port",
    spanField: "as access logs: of upstream_cluster, else request.host",
  },
  {
    name: "destination.service.name",
    type: "STRING",
    meaning:
      "Name of the destination service, or Istio's name for traffic to none: PassthroughCluster, BlackHoleCluster, InboundPassthroughCluster.",
    accessLog:
      "first label of a `*.svc.*` host; inbound with any other authority: the node's canonical name; plain Envoy: upstream_cluster",
    spanField:
      "as access logs: of upstream_cluster, else request.host; without a proxy, SERVER: service.name, CLIENT: service.peer.name, peer.service",
  },
  {
    name: "destination.service.namespace",
    type: "STRING",
    meaning: "Namespace of the destination service.",
    accessLog: "second label of a `*.svc.*` host; inbound with any other authority: the node's namespace",
    spanField: "as access logs; without a proxy, SERVER: k8s.namespace.name, service.namespace",
  },
  {
    name: "destination.service.subset",
    type: "STRING",
    meaning: "Subset of the destination service.",
    ours: true,
    accessLog: "subset of `outbound|port|subset|host`",
    spanField: "of upstream_cluster",
  },
] as const satisfies readonly Attribute[];
