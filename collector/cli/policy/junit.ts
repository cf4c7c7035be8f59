import { formatDifferences } from "./compare.ts";
import type { FileResult } from "./run-file.ts";

/** Results in the XML of JUnit, as CI systems read it. */
export function toJunit(files: readonly FileResult[]): string {
  const suites = files.map(({ file, cases }) => {
    const failures = cases.filter(({ ok }) => !ok).length;
    const tests = cases.map(({ name, line, differences }) => {
      const place = `classname="${xmlText(file)}" name="${xmlText(name)}" file="${xmlText(file)}" line="${line}"`;
      const open = `    <testcase ${place}`;
      if (differences.length === 0) return `${open}/>`;
      const diff = xmlText(formatDifferences(differences).join("\n"));
      return `${open}>\n      <failure message="not as expected">${diff}</failure>\n    </testcase>`;
    });
    const head = `  <testsuite name="${xmlText(file)}" tests="${cases.length}" failures="${failures}">`;
    return [head, ...tests, "  </testsuite>"].join("\n");
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${suites.join("\n")}\n</testsuites>\n`;
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Text in XML; characters that XML cannot hold become U+FFFD. */
function xmlText(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Cs}/gu, "\uFFFD")
      .replace(/[&<>"]/g, (character) => entities[character] ?? "")
  );
}
