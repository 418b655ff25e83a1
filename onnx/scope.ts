/**
 * Which part of a computation is being written. Operations keep it, so that nodes of a graph, lines of a profile and
 * messages of errors say where they come from.
 */
let scopes: readonly string[] = [];

/** Runs `write`; operations made meanwhile carry `name` in their scope, errors in them name it. */
export function within<T>(name: string, write: () => T): T {
  const outer = scopes;
  scopes = [...outer, name];
  try {
    return write();
  } finally {
    scopes = outer;
  }
}

/** The scope now, e.g. `critic loss/variance`; undefined outside any. */
export function currentScope(): string | undefined {
  return scopes.length === 0 ? undefined : scopes.join('/');
}
