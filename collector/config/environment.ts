import type { ScalarValue } from "./tree.ts";

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A scalar after substitution. */
export interface Substituted {
  readonly value: ScalarValue;
  /** The text that `value` was read from, if it is not text. */
  readonly text?: string;
  readonly problems: readonly SubstitutionProblem[];
  /** Values that came from the environment and must not be shown. */
  readonly secrets: ReadonlyMap<string, string>;
}

/** A substitution that cannot be made; `offset` is where it starts in the text. */
export interface SubstitutionProblem {
  readonly offset: number;
  readonly message: string;
  readonly expected?: string;
}

/** `$${` stands for `${`; otherwise `${env:NAME}` or `${env:NAME:-default}`. */
const reference = /\$\$\{|\$\{(?:env:([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\})?/g;

/**
 * Puts environment variables into a scalar's text. A default stands in for a variable that is not set or empty, as in a
 * shell. A scalar that is nothing but one substitution gets the type that YAML would give the value.
 */
export function substitute(text: string, env: Environment): Substituted {
  const problems: SubstitutionProblem[] = [];
  const secrets = new Map<string, string>();
  const result = text.replace(
    reference,
    (whole, name: string | undefined, fallback: string | undefined, offset: number) => {
      if (whole === "$${") return "${";
      if (name === undefined) {
        problems.push({ offset, message: "unknown substitution", expected: EXPECTED });
        return whole;
      }
      const value = env[name];
      if (value !== undefined && (value !== "" || fallback === undefined)) {
        secrets.set(value, `\${env:${name}}`);
        return value;
      }
      if (fallback !== undefined) return fallback;
      problems.push({
        offset,
        message: `environment variable ${name} is not set`,
        expected: `a value, or a default as in \${env:${name}:-value}`,
      });
      return whole;
    },
  );
  const whole = wholeReference.test(text);
  const value = whole ? retype(result) : result;
  return { value, ...(typeof value === "string" ? {} : { text: result }), problems, secrets };
}

const EXPECTED = `\${env:NAME} or \${env:NAME:-default}; a plain \${ is written $\${`;
const wholeReference = /^\$\{env:[A-Za-z_][A-Za-z0-9_]*(?::-[^}]*)?\}$/;

/** Scalars of YAML's core schema (YAML 1.2.2, 10.3.2); empty text stays text. */
function retype(text: string): ScalarValue {
  if (/^(?:null|Null|NULL|~)$/.test(text)) return null;
  if (/^(?:true|True|TRUE)$/.test(text)) return true;
  if (/^(?:false|False|FALSE)$/.test(text)) return false;
  if (/^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/.test(text)) return Number(text);
  if (/^0o[0-7]+$|^0x[0-9a-fA-F]+$/.test(text)) return Number(text);
  return text;
}
