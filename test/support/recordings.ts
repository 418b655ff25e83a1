import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Folder of the recorded market data that some tests need, or null where there is none: they skip. */
export function recordings(): string | null {
  const folder = process.env.MAKERGYM_DATA ?? fileURLToPath(new URL('../../../shared/data', import.meta.url));
  return existsSync(folder) ? folder : null;
}
