import { describe, expect, it } from "vitest";
import { sidecarNode } from "../../test/support/access-log-entry.ts";
import { type PeerField, peerFieldNumber } from "./peer.ts";
import { parseIstioNodeId, toReporter } from "./reporter.ts";

describe("a node id of Istio", () => {
  it("is taken apart", () => {
    expect(parseIstioNodeId("sidecar~10.0.0.1~app-1.default~default.svc.cluster.local")).toEqual({
      type: "sidecar",
      ip: "10.0.0.1",
      pod: "app-1",
      namespace: "default",
      domain: "cluster.local",
    });
    expect(parseIstioNodeId("router~2001:DB8:0::1~gw.x.istio-system~istio-system.svc.corp.example")).toEqual({
      type: "router",
      ip: "2001:db8::1",
      pod: "gw.x",
      namespace: "istio-system",
      domain: "corp.example",
    });
    expect(parseIstioNodeId("sidecar~~pod~")).toEqual({
      type: "sidecar",
      ip: undefined,
      pod: "pod",
      namespace: undefined,
      domain: "cluster.local",
    });
  });

  it.each(["", "edge-1", "a~b~c", "~1~a.b~c", "sidecar~1~~c", "a~b~c~d~e"])("is not %s", (id) => {
    expect(parseIstioNodeId(id)).toBeUndefined();
  });
});

describe("a reporter's own side", () => {
  const field = (metadata: Record<string, unknown>, name: PeerField) =>
    toReporter({ ...sidecarNode, metadata: metadata as typeof sidecarNode.metadata }).self[peerFieldNumber(name)];

  it.each<[string, Record<string, unknown>, PeerField, unknown]>([
    ["pod by id", {}, "name", "app-1"],
    ["namespace by id", {}, "namespace", "default"],
    ["no workload", {}, "workload.name", undefined],
    ["no uid of it", {}, "workload.uid", undefined],
    ["no labels", { LABELS: {} }, "labels", undefined],
    ["labels that are text", { LABELS: { a: "1", b: 2 } }, "labels", new Map([["a", "1"]])],
    [
      "canonical name by label",
      {
        LABELS: { "service.istio.io/canonical-name": "n", "app.kubernetes.io/name": "k", app: "a" },
        WORKLOAD_NAME: "w",
      },
      "canonical.name",
      "n",
    ],
    [
      "canonical name by Kubernetes label",
      { LABELS: { "app.kubernetes.io/name": "k", app: "a" }, WORKLOAD_NAME: "w" },
      "canonical.name",
      "k",
    ],
    ["canonical name by app", { LABELS: { app: "a" }, WORKLOAD_NAME: "w" }, "canonical.name", "a"],
    ["canonical name by workload", { WORKLOAD_NAME: "w" }, "canonical.name", "w"],
    [
      "revision by label",
      { LABELS: { "service.istio.io/canonical-revision": "r", version: "v" } },
      "canonical.revision",
      "r",
    ],
    ["revision by version", { LABELS: { version: "v" } }, "canonical.revision", "v"],
    ["no revision", { LABELS: { app: "a" } }, "canonical.revision", undefined],
    ["version by label", { LABELS: { "service.istio.io/canonical-revision": "r", version: "v" } }, "version", "v"],
    ["version by revision", { LABELS: { "service.istio.io/canonical-revision": "r" } }, "version", "r"],
    ["values of the wrong type", { WORKLOAD_NAME: 3, LABELS: "x", CLUSTER_ID: null }, "cluster.id", undefined],
    ["no inherited members", {}, "owner", undefined],
  ])("has %s", (_, metadata, name, value) => {
    expect(field(metadata, name)).toEqual(value);
  });
});
