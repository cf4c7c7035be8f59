/** Units of UCUM as Prometheus' names spell them; others go as they are. */
const units: Readonly<Record<string, string>> = {
  ...{ d: "days", h: "hours", min: "minutes", s: "seconds", ms: "milliseconds", us: "microseconds", ns: "nanoseconds" },
  ...{ By: "bytes", KiBy: "kibibytes", MiBy: "mebibytes", GiBy: "gibibytes", TiBy: "tibibytes" },
  ...{ kBy: "kilobytes", KBy: "kilobytes", MBy: "megabytes", GBy: "gigabytes", TBy: "terabytes" },
  ...{ m: "meters", V: "volts", A: "amperes", J: "joules", W: "watts", g: "grams", Cel: "celsius", Hz: "hertz" },
  ...{ "1": "", "%": "percent" },
};

/** The same behind a slash. */
const perUnits: Readonly<Record<string, string>> = {
  ...{ s: "second", m: "minute", min: "minute", h: "hour", d: "day", w: "week", mo: "month", y: "year" },
};

/** A unit in the words of Prometheus' names: `By/s` is `bytes` and `second`. Empty for none; annotations in braces say nothing. */
export function toUnitWords(unit: string): { readonly main: string; readonly per: string } {
  const [main = "", per = ""] = unit.split("/", 2);
  return { main: toWord(main, units), per: toWord(per, perUnits) };
}

function toWord(text: string, words: Readonly<Record<string, string>>): string {
  const unit = text.trim();
  if (unit.includes("{")) return "";
  const word = Object.hasOwn(words, unit) ? words[unit]! : unit;
  return word.replace(/[^a-zA-Z0-9]+/g, "_").replace(/^_+|_+$/g, "");
}
