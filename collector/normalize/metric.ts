import type { AttributeName } from "../../schemas/attributes/vocabulary.ts";
import type { RawMetric } from "../../schemas/model/metric.ts";
import type { AttributeRecord } from "../../schemas/model/record.ts";
import type { Value } from "../../schemas/model/value.ts";
import { createFillers, type FillerOptions, fill } from "./fillers.ts";
import { peerFieldNumber, peerFields, podUid } from "./peer.ts";
import { parseIstioNodeId } from "./reporter.ts";
import { createResourceReader, type ResourceFacts } from "./span/own-side.ts";

/** Fills a record from a metric that is valid during the call. */
export type NormalizeMetric = (metric: RawMetric, record: AttributeRecord) => void;

/** One metric, and what its resource tells of the process that made it. */
interface MetricScene {
  metric: RawMetric;
  readonly resource: ResourceFacts;
  /** There is one side only, which is the destination. */
  readonly inbound: true;
  other(field: number): undefined;
}

type ReadMetric = (scene: MetricScene) => Value | undefined;

const uidField = peerFieldNumber("uid");

const readers: { [Name in AttributeName]?: ReadMetric } = {
  "context.signal": () => "metric",
  "context.reporter.uid": ({ resource }) => reporterOf(resource),
  "destination.service.name": ({ resource }) => resource.service,
  "destination.service.namespace": ({ resource }) => resource.namespace,
  "metric.name": ({ metric }) => metric.name,
  "metric.kind": ({ metric }) => metric.kind,
  "metric.unit": ({ metric }) => metric.unit || undefined,
  "metric.scope": ({ metric }) => metric.scope || undefined,
  "metric.resource": ({ metric }) => metric.resource.attributes,
  ...ownReaders(),
};

/** Brings metrics of others into the vocabulary: every slot of the projection is written for every metric, absent values too. */
export function createMetricNormalizer(options: FillerOptions): NormalizeMetric {
  const fillers = createFillers(options, readers);
  const readResource = createResourceReader();
  return (metric, record) => {
    record.final = true;
    const scene: MetricScene = {
      metric,
      get resource() {
        return readResource(metric.resource);
      },
      inbound: true,
      other: () => undefined,
    };
    fill(fillers, scene, record.values);
  };
}

/** A proxy of Istio is named as in its access logs. */
function reporterOf({ instance, self }: ResourceFacts): Value | undefined {
  const node = instance === undefined ? undefined : parseIstioNodeId(instance);
  return (node && podUid(node.pod, node.namespace)) ?? instance ?? self[uidField];
}

function ownReaders(): { [Name in AttributeName]?: ReadMetric } {
  return Object.fromEntries(
    peerFields.map((field): [string, ReadMetric] => {
      const number = peerFieldNumber(field);
      return [`destination.${field}`, ({ resource }) => resource.self[number]];
    }),
  );
}
