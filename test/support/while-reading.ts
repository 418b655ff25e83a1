import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/**
 * Runs `read` and, right before it opens or reads a file whose path ends in `name` for the `count`th time, `change`: what
 * another process may do meanwhile.
 */
export function whileReading<T>(name: string, count: number, change: () => void, read: () => T): T {
  const { openSync, readFileSync } = fs;
  let seen = 0;
  const restore = (): void => {
    Object.assign(fs, { openSync, readFileSync });
    syncBuiltinESMExports();
  };
  const before = (path: unknown): void => {
    if (!String(path).endsWith(name) || ++seen !== count) return;
    restore();
    change();
  };
  fs.openSync = ((...args: Parameters<typeof openSync>) => {
    before(args[0]);
    return openSync(...args);
  }) as typeof openSync;
  fs.readFileSync = ((...args: Parameters<typeof readFileSync>) => {
    before(args[0]);
    return readFileSync(...args);
  }) as typeof readFileSync;
  syncBuiltinESMExports();
  try {
    const result = read();
    if (seen < count) throw new Error(`${name} was read ${seen} times`);
    return result;
  } finally {
    restore();
  }
}
