import { createRequire } from 'node:module';
import { InputError } from '../../base/errors.ts';

/** Whether the machine has an optional package, without loading it. */
export function isInstalled(packageName: string): boolean {
  try {
    createRequire(import.meta.url).resolve(packageName);
    return true;
  } catch {
    return false;
  }
}

/** Throws an InputError that says what to install unless the machine has the package that an engine needs. */
export function requireInstalled(packageName: string, engine: string): void {
  if (isInstalled(packageName)) return;
  throw new InputError({
    code: 'engine-not-installed',
    message: `The engine ${engine} needs the package ${packageName}, which is not installed.`,
    field: 'engine',
    value: engine,
    expected: `an installed ${packageName}`,
    hint: `Run npm install ${packageName}, or use --engine auto.`,
  });
}
