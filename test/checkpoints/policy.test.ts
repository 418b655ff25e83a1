import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SacState } from '../../agents/sac/engine.ts';
import { InputError } from '../../base/errors.ts';
import { loadPolicy, type PolicyDescription, savePolicy } from '../../checkpoints/policy.ts';
import { DEFAULT_LANE, DEFAULT_MARKET_MAKING } from '../../env/settings.ts';
import { DEFAULT_SAFETY } from '../../safety/limits.ts';
import { whileReading } from '../support/while-reading.ts';

const description: PolicyDescription = {
  format: 'makergym-policy',
  version: 1,
  environment: 'MarketMaking-v0',
  observation: {
    names: ['a', 'b'],
    units: ['ticks', 'lots'],
    normaliser: { count: 2, mean: [0, 1], variance: [1, 1], epsilon: 1e-8, clip: 10 },
  },
  action: {
    names: ['shift'],
    decoding: ['5 ticks'],
    centreShiftTicks: 5,
    logSpreadRange: 1,
    allowedShiftTicks: 2,
  },
  hidden: [3],
  lane: DEFAULT_LANE,
  marketMaking: DEFAULT_MARKET_MAKING,
  anchor: { name: 'v15', parameters: {} },
  safety: DEFAULT_SAFETY,
  instrument: { venue: 'binance-spot', symbol: 'BTCUSDT', tickSize: 0.01, stepSize: 1e-5 },
  provenance: { program: 'makergym 0', engine: 'none', seed: 1, timesteps: 0, updates: 0, tapes: [] },
};

const tensor = (...shape: number[]) => {
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1)).map((_, i) => i / 7);
  return { shape, data };
};
const state: SacState = {
  'actor/0/kernel': tensor(2, 3),
  'actor/0/bias': tensor(3),
  'actor/1/kernel': tensor(3, 2),
  'actor/1/bias': tensor(2),
  'critic/0/0/kernel': tensor(3, 3),
};

