import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { RunError } from '../base/errors.ts';

// A folder is replaced whole: the new one is filled under a hidden name beside it, the old one is set aside under
// another, and the new one takes its place. In between nothing has the folder's name, for an instant, or for good where
// the process was killed there; who reads from another process finds what was set aside, or reads again.

/** How often a folder is read at most where it is replaced each time. */
const ATTEMPTS = 20;

/** Hidden names for the replacement of a folder; `id` is of eight hexadecimal digits. */
export function hiddenNames(
  directory: string,
  id: string,
): { readonly partial: string; readonly old: string } {
  const beside = join(dirname(directory), `.${basename(directory)}.${id}`);
  return { partial: `${beside}.partial`, old: `${beside}.old` };
}

function parseHidden(name: string): { readonly of: string; readonly kind: string } | undefined {
  const match = /^\.(.+)\.[0-9a-f]{8}\.(partial|old)$/.exec(name);
  return match === null ? undefined : { of: match[1], kind: match[2] };
}

/** Where the content of a folder is: under its name, or set aside by who replaces it or was killed at it. */
export function standing(directory: string): string {
  if (existsSync(directory)) return directory;
  return setAside(directory)[0] ?? directory;
}

/** Removes what replacements of a folder that has its name set aside and left. */
export function removeSetAside(directory: string): void {
  for (const old of setAside(directory)) rmSync(old, { recursive: true, force: true });
}

/** One at most where nothing has the folder's name. */
function setAside(directory: string): string[] {
  const around = dirname(directory);
  return namesIn(around)
    .filter((name) => {
      const hidden = parseHidden(name);
      return hidden?.kind === 'old' && hidden.of === basename(directory);
    })
    .map((name) => join(around, name));
}

/** Brings to an end what replacements of folders in `folder` left when they were killed. None may be under way. */
export function mendReplacements(folder: string): void {
  for (const name of namesIn(folder)) {
    const hidden = parseHidden(name);
    if (hidden === undefined) continue;
    const [from, to] = [join(folder, name), join(folder, hidden.of)];
    if (hidden.kind === 'old' && !existsSync(to)) renameSync(from, to);
    else rmSync(from, { recursive: true, force: true });
  }
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

/**
 * Reads the folder with a `manifest.json` that `find` names, so that all that is read of it is of one replacement. What
 * `read` throws counts only where the folder was not replaced meanwhile.
 */
export function readWhole<T>(find: () => string, read: (directory: string) => T): T {
  for (let attempt = 1; ; attempt++) {
    const before = stamp(find);
    try {
      const result = read(find());
      if (stamp(find) === before) return result;
    } catch (error) {
      if (attempt === ATTEMPTS || stamp(find) === before) throw error;
      continue;
    }
    if (attempt === ATTEMPTS) throw replacedMeanwhile(find());
  }
}

/** Tells a replacement of a folder from those before and after it. */
export function stamp(find: () => string): string {
  try {
    const directory = find();
    const { ino, mtimeNs } = statSync(join(directory, 'manifest.json'), { bigint: true });
    return `${directory} ${ino} ${mtimeNs}`;
  } catch {
    // No folder, or none that is whole; reading it says which.
    return '';
  }
}

/** The error where a folder was replaced while it was read. */
export function replacedMeanwhile(directory: string): RunError {
  return new RunError({
    code: 'replaced-meanwhile',
    message: `${directory} was replaced while it was read.`,
    field: 'directory',
    value: directory,
    expected: 'a folder that stays while it is read',
    hint: 'Another process writes there; try again, or name a checkpoint that stays.',
  });
}
