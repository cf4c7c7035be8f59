import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { nearest } from "../../schemas/model/nearest.ts";
import { HubError } from "../errors.ts";

/** What a verb takes, in the words of node:util's parseArgs. */
export interface ArgumentsSpec<Options extends ParseArgsOptionsConfig> {
  /** For messages. */
  readonly verb: string;
  readonly options: Options;
  /** How many arguments without a dash may follow; none by default. */
  readonly maxPositionals?: number;
}

/** Options by name and the arguments without a dash. */
export type Arguments<Options extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ options: Options; strict: true; allowPositionals: true }>
>;

/** Reads a verb's arguments. Throws a HubError USAGE that says which argument is wrong and which was probably meant. */
export function parseArguments<const Options extends ParseArgsOptionsConfig>(
  argv: readonly string[],
  { verb, options, maxPositionals = 0 }: ArgumentsSpec<Options>,
): Arguments<Options> {
  const parsed = read(argv, verb, options);
  const surplus = parsed.positionals[maxPositionals];
  if (surplus !== undefined) throw usage(verb, `unexpected argument "${surplus}"`);
  return parsed;
}

function read<const Options extends ParseArgsOptionsConfig>(
  argv: readonly string[],
  verb: string,
  options: Options,
): Arguments<Options> {
  try {
    return parseArgs({ args: [...argv], options, strict: true, allowPositionals: true });
  } catch (error) {
    throw usage(verb, wordsOf(error as NodeJS.ErrnoException, Object.keys(options)), error);
  }
}

function wordsOf({ code, message }: NodeJS.ErrnoException, names: readonly string[]): string {
  const [, option = ""] = /'(?:-\w, )?(-{1,2}[^' =<]+)/.exec(message) ?? [];
  if (code === "ERR_PARSE_ARGS_UNKNOWN_OPTION") return `unknown option ${option}${hint(option, names)}`;
  if (message.includes("does not take an argument")) return `option ${option} takes no value`;
  if (code === "ERR_PARSE_ARGS_INVALID_OPTION_VALUE") return `option ${option} needs a value`;
  return message;
}

function hint(option: string, names: readonly string[]): string {
  const suggestion = nearest(option.replace(/^-+/, ""), [...names, "help"]);
  return suggestion === undefined ? "" : `, did you mean --${suggestion}?`;
}

/** A fault in a verb's command line. */
export function usage(verb: string, message: string, cause?: unknown): HubError {
  return new HubError("USAGE", `mixdown ${verb}: ${message}`, { cause });
}

/** One of `choices` as an option's value; throws a HubError USAGE otherwise. */
export function oneOfChoices<const Choice extends string>(
  verb: string,
  option: string,
  value: string,
  choices: readonly Choice[],
): Choice {
  const found = choices.find((choice) => choice === value);
  if (found !== undefined) return found;
  const suggestion = nearest(value, choices);
  const meant = suggestion === undefined ? "" : `, did you mean ${suggestion}?`;
  throw usage(verb, `option --${option} cannot be "${value}" (${choices.join(" or ")})${meant}`);
}