describe('a saved policy', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'makergym-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('comes back with its manifest and the actor alone', () => {
    savePolicy(join(folder, 'p'), description, state, { 'score.json': '{}' });
    const policy = loadPolicy(join(folder, 'p'));
    const { files, ...rest } = policy.manifest;
    assert.deepEqual(rest, description);
    assert.deepEqual(
      files.map((file) => file.path),
      ['policy.safetensors', 'score.json'],
    );
    assert.deepEqual(Object.keys(policy.weights).sort(), Object.keys(state).slice(0, 4).sort());
    assert.deepEqual(policy.weights['actor/0/kernel'], state['actor/0/kernel']);
  });

  it('is found in a run: the best, else the newest checkpoint', () => {
    const run = join(folder, 'run');
    for (const step of [5, 40, 100]) {
      const checkpoint = join(run, 'checkpoints', `step_${step}`);
      savePolicy(join(checkpoint, 'policy'), description, state);
      writeFileSync(join(checkpoint, 'manifest.json'), '{"format":"makergym-checkpoint"}');
    }
    assert.equal(loadPolicy(run).directory, join(run, 'checkpoints', 'step_100', 'policy'));
    assert.ok(loadPolicy(join(run, 'checkpoints', 'step_5')).directory.endsWith(join('step_5', 'policy')));
    savePolicy(join(run, 'best'), description, state);
    assert.equal(loadPolicy(run).directory, join(run, 'best'));
  });

  it('is the best of a run also while another takes its place', () => {
    const run = join(folder, 'run');
    const best = join(run, 'best');
    savePolicy(join(run, 'checkpoints', 'step_5', 'policy'), description, state);
    writeFileSync(join(run, 'checkpoints', 'step_5', 'manifest.json'), '{"format":"makergym-checkpoint"}');
    const trained = (seed: number) => ({
      description: { ...description, provenance: { ...description.provenance, seed } },
      weights: { ...state, 'actor/0/bias': { shape: [3], data: new Float32Array(3).fill(seed) } },
    });
    const save = (seed: number) => savePolicy(best, trained(seed).description, trained(seed).weights);
    for (const [file, count] of [
      ['manifest.json', 1],
      ['policy.safetensors', 1],
      // Verified, and then replaced before it is taken.
      ['policy.safetensors', 2],
    ] as const) {
      save(7);
      const { manifest, weights } = whileReading(
        file,
        count,
        () => save(8),
        () => loadPolicy(run),
      );
      assert.deepEqual([manifest.provenance.seed, weights['actor/0/bias'].data[0]], [8, 8], file);
    }
    renameSync(best, join(run, '.best.0badcafe.old'));
    for (const path of [run, best]) assert.equal(loadPolicy(path).manifest.provenance.seed, 8, path);
  });

  it('of the newest checkpoint is read though that is removed for a newer one meanwhile', () => {
    const run = join(folder, 'run');
    const save = (step: number) => {
      savePolicy(join(run, 'checkpoints', `step_${step}`, 'policy'), description, state);
      writeFileSync(
        join(run, 'checkpoints', `step_${step}`, 'manifest.json'),
        '{"format":"makergym-checkpoint"}',
      );
    };
    save(5);
    const goOn = () => {
      save(10);
      rmSync(join(run, 'checkpoints', 'step_5'), { recursive: true });
    };
    const { directory } = whileReading('policy.safetensors', 1, goOn, () => loadPolicy(run));
    assert.equal(directory, join(run, 'checkpoints', 'step_10', 'policy'));
  });

  it('is refused when missing, changed, or of another shape', () => {
    mkdirSync(join(folder, 'empty'));
    assert.throws(() => loadPolicy(join(folder, 'empty')), /holds no policy/);
    assert.throws(() => loadPolicy(join(folder, 'nowhere')), InputError);
    savePolicy(join(folder, 'p'), description, state);
    const manifest = JSON.parse(readFileSync(join(folder, 'p', 'manifest.json'), 'utf8'));
    for (const part of ['safety', 'lane', 'anchor', 'instrument', 'provenance', 'files', 'observation']) {
      mkdirSync(join(folder, part));
      writeFileSync(join(folder, part, 'manifest.json'), JSON.stringify({ ...manifest, [part]: undefined }));
      assert.throws(() => loadPolicy(join(folder, part)), { code: 'bad-manifest', field: part });
    }
    writeFileSync(join(folder, 'p', 'policy.safetensors'), 'x');
    assert.throws(() => loadPolicy(join(folder, 'p')), /policy\.safetensors is damaged/);
    assert.throws(
      () => savePolicy(join(folder, 'q'), { ...description, hidden: [4] }, state),
      /actor\/0\/kernel.*is \[2,3\]/,
    );
  });

  it('is refused with values in its manifest that no policy can have', () => {
    const directory = join(folder, 'p');
    savePolicy(directory, description, state);
    const path = join(directory, 'manifest.json');
    const whole = readFileSync(path, 'utf8');
    const impossible: readonly (readonly [field: string, value: unknown])[] = [
      ['observation.normaliser.variance.1', -1],
      ['observation.normaliser.epsilon', 0],
      ['observation.normaliser.clip', -10],
      ['action.centreShiftTicks', 0],
      ['action.logSpreadRange', -1],
      ['action.allowedShiftTicks', -3],
      ['safety.maxOffset', -1],
      ['safety.maxOffsetStep', 0],
      ['safety.minSpread', -5],
      ['safety.minQuoteLifeMs', -1],
      ['safety.maxAckP99Ms', 0],
      ['files', []],
    ];
    for (const [field, value] of impossible) {
      const manifest = JSON.parse(whole);
      const keys = field.split('.');
      const last = keys.pop() as string;
      keys.reduce((node, key) => node[key], manifest)[last] = value;
      writeFileSync(path, JSON.stringify(manifest));
      assert.throws(() => loadPolicy(directory), { code: 'bad-manifest', field });
    }
    writeFileSync(path, whole);
    loadPolicy(directory);
  });
});
