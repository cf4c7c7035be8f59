import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { requirePeer } from "../../support/peers.ts";
import { type Child, startChild } from "./child.ts";

const clusterId = "jUOHZ1VLRqCLvbvH0UBbKQ";
const quickJava = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData"];

/** Runs one of Kafka's programs to its end, by its class; gives what it prints. */
export function runKafka(main: string, ...args: string[]): string {
  return execFileSync(requirePeer("kafka"), [...quickJava, main, ...args], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** Makes the data folder that a file of settings names. */
export function formatStorage(file: string, ...more: string[]): void {
  runKafka("kafka.tools.StorageTool", "format", "-t", clusterId, "-c", file, ...more);
}

/** Starts a node from a file of settings, beside which its log is configured. */
export function startBroker(file: string): Child {
  const log = join(dirname(file), "log4j2.yaml");
  writeFileSync(log, logging);
  const memory = ["-Xms128m", "-Xmx512m"];
  return startChild(requirePeer("kafka"), [
    ...quickJava,
    ...memory,
    `-Dlog4j2.configurationFile=${log}`,
    "kafka.Kafka",
    file,
  ]);
}

/** kcat's listing of a broker; a broker that ended throws with what it said. */
export function brokerAnswers(broker: string, process: Child): boolean {
  if (process.status() !== undefined)
    throw new Error(`Kafka ended (${process.status()}):\n${process.stdout()}${process.stderr()}`);
  try {
    execFileSync(requirePeer("kcat"), ["-b", broker, "-L", "-m", "1"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

const logging = `Configuration:
  status: warn
  Appenders:
    Console: {name: C, target: SYSTEM_OUT, PatternLayout: {pattern: "%d{HH:mm:ss.SSS} %p %c{1} %m%n"}}
  Loggers:
    Root: {level: warn, AppenderRef: {ref: C}}
`;
