import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { SacState } from '../agents/sac/engine.ts';
import { InputError } from '../base/errors.ts';
import { requireFile, writeFileAtomic } from '../base/files.ts';
import { CHECKPOINT_FORMAT, readManifest, replaceDirectory } from './checkpoint.ts';
import { recordBytes, verifyFile } from './file-record.ts';
import type { PolicyManifest } from './policy-manifest.ts';
import { checkManifest } from './policy-schema.ts';
import { readWhole, standing } from './replacement.ts';
import { encodeSafetensors, float32Tensors, readSafetensors } from './safetensors.ts';

export const POLICY_WEIGHTS = 'policy.safetensors';
/** Where a checkpoint keeps the policy that is in it. */
export const POLICY_IN_CHECKPOINT = 'policy';

/** A policy and all that is needed to run it; every file of its manifest was verified. */
export interface LoadedPolicy {
  readonly manifest: PolicyManifest;
  /** The actor: `actor/{i}/kernel|bias`. */
  readonly weights: SacState;
  /** The folder it was found in. */
  readonly directory: string;
}

/** The manifest before its files are written. */
export type PolicyDescription = Omit<PolicyManifest, 'files'>;

/** The actor's tensors of a learner's state. */
export function actorWeights(state: SacState): SacState {
  return Object.fromEntries(Object.entries(state).filter(([name]) => name.startsWith('actor/')));
}

/** Saves a policy: `policy.safetensors`, `extra` files and `manifest.json`. Replaces what was there whole. */
export function savePolicy(
  directory: string,
  description: PolicyDescription,
  weights: SacState,
  extra: Readonly<Record<string, string>> = {},
): void {
  const parts = policyParts(description, weights, extra);
  replaceDirectory(directory, (partial) => {
    for (const [name, content] of Object.entries(parts)) writeFileAtomic(join(partial, name), content);
  });
}

/** The files of a policy by name, `manifest.json` last, for a checkpoint to hold. */
export function policyParts(
  description: PolicyDescription,
  weights: SacState,
  extra: Readonly<Record<string, string>> = {},
): Record<string, Uint8Array | string> {
  const actor = actorWeights(weights);
  checkActor(actor, description, POLICY_WEIGHTS);
  const parts: Record<string, Uint8Array | string> = {
    [POLICY_WEIGHTS]: encodeSafetensors(actor, { format: 'makergym-policy' }),
    ...extra,
  };
  const files = Object.entries(parts).map(([path, content]) => recordBytes(path, content));
  const manifest: PolicyManifest = { ...description, files };
  return { ...parts, 'manifest.json': `${JSON.stringify(manifest, null, 2)}\n` };
}

/**
 * Loads a policy from a run (its `best/`, else its newest checkpoint), a checkpoint, or an export, also while the run
 * goes on and replaces it. Throws an InputError where there is none, a hash is wrong, or the weights do not fit
 * the manifest.
 */
export function loadPolicy(path: string): LoadedPolicy {
  return readWhole(
    () => policyDirectory(path),
    (directory) => readPolicy(directory, path),
  );
}

function readPolicy(directory: string, path: string): LoadedPolicy {
  const manifest: Readonly<Record<string, unknown>> = readManifest(directory);
  if (manifest.format !== 'makergym-policy' || manifest.version !== 1) {
    throw new InputError({
      code: 'not-a-policy',
      message: `${directory} holds no policy this release reads: format ${JSON.stringify(manifest.format ?? null)}, version ${JSON.stringify(manifest.version ?? null)}.`,
      field: 'policy',
      value: path,
      expected: 'format "makergym-policy", version 1',
      hint: 'Name a run, a checkpoint or an export.',
    });
  }
  checkManifest(manifest, directory);
  if (!manifest.files.some((file) => file.path === POLICY_WEIGHTS)) throw unrecorded(directory);
  for (const file of manifest.files) verifyFile(directory, file);
  const source = join(directory, POLICY_WEIGHTS);
  requireFile(source, POLICY_WEIGHTS);
  const weights = actorWeights(float32Tensors(readSafetensors(source), source));
  checkActor(weights, manifest, source);
  return { manifest, weights, directory };
}

/** The error for weights whose hash nothing tells: they could be anybody's. */
function unrecorded(directory: string): InputError {
  return new InputError({
    code: 'bad-manifest',
    message: `${directory}/manifest.json is damaged or was changed: files does not tell the hash of ${POLICY_WEIGHTS}.`,
    field: 'files',
    expected: `a record of ${POLICY_WEIGHTS}`,
    hint: 'Restore the folder from a copy, or export or train anew.',
  });
}

/** Folder of the policy that `path` names. */
export function policyDirectory(path: string): string {
  const folder = standing(path);
  requireFile(folder, 'policy');
  if (existsSync(join(folder, 'manifest.json'))) {
    return readManifest(folder).format === CHECKPOINT_FORMAT ? join(folder, POLICY_IN_CHECKPOINT) : folder;
  }
  const best = standing(join(folder, 'best'));
  if (existsSync(join(best, 'manifest.json'))) return best;
  const newest = checkpointSteps(folder).at(-1);
  if (newest !== undefined) return join(folder, 'checkpoints', `step_${newest}`, POLICY_IN_CHECKPOINT);
  throw new InputError({
    code: 'no-policy',
    message: `${path} holds no policy.`,
    field: 'policy',
    value: path,
    expected: 'a run (with best/ or checkpoints/), a checkpoint, or an export (with manifest.json)',
    hint: 'Train one with makergym train.',
  });
}

/** Steps of the checkpoints a run has, rising. */
export function checkpointSteps(run: string): number[] {
  const directory = join(run, 'checkpoints');
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .map((name) => /^step_(\d+)$/.exec(name)?.[1])
    .filter((step) => step !== undefined)
    .map(Number)
    .filter((step) => existsSync(join(directory, `step_${step}`, 'manifest.json')))
    .sort((a, b) => a - b);
}

/** The actor must be a chain of dense layers from the observation to two outputs an action. */
function checkActor(weights: SacState, manifest: PolicyDescription, source: string): void {
  const widths = [manifest.observation.names.length, ...manifest.hidden, 2 * manifest.action.names.length];
  for (let layer = 0; layer + 1 < widths.length; layer++) {
    checkShape(weights, `actor/${layer}/kernel`, [widths[layer], widths[layer + 1]], source);
    checkShape(weights, `actor/${layer}/bias`, [widths[layer + 1]], source);
  }
}

function checkShape(weights: SacState, name: string, expected: readonly number[], source: string): void {
  const found = weights[name]?.shape;
  if (found !== undefined && found.length === expected.length && found.every((n, i) => n === expected[i])) {
    return;
  }
  throw new InputError({
    code: 'policy-shape',
    message: `Tensor ${name} of ${source} is ${found === undefined ? 'missing' : `[${found}]`}.`,
    field: name,
    value: found,
    expected: `[${expected}]`,
    hint: 'Weights and manifest are of different policies.',
  });
}
