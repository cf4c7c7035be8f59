/** Labels of a workload. */
export type Labels = ReadonlyMap<string, string>;

/** The first label that is there and not empty. */
function firstOf(labels: Labels | undefined, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = labels?.get(name);
    if (value) return value;
  }
  return undefined;
}

const nameLabels = ["service.istio.io/canonical-name", "app.kubernetes.io/name", "app"];
const revisionLabels = ["service.istio.io/canonical-revision", "app.kubernetes.io/version", "version"];

/** The canonical service name that labels give, in the order that Istio looks. */
export function canonicalName(labels: Labels | undefined): string | undefined {
  return firstOf(labels, nameLabels);
}

/** The canonical revision that labels give, in the order that Istio looks. */
export function canonicalRevision(labels: Labels | undefined): string | undefined {
  return firstOf(labels, revisionLabels);
}
