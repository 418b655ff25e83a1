import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MlpPolicy } from '../../agents/sac/mlp-policy.ts';
import { RunError } from '../../base/errors.ts';
import { checkParity, exportPolicy, PARITY_TOLERANCE } from '../../checkpoints/export.ts';
import { measureParity, parityCases } from '../../checkpoints/parity.ts';
import { loadPolicy, savePolicy } from '../../checkpoints/policy.ts';
import { encodeLayersModel, runLayersModel } from '../../checkpoints/policy-layers.ts';
import type { PolicyManifest } from '../../checkpoints/policy-manifest.ts';
import { encodePolicy, policyGraph } from '../../checkpoints/policy-onnx.ts';
import { encodeWeights, runWeights } from '../../checkpoints/policy-weights.ts';
import { evaluate } from '../../onnx/evaluate.ts';
import { openSession } from '../../onnx/session.ts';
import { randomPolicy } from '../support/policy.ts';

describe('export of a policy', () => {
  const { description, weights } = randomPolicy([32, 16]);
  let folder: string;
  let out: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'makergym-'));
    out = join(folder, 'export');
    savePolicy(join(folder, 'policy'), description, weights);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const run = (force = false) => exportPolicy({ source: join(folder, 'policy'), out, force });
  const exported = () => JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8')) as PolicyManifest;

  it('gives the policy’s actions in every format, extreme observations included', async () => {
    const { parity, files } = await run();
    assert.ok(parity.cases > 800);
    // ONNX Runtime's own difference from double precision is 3e-6 on the extreme observations.
    for (const [format, bound] of [
      ['onnx', 4e-6],
      ['layers', 2e-6],
      ['safetensors', 2e-6],
    ] as const) {
      assert.ok(parity[format] < bound, `${format} ${parity[format]}`);
    }
    assert.deepEqual(files.map(({ path }) => path).sort(), readdirSync(out).sort());
    assert.deepEqual(readdirSync(folder).sort(), ['export', 'policy'], 'nothing else is left');
  });

  it('is the same, byte for byte, when made again', async () => {
    const first = await run();
    const second = await run(true);
    assert.deepEqual(second, first);
  });

  it('is a policy that loads and exports like the run it came from', async () => {
    await run();
    const { manifest, weights: read } = loadPolicy(out);
    assert.deepEqual(read, weights);
    assert.deepEqual(manifest.observation, description.observation);
    const again = await exportPolicy({ source: out, out: join(folder, 'again') });
    assert.equal(again.parity.onnx < PARITY_TOLERANCE, true);
    writeFileSync(join(out, 'policy.onnx'), 'other bytes');
    assert.throws(() => loadPolicy(out), { field: join(out, 'policy.onnx') });
  });

  it('can be run from its manifest alone: file, names, shapes, examples', async function () {
    await run();
    const { formats, observation } = exported();
    assert.ok(formats !== undefined);
    const session = await openSession(readFileSync(join(out, formats.onnx.file)));
    if (session === null) {
      console.log('      onnxruntime-node is not installed');
      this.skip();
    }
    const rows = formats.examples.map((example) => example.observation);
    const shape = [rows.length, observation.names.length];
    const feeds = { [formats.onnx.input.name]: { shape, data: Float32Array.from(rows.flat()) } };
    const actions = (await session.run(feeds))[formats.onnx.output.name];
    await session.release();
    assert.deepEqual([...actions.shape], [rows.length, 3]);
    formats.examples.forEach(({ action }, i) => {
      action.forEach((value, j) => {
        assert.ok(Math.abs(value - actions.data[3 * i + j]) < PARITY_TOLERANCE);
      });
    });
  });

  it('needs no class of its own in the layers model', async () => {
    const { modelJson } = await encodeLayersModel(description, weights);
    const { modelTopology } = JSON.parse(modelJson) as {
      modelTopology: { config: { layers: readonly { class_name: string }[] } };
    };
    const { layers } = modelTopology.config;
    assert.deepEqual([...new Set(layers.map((layer) => layer.class_name))].sort(), [
      'BatchNormalization',
      'Concatenate',
      'Dense',
      'InputLayer',
      'ReLU',
    ]);
  });

  it('refuses formats that differ from the policy, naming the one that does', async () => {
    const other = randomPolicy([32, 16], 4).weights;
    const files = {
      onnx: encodePolicy(description, weights),
      layers: await encodeLayersModel(description, other),
      safetensors: encodeWeights(description, weights),
    };
    const parity = await measureParity(description, weights, files, parityCases(description, weights));
    assert.ok(parity.layers > 0.01);
    assert.throws(
      () => checkParity(parity),
      (error) => {
        assert.ok(error instanceof RunError);
        assert.equal(error.field, 'parity.layers');
        return true;
      },
    );
    assert.throws(() => checkParity({ ...parity, layers: 0, onnx: Number.POSITIVE_INFINITY }), {
      code: 'export-parity',
      field: 'parity.onnx',
    });
  });

  it('keeps the precision of features whose mean is far greater than their deviation', async () => {
    const normaliser = {
      ...description.observation.normaliser,
      mean: description.observation.names.map((_, i) => 1000 + i / 3),
      variance: description.observation.names.map(() => 0),
    };
    const far = { ...description, observation: { ...description.observation, normaliser } };
    const policy = new MlpPolicy(weights, normaliser);
    const row = Float32Array.from(normaliser.mean, (mean, i) => mean + 0.01 * Math.sin(i));
    const expected = new Float32Array(3);
    policy.act(row, expected);
    const feeds = { observation: { shape: [1, row.length], data: row } };
    const found = {
      onnx: evaluate(policyGraph(far, weights), feeds).action.data,
      layers: await runLayersModel(await encodeLayersModel(far, weights), row, 1),
      safetensors: runWeights(encodeWeights(far, weights), row, 3),
    };
    for (const [format, action] of Object.entries(found)) {
      expected.forEach((value, i) => {
        assert.ok(Math.abs(value - action[i]) < 2e-6, `${format} ${action[i]} ${value}`);
      });
    }
  });

  it('refuses weights that are not finite', async () => {
    const data = weights['actor/1/bias'].data.slice();
    data[0] = Number.NaN;
    savePolicy(join(folder, 'policy'), description, { ...weights, 'actor/1/bias': { shape: [16], data } });
    await assert.rejects(run(), { code: 'not-finite', field: 'actor/1/bias' });
    assert.equal(existsSync(out), false);
  });

  it('refuses a folder without a policy, one that is damaged, and one that is not there', async () => {
    await assert.rejects(exportPolicy({ source: folder, out }), { code: 'no-policy' });
    await assert.rejects(exportPolicy({ source: join(folder, 'none'), out }), { code: 'file-not-found' });
    const path = join(folder, 'policy', 'policy.safetensors');
    const bytes = readFileSync(path);
    bytes[bytes.length - 1] ^= 1;
    writeFileSync(path, bytes);
    await assert.rejects(run(), { code: 'wrong-hash', field: path });
    assert.equal(existsSync(out), false);
  });

  it('replaces an earlier export with force, and never anything else', async () => {
    mkdirSync(out);
    await run();
    await assert.rejects(run(), { code: 'out-not-empty', hint: /--force/ });
    await run(true);
    const mine = join(folder, 'mine');
    mkdirSync(mine);
    writeFileSync(join(mine, 'notes.txt'), 'mine');
    for (const force of [false, true]) {
      await assert.rejects(exportPolicy({ source: join(folder, 'policy'), out: mine, force }), {
        code: 'out-not-empty',
        field: 'out',
      });
    }
    assert.deepEqual(readdirSync(mine), ['notes.txt']);
    await assert.rejects(exportPolicy({ source: out, out: join(mine, 'notes.txt') }), {
      message: /is a file/,
    });
  });
});
