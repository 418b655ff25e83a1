import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { savePolicy } from '../../checkpoints/policy.ts';
import type { CommandContext } from '../../cli/command.ts';
import { DEFAULT_CONFIG } from '../../cli/config.ts';
import { SILENT } from '../../cli/progress.ts';
import { run as exportRun } from '../../cli/run/export.ts';
import { randomPolicy } from '../support/policy.ts';

describe('makergym export', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'makergym-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('returns the documented fields and prints a table', async () => {
    const { description, weights } = randomPolicy([8]);
    savePolicy(join(folder, 'policy'), description, weights);
    const printed: string[] = [];
    const context: CommandContext = {
      given: new Set<string>(),
      config: DEFAULT_CONFIG,
      seed: 0,
      signal: new AbortController().signal,
      progress: () => SILENT,
      log: () => undefined,
      print: (text) => printed.push(text),
    };
    const out = join(folder, 'export');
    const result = await exportRun({ RUN: join(folder, 'policy'), out }, context);
    assert.deepEqual(Object.keys(result), ['out', 'files', 'parity']);
    const files = result.files as readonly { path: string; sha256: string; bytes: number }[];
    assert.deepEqual(
      files.map(({ path }) => path),
      ['policy.onnx', 'policy.safetensors', 'model.json', 'weights.bin', 'manifest.json'],
    );
    for (const { sha256, bytes } of files) assert.ok(/^[0-9a-f]{64}$/.test(sha256) && bytes > 0);
    const parity = result.parity as Readonly<Record<string, number>>;
    for (const key of ['onnx', 'layers', 'safetensors', 'cases']) assert.equal(typeof parity[key], 'number');
    assert.ok(printed.join('\n').includes('policy.onnx'));
  });
});
