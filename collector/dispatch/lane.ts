import type { InstanceOf, Template } from "../../schemas/model/instance.ts";

/** The way from the rules to one handler. A lane never throws and never makes another lane wait. */
export interface Lane {
  /** The handler's name. */
  readonly handler: string;
  /** Takes one instance. */
  offer(instance: InstanceOf<Template>): void;
}
