/** Imports a module as Node does, hooks included. A file of its own, since Vitest imports otherwise in files that it transforms. */
export const importNative = (specifier: string): Promise<Readonly<Record<string, unknown>>> => import(specifier);
