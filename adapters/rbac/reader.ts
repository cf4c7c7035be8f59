/** Reads parts of a YAML document that should have a certain form; notes what has not, with the place, and goes on. */
export class Reader {
  readonly problems: string[] = [];

  note(place: string, message: string): void {
    this.problems.push(`${place} ${message}`);
  }

  /** The members of an object that may have only these. */
  object(value: unknown, place: string, known: readonly string[]): Readonly<Record<string, unknown>> {
    const members = this.members(value, place);
    for (const name of Object.keys(members))
      if (!known.includes(name)) this.note(`${place}.${name}`, `is not known: ${known.join(", ")} are`);
    return members;
  }

  /** The members of an object; none where it is absent. */
  members(value: unknown, place: string): Readonly<Record<string, unknown>> {
    if (value === undefined || value === null) return {};
    if (typeof value === "object" && !Array.isArray(value)) return value as Readonly<Record<string, unknown>>;
    this.note(place, "must be an object");
    return {};
  }

  list(value: unknown, place: string): readonly unknown[] | undefined {
    if (value === undefined || value === null) return undefined;
    if (Array.isArray(value)) return value;
    this.note(place, "must be a list");
    return undefined;
  }

  text(value: unknown, place: string): string | undefined {
    if (value === undefined || value === null) return undefined;
    if (typeof value === "string") return value;
    this.note(place, `must be text: put quotes around ${JSON.stringify(value)}`);
    return undefined;
  }

  texts(value: unknown, place: string): readonly string[] {
    return (this.list(value, place) ?? []).flatMap((item, index) => {
      const text = this.text(item ?? "", `${place}[${index}]`);
      if (text === "") this.note(`${place}[${index}]`, "must not be empty");
      return text === undefined ? [] : [text];
    });
  }

  textMap(value: unknown, place: string): ReadonlyMap<string, string> {
    const entries = Object.entries(this.members(value, place));
    return new Map(entries.map(([name, item]) => [name, this.text(item, `${place}.${name}`) ?? ""]));
  }
}
