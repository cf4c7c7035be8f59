export * from "../../adapters/testing/metric-instance.ts";
