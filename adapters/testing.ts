/** `mixdown/adapter/testing`: the promises of an adapter as tests, and what they are made of. */
export * from "./testing/adapter-tests.ts";
export * from "./testing/backend.ts";
export * from "./testing/checker-tests.ts";
export * from "./testing/fake-host.ts";
export * from "./testing/instances.ts";
export * from "./testing/metric-instance.ts";
export * from "./testing/options.ts";
export * from "./testing/question.ts";
