import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InputError, MakergymError, RunError } from '../base/errors.ts';
import { AtomicFile, keepFolder, makeFolder, removeFolder, requireFile } from '../base/files.ts';
import { verifyFile } from './file-record.ts';
import type { FileRecord } from './policy-manifest.ts';
import { hiddenNames, readWhole, removeSetAside, replacedMeanwhile, stamp, standing } from './replacement.ts';

export const CHECKPOINT_FORMAT = 'makergym-checkpoint';
export const CHECKPOINT_VERSION = 1;

/** `manifest.json` of a checkpoint: its parts and how to know that they are whole. */
export interface CheckpointManifest {
  readonly format: typeof CHECKPOINT_FORMAT;
  readonly version: typeof CHECKPOINT_VERSION;
  readonly files: readonly FileRecord[];
}

/** Takes the bytes of a part as they come, so that a large one is never held twice. */
export interface ByteSink {
  write(chunk: Uint8Array | string): void;
}

/** A part of a checkpoint: its content, or whoever writes it. Names may hold `/`. */
export type CheckpointPart = string | Uint8Array | ((sink: ByteSink) => void);

/** A checkpoint whose every hash was checked. */
export interface Checkpoint {
  readonly directory: string;
  readonly manifest: CheckpointManifest;
  has(part: string): boolean;
  /**
   * Path of a part. Throws an InputError if the checkpoint has none of that name, a RunError if it was replaced since it
   * was loaded.
   */
  path(part: string): string;
}

/**
 * Saves a checkpoint under `directory`: parts go to a hidden folder beside it with their SHA-256 taken as they are
 * written, then the folder is renamed. The old content stays until then and comes back if the rename fails.
 * Throws a RunError on a full disk; nothing partial is left.
 */
export function saveCheckpoint(
  directory: string,
  parts: Readonly<Record<string, CheckpointPart>>,
): CheckpointManifest {
  const files: FileRecord[] = [];
  const manifest: CheckpointManifest = { format: CHECKPOINT_FORMAT, version: CHECKPOINT_VERSION, files };
  replaceDirectory(directory, (partial) => {
    for (const [path, part] of Object.entries(parts)) files.push(writePart(partial, path, part));
    writePart(partial, 'manifest.json', `${JSON.stringify(manifest, null, 2)}\n`);
  });
  return manifest;
}

/**
 * Reads a checkpoint and verifies each part, also beside a process that replaces it. Throws an InputError naming the
 * file, what was expected and found.
 */
export function loadCheckpoint(directory: string): Checkpoint {
  return readWhole(() => standing(directory), verifyCheckpoint);
}

function verifyCheckpoint(directory: string): Checkpoint {
  const loaded = stamp(() => directory);
  const manifest = readManifest(directory) as Partial<CheckpointManifest>;
  if (manifest.format !== CHECKPOINT_FORMAT || !Array.isArray(manifest.files)) {
    throw new InputError({
      code: 'not-a-checkpoint',
      message: `${directory} is not a checkpoint: its manifest says format ${JSON.stringify(manifest.format)}.`,
      field: 'format',
      value: manifest.format,
      expected: CHECKPOINT_FORMAT,
      hint: 'Name a folder such as runs/NAME/checkpoints/step_5000.',
    });
  }
  if (manifest.version !== CHECKPOINT_VERSION) {
    throw new InputError({
      code: 'checkpoint-version',
      message: `${directory} is a checkpoint of version ${manifest.version}.`,
      field: 'version',
      value: manifest.version,
      expected: `version ${CHECKPOINT_VERSION}`,
      hint: 'Load it with the release of makergym that wrote it.',
    });
  }
  for (const file of manifest.files) verifyFile(directory, file);
  const names = new Set(manifest.files.map((file) => file.path));
  return {
    directory,
    manifest: manifest as CheckpointManifest,
    has: (part) => names.has(part),
    path(part) {
      if (stamp(() => directory) !== loaded) throw replacedMeanwhile(directory);
      if (names.has(part)) return join(directory, part);
      throw new InputError({
        code: 'missing-part',
        message: `The checkpoint ${directory} has no ${part}.`,
        field: part,
        expected: `one of ${[...names].join(', ')}`,
        hint: 'It was written by something else; train again.',
      });
    },
  };
}

/** Parses `manifest.json` of a folder; throws an InputError where there is none or it is not a JSON object. */
export function readManifest(directory: string): Readonly<Record<string, unknown>> {
  const path = join(directory, 'manifest.json');
  requireFile(path, 'manifest.json');
  try {
    const manifest: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof manifest === 'object' && manifest !== null) return manifest as Record<string, unknown>;
  } catch {
    // Told below, with the name of the file.
  }
  throw new InputError({
    code: 'bad-manifest',
    message: `${path} is not a JSON object.`,
    field: 'manifest.json',
    value: path,
    expected: 'the manifest of a checkpoint or a policy',
    hint: 'The folder is damaged; use another.',
  });
}

/** Fills a hidden folder beside `directory`, then puts it in its place; removes it if `fill` throws. */
export function replaceDirectory(directory: string, fill: (partial: string) => void): void {
  const { partial, old } = hiddenNames(directory, randomBytes(4).toString('hex'));
  try {
    makeFolder(dirname(directory));
    mkdirSync(partial);
    fill(partial);
    const replaces = existsSync(directory);
    if (replaces) {
      // Where one was killed behind its second step: what is set aside must be the latest, should this one be killed too.
      removeSetAside(directory);
      renameSync(directory, old);
    }
    try {
      renameSync(partial, directory);
    } catch (error) {
      if (replaces) renameSync(old, directory);
      throw error;
    }
    removeSetAside(directory);
    keepFolder(dirname(directory));
  } catch (cause) {
    rmSync(partial, { recursive: true, force: true });
    removeFolder(dirname(directory));
    if (cause instanceof MakergymError) throw cause;
    throw new RunError(
      {
        code: 'cannot-write',
        message: `Writing ${directory} failed: ${(cause as Error).message}. Nothing partial was left.`,
        field: 'out',
        value: directory,
        hint: 'Choose a folder that can be written.',
      },
      { cause },
    );
  }
}

function writePart(directory: string, path: string, part: CheckpointPart): FileRecord {
  const file = new AtomicFile(join(directory, path));
  const hash = createHash('sha256');
  const sink: ByteSink = {
    write(chunk) {
      hash.update(chunk);
      file.write(chunk);
    },
  };
  try {
    if (typeof part === 'function') part(sink);
    else sink.write(part);
    file.commit();
  } catch (error) {
    file.discard();
    throw error;
  }
  return { path, sha256: hash.digest('hex'), bytes: file.bytes };
}
