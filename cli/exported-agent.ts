import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { InputError } from '../base/errors.ts';
import { requireFile } from '../base/files.ts';
import { POLICY_ONNX } from '../checkpoints/export.ts';
import { BASELINE_NAMES, type ResolvedAgent, resolveAgent } from './agents.ts';
import type { Config } from './config.ts';

/** An export, never a run or a checkpoint: those change while training goes on. */
export async function resolveExport(
  path: string,
  config: Config,
): Promise<ResolvedAgent & Required<Pick<ResolvedAgent, 'manifest' | 'createSupervised'>>> {
  if (!BASELINE_NAMES.includes(path)) requireFile(path, 'POLICY');
  if (existsSync(path) && !existsSync(join(path, POLICY_ONNX))) throw notAnExport(path);
  const agent = await resolveAgent(path, config);
  const { manifest, createSupervised } = agent;
  if (manifest?.formats === undefined || createSupervised === undefined) throw notAnExport(path);
  return { ...agent, manifest, createSupervised };
}

/** What a policy's manifest is known by, so that a session is verified by the policy that it ran. */
export function manifestHash(path: string): string {
  return createHash('sha256')
    .update(readFileSync(join(path, 'manifest.json')))
    .digest('hex');
}

function notAnExport(path: string): InputError {
  return new InputError({
    code: 'not-an-export',
    message: `${basename(resolve(path))} is no export: shadow takes no run, checkpoint or baseline, which are not what is deployed.`,
    field: 'POLICY',
    value: path,
    expected: 'a folder that makergym export wrote',
    hint: `makergym export ${path} --out exported`,
  });
}
