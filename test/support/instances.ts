export * from "../../adapters/testing/instances.ts";
