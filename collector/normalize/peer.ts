import type { Value } from "../../schemas/model/value.ts";

/** What is known of one side of a request, by the names of its attributes below `source.` and `destination.`. */
export const peerFields = [
  "workload.name",
  "workload.namespace",
  "workload.uid",
  "name",
  "namespace",
  "uid",
  "owner",
  "serviceAccount",
  "labels",
  "metadata",
  "principal",
  "canonical.name",
  "canonical.revision",
  "cluster.id",
  "version",
] as const;

/** The name of something known of a side. */
export type PeerField = (typeof peerFields)[number];

/** What one place tells of a side: values by the place of their field in `peerFields`. */
export type Peer = readonly (Value | undefined)[];

/** Values of a side by name, absent ones left out or undefined. */
export type PeerValues = { readonly [Field in PeerField]?: Value | undefined };

const numbers: ReadonlyMap<string, number> = new Map(peerFields.map((field, number) => [field, number]));

/** The place of a field in a Peer. */
export function peerFieldNumber(field: PeerField): number {
  return numbers.get(field) as number;
}

/** Lays values out by field number. */
export function toPeer(values: PeerValues): Peer {
  return peerFields.map((field) => values[field]);
}

/** A workload's unique id in Mixer's form; absent unless both parts are known. */
export function workloadUid(name: string | undefined, namespace: string | undefined): string | undefined {
  return name === undefined || namespace === undefined ? undefined : `istio://${namespace}/workloads/${name}`;
}

/** A pod's unique id in Mixer's form; absent unless both parts are known. */
export function podUid(name: string | undefined, namespace: string | undefined): string | undefined {
  return name === undefined || namespace === undefined ? undefined : `kubernetes://${name}.${namespace}`;
}
