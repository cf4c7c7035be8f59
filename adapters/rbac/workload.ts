import { parseIp } from "../../schemas/model/ip.ts";
import type { Question } from "../checker.ts";
import type { RbacConfig } from "./config.ts";

/** The workload that is called, as far as policies ask for it. */
export interface Workload {
  readonly namespace: string;
  /** Undefined where nothing tells them. */
  readonly labels: ReadonlyMap<string, string> | undefined;
  /** The service that is called through it; of waypoints only. */
  readonly service: { readonly name: string; readonly namespace: string } | undefined;
}

/** Attributes that tell the workload. */
export const workloadAttributes = [
  ...["destination.namespace", "destination.serviceAccount", "destination.ip", "destination.labels"],
  ...["destination.service.name", "destination.service.namespace", "context.extensions"],
];

/** Label of the workloads that are gateways, with the gateway's name. */
export const gatewayLabel = "gateway.networking.k8s.io/gateway-name";
/** Tells waypoints from gateways. */
const [managedLabel, waypointManager] = ["gateway.istio.io/managed", "istio.io-mesh-controller"];

/** Whether these are the labels of a waypoint, which only attached policies are for. */
export const isWaypoint = (labels: ReadonlyMap<string, string>): boolean =>
  labels.has(gatewayLabel) && labels.get(managedLabel) === waypointManager;

/** What the settings say of a workload. */
interface Entry {
  readonly namespace: string | undefined;
  readonly labels: ReadonlyMap<string, string>;
}

/** Finds the workload that a request is for; undefined if its namespace is told by nothing. */
export function createDirectory(workloads: RbacConfig["workloads"]): (question: Question) => Workload | undefined {
  const entries = new Map(
    Object.entries(workloads).map(([key, value]) => [parseIp(key) ?? key, readEntry(value)] as const),
  );
  return (question) => {
    const tell = (name: string) => textOf(question, name) ?? question.entry("context.extensions", name);
    const told = tell("destination.namespace");
    const entry =
      entries.size === 0 ? undefined : find(entries, question, `${told}/${tell("destination.serviceAccount")}`);
    const namespace = told ?? entry?.namespace;
    if (namespace === undefined) return undefined;
    const found = entry?.labels ?? question.get("destination.labels");
    const labels = found instanceof Map ? found : undefined;
    const service = labels !== undefined && isWaypoint(labels) ? serviceOf(question) : undefined;
    return { namespace, labels, service };
  };
}

function readEntry(value: RbacConfig["workloads"][string]): Entry {
  const isPlain = typeof value.labels !== "object";
  const { namespace, labels } = isPlain
    ? { namespace: undefined, labels: value }
    : (value as { namespace?: string; labels: object });
  return { namespace, labels: new Map(Object.entries(labels)) };
}

function find(entries: ReadonlyMap<string, Entry>, question: Question, account: string): Entry | undefined {
  return entries.get(account) ?? entries.get(textOf(question, "destination.ip") ?? "");
}

function serviceOf(question: Question): Workload["service"] {
  const name = textOf(question, "destination.service.name");
  const namespace = textOf(question, "destination.service.namespace");
  return name === undefined || namespace === undefined ? undefined : { name, namespace };
}

function textOf(question: Question, attribute: string): string | undefined {
  const value = question.get(attribute);
  return typeof value === "string" ? value : undefined;
}
