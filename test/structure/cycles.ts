import type { Import } from "./imports.ts";

/**
 * Every cycle of modules that is met when walking the imports, each as a path that ends where it began. Type imports
 * are gone when the program runs and close no cycle.
 */
export function cycles(imports: readonly Import[]): string[] {
  const next = Map.groupBy(
    imports.filter((one) => one.relative && !one.typeOnly),
    (one) => one.from,
  );
  const done = new Set<string>();
  const found: string[] = [];
  const walk = (file: string, path: readonly string[]) => {
    const at = path.indexOf(file);
    if (at >= 0) found.push([...path.slice(at), file].join(" -> "));
    if (at >= 0 || done.has(file)) return;
    for (const { to } of next.get(file) ?? []) walk(to, [...path, file]);
    done.add(file);
  };
  for (const file of next.keys()) walk(file, []);
  return found;
}
