import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { InputError, RunError } from '../base/errors.ts';
import { writeFileAtomic } from '../base/files.ts';
import { OPSET } from '../onnx/protobuf.ts';
import { readManifest, replaceDirectory } from './checkpoint.ts';
import { recordFile } from './file-record.ts';
import { type ExportedFiles, measureParity, type ParityCases, parityCases } from './parity.ts';
import { type LoadedPolicy, loadPolicy, POLICY_WEIGHTS } from './policy.ts';
import { encodeLayersModel, LAYERS_MODEL, LAYERS_WEIGHTS } from './policy-layers.ts';
import type { ExportParity, FileRecord, PolicyFormats, PolicyManifest } from './policy-manifest.ts';
import { encodePolicy, ONNX_INPUT, ONNX_OUTPUT } from './policy-onnx.ts';
import { describeWeights, encodeWeights } from './policy-weights.ts';

export const POLICY_ONNX = 'policy.onnx';
/** An export whose formats differ by more than this in any component of the action is refused. */
export const PARITY_TOLERANCE = 1e-5;
/** Observations with their actions that the manifest carries for others to check themselves against. */
const EXAMPLES = 3;

export interface ExportOptions {
  /** A run (its best policy, else its newest), a checkpoint, or an export. */
  readonly source: string;
  readonly out: string;
  /** Replace an export that is in `out` already. Anything else there is never touched. */
  readonly force?: boolean;
}

export interface ExportSummary {
  readonly out: string;
  readonly files: readonly FileRecord[];
  readonly parity: ExportParity;
}

/**
 * Writes a policy as ONNX, TensorFlow.js layers model and safetensors with a manifest that suffices to run any of them.
 * All are run on the same observations first; nothing is written unless they give the policy's actions.
 * Throws an InputError where `source` holds no whole policy or `out` holds something, a RunError where formats differ.
 */
export async function exportPolicy({ source, out, force = false }: ExportOptions): Promise<ExportSummary> {
  checkOut(out, force);
  const { manifest, weights } = loadPolicy(source);
  checkFinite({ manifest, weights });
  const files: ExportedFiles = {
    onnx: encodePolicy(manifest, weights),
    layers: await encodeLayersModel(manifest, weights),
    safetensors: encodeWeights(manifest, weights),
  };
  const cases = parityCases(manifest, weights);
  const parity = await measureParity(manifest, weights, files, cases);
  checkParity(parity);
  return { out, files: writeExport(out, manifest, describeFormats(manifest, parity, cases), files), parity };
}

/** Throws a RunError naming the format that is furthest off, unless all are within {@link PARITY_TOLERANCE}. */
export function checkParity(parity: ExportParity): void {
  for (const format of ['onnx', 'layers', 'safetensors'] as const) {
    if (parity[format] <= PARITY_TOLERANCE) continue;
    throw new RunError({
      code: 'export-parity',
      message: `The ${format} export differs from the policy by ${parity[format]} in an action; nothing was written.`,
      field: `parity.${format}`,
      value: parity[format],
      expected: `at most ${PARITY_TOLERANCE}`,
      hint: 'Very large weights lose precision in float32; export an earlier checkpoint.',
    });
  }
}

/** `out` must be free, or hold an export that `force` allows to replace. */
function checkOut(out: string, force: boolean): void {
  if (!existsSync(out)) return;
  const folder = statSync(out).isDirectory();
  const content = folder ? readdirSync(out) : [];
  if (folder && content.length === 0) return;
  const isExport = content.includes('manifest.json') && content.includes(POLICY_ONNX) && isPolicy(out);
  if (isExport && force) return;
  throw new InputError({
    code: 'out-not-empty',
    message: `${out} ${folder ? 'is not empty' : 'is a file'}.`,
    field: 'out',
    value: out,
    expected: 'a folder that is empty or not there yet',
    hint: isExport
      ? 'Replace the export there with --force, or choose another --out.'
      : 'Choose another --out.',
  });
}

function isPolicy(directory: string): boolean {
  try {
    return readManifest(directory).format === 'makergym-policy';
  } catch {
    return false;
  }
}

function checkFinite({ weights }: Pick<LoadedPolicy, 'manifest' | 'weights'>): void {
  for (const [name, { data }] of Object.entries(weights)) {
    const index = data.findIndex((value) => !Number.isFinite(value));
    if (index < 0) continue;
    throw new InputError({
      code: 'not-finite',
      message: `Tensor ${name} of the policy holds ${data[index]}.`,
      field: name,
      value: data[index],
      expected: 'finite weights',
      hint: 'The training diverged; export an earlier checkpoint.',
    });
  }
}

function describeFormats(manifest: PolicyManifest, parity: ExportParity, cases: ParityCases): PolicyFormats {
  const { observation, action } = manifest;
  const [features, size] = [observation.names.length, action.names.length];
  return {
    onnx: {
      file: POLICY_ONNX,
      opset: OPSET,
      input: {
        name: ONNX_INPUT,
        type: 'float32',
        shape: ['N', features],
        meaning: 'raw features as observation.names lists them, in observation.units; not normalised',
      },
      output: {
        name: ONNX_OUTPUT,
        type: 'float32',
        shape: ['N', size],
        meaning: 'action.names in [-1, 1], to be decoded as action.decoding says',
      },
    },
    layers: { file: LAYERS_MODEL, weights: LAYERS_WEIGHTS },
    safetensors: { file: POLICY_WEIGHTS, ...describeWeights(manifest) },
    parity,
    examples: Array.from({ length: EXAMPLES }, (_, i) => ({
      observation: [...cases.observations.subarray(i * features, (i + 1) * features)],
      action: [...cases.actions.subarray(i * size, (i + 1) * size)],
    })),
  };
}

function writeExport(
  out: string,
  manifest: PolicyManifest,
  formats: PolicyFormats,
  files: ExportedFiles,
): readonly FileRecord[] {
  const contents: Readonly<Record<string, Uint8Array | string>> = {
    [POLICY_ONNX]: files.onnx,
    [POLICY_WEIGHTS]: files.safetensors,
    [LAYERS_MODEL]: files.layers.modelJson,
    [LAYERS_WEIGHTS]: files.layers.weights,
  };
  const records: FileRecord[] = [];
  replaceDirectory(out, (partial) => {
    for (const [name, content] of Object.entries(contents)) {
      writeFileAtomic(join(partial, name), content);
      records.push(recordFile(partial, name));
    }
    const exported: PolicyManifest = { ...manifest, formats, files: [...records] };
    writeFileAtomic(join(partial, 'manifest.json'), `${JSON.stringify(exported, null, 2)}\n`);
    // A manifest cannot hold its own hash; the summary can.
    records.push(recordFile(partial, 'manifest.json'));
  });
  return records;
}
