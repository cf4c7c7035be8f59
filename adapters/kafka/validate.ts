import type { InstanceDeclaration } from "../../schemas/model/instance.ts";
import type { ConfigProblem } from "../adapter.ts";
import type { KafkaConfig } from "./config.ts";

/** What is wrong with settings that are fine each by itself. */
export function validate(
  { topic, topicExpression, allowedTopics, acks, idempotent, format }: KafkaConfig,
  instances: readonly InstanceDeclaration[],
): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  if (topic === undefined && topicExpression === undefined)
    problems.push({ path: ["topic"], message: "expected topic, or topicExpression with allowedTopics" });
  if (topicExpression !== undefined && allowedTopics.length === 0)
    problems.push({
      path: ["allowedTopics"],
      message: "topicExpression needs allowedTopics: the topics that it may give, such as [mesh.audit] or [mesh.*]",
    });
  if (topicExpression === undefined && allowedTopics.length > 0)
    problems.push({ path: ["allowedTopics"], message: "allowedTopics says something only with topicExpression" });
  if (idempotent === true && acks !== "all")
    problems.push({ path: ["idempotent"], message: `idempotent needs acks: all, not ${acks}` });
  if (format === "otlp")
    for (const { name, template } of instances)
      if (template === "metric")
        problems.push({
          path: ["format"],
          message: `format: otlp takes log entries, edges and spans, and ${name} is a metric; send it with json or cloudevents`,
        });
  return problems;
}
