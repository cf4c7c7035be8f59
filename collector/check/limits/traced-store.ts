import type { LimitStore } from "../../../adapters/limiter.ts";
import { type TracedWork, within } from "../../../schemas/model/traced-work.ts";

/** A store whose answers are parts of traced work where they take their time; what is answered at once is not told of. */
export function tracedStore(store: LimitStore, name: string, work: TracedWork): LimitStore {
  const traced = <T>(ask: () => T | Promise<T>): T | Promise<T> => {
    const part = work.start(`take ${name}`, "client", { "mixdown.handler": name });
    const answer = ask();
    return answer instanceof Promise ? within(part, () => answer, answered) : answer;
  };
  return {
    take: (request) => traced(() => store.take(request)),
    count: (request) => traced(() => store.count(request)),
  };
}

const answered = () => ({ facts: { "mixdown.outcome": "answered" } });
