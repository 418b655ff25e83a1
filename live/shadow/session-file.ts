import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { requireFile, writeFileAtomic } from '../../base/files.ts';
import type { LaneSettings } from '../../env/settings.ts';
import type { Venue } from '../../market/instrument.ts';

const SESSION = 'session.json';

/** `session.json` of a shadow session: what its decisions came of, so that they can be taken again. */
export interface ShadowSessionFile {
  readonly format: 'makergym-shadow';
  readonly version: 1;
  readonly policy: {
    readonly path: string;
    /** SHA-256 of its manifest, which holds those of its files. */
    readonly manifest: string;
  };
  readonly source: string;
  readonly venue: Venue;
  readonly symbol: string;
  /** ISO 8601 UTC. */
  readonly startedAt: string;
  readonly seed: number;
  readonly lane: LaneSettings;
  /** Settings of the fallbacks: `agents` and `shadow` of the configuration. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Null while it runs, and where it was killed. */
  readonly finished: { readonly at: string; readonly decisions: number } | null;
}

export function hasShadowSession(directory: string): boolean {
  return existsSync(join(directory, SESSION));
}

export function writeShadowSession(directory: string, session: ShadowSessionFile): void {
  writeFileAtomic(join(directory, SESSION), `${JSON.stringify(session, null, 2)}\n`);
}

/** Throws an InputError where there is no session. */
export function readShadowSession(directory: string): ShadowSessionFile {
  const path = join(directory, SESSION);
  requireFile(path, 'verify');
  let session: Partial<ShadowSessionFile>;
  try {
    session = JSON.parse(readFileSync(path, 'utf8')) as Partial<ShadowSessionFile>;
  } catch (cause) {
    throw notASession(path, { cause });
  }
  if (session?.format !== 'makergym-shadow' || session.version !== 1 || session.lane === undefined) {
    throw notASession(path);
  }
  return session as ShadowSessionFile;
}

function notASession(path: string, options?: { cause: unknown }): InputError {
  return new InputError(
    {
      code: 'not-a-session',
      message: `${path} is no shadow session this release reads.`,
      field: 'verify',
      value: path,
      expected: 'format makergym-shadow, version 1',
      hint: 'Name the folder that makergym shadow wrote.',
    },
    options,
  );
}
