/**
 * Runs `make`, which must end at once, without the environment variables of these names: what a handler sends is in its settings, and
 * headers meant for one backend must not reach another.
 */
export function withoutVariables<T>(prefix: string, make: () => T): T {
  const hidden = Object.entries(process.env).filter(([name]) => name.startsWith(prefix));
  for (const [name] of hidden) delete process.env[name];
  try {
    return make();
  } finally {
    for (const [name, value] of hidden) process.env[name] = value;
  }
}
