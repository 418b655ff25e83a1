import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import {
  assign,
  DEFAULT_CONFIG,
  parseAssignment,
  readConfigFile,
  resolveConfig,
  type Settings,
} from '../../cli/config.ts';

function set(...texts: string[]) {
  const settings: Settings = {};
  for (const text of texts) {
    const { path, value } = parseAssignment(text);
    assign(settings, path, value);
  }
  return resolveConfig(settings);
}

describe('configuration', () => {
  it('has defaults that pass their own checks', () => {
    assert.deepEqual(resolveConfig({}), DEFAULT_CONFIG);
  });

  it('takes single settings of every type', () => {
    const config = set(
      'sac.hidden=[64, 64]',
      'sac.learningRate=1e-3',
      'sac.entropyBackup=true',
      'lane.lot=null',
    );
    assert.deepEqual(config.sac.hidden, [64, 64]);
    assert.equal(config.sac.learningRate, 0.001);
    assert.equal(config.sac.entropyBackup, true);
    assert.equal(config.lane.lot, null);
    assert.equal(config.sac.batchSize, DEFAULT_CONFIG.sac.batchSize);
  });

  it('names the nearest key for an unknown one, at any depth', () => {
    assert.throws(() => set('sac.learningrate=1'), {
      code: 'unknown-key',
      field: 'sac.learningrate',
      hint: 'Did you mean "sac.learningRate"?',
    });
    assert.throws(() => set('lan.lot=1'), { hint: 'Did you mean "lane"?' });
    assert.throws(() => set('lane.latency.entryMS=1'), { hint: 'Did you mean "lane.latency.entryMs"?' });
    assert.throws(() => set('training.earlyStop.windw=1'), {
      hint: 'Did you mean "training.earlyStop.window"?',
    });
  });

  it('takes no name that objects have by themselves', () => {
    for (const path of ['__proto__.x', 'constructor', 'sac.toString', 'lane.__proto__']) {
      assert.throws(() => set(`${path}=1`), { code: 'unknown-key' });
    }
    assert.equal(({} as { x?: number }).x, undefined);
  });

  it('names the field, the value and the range of a bad value', () => {
    assert.throws(() => set('agents.v1.gamma=-1'), {
      code: 'bad-config',
      field: 'agents.v1.gamma',
      value: -1,
    });
    assert.throws(() => set('sac.batchSize=1.5'), { field: 'sac.batchSize', value: 1.5 });
    assert.throws(() => set('sac.discount=.nan'), { field: 'sac.discount' });
    assert.throws(() => set('lane.queue.model=powr'), { field: 'lane.queue.model', value: 'powr' });
    assert.throws(() => set('lane=3'), { field: 'lane' });
    assert.throws(() => set('sac.hidden'), { code: 'bad-set' });
    assert.throws(() => set('marketMaking.anchor=v155'), { hint: 'Did you mean "v15"?' });
    assert.throws(() => set('training.curriculum.startTicks=9'), { field: 'training.curriculum.startTicks' });
    assert.throws(() => set('training.curriculum.widenAt=0.9', 'training.curriculum.widenedAt=0.1'), {
      field: 'training.curriculum.widenAt',
    });
    assert.throws(() => set('evaluation.resamples=1e12'), { field: 'evaluation.resamples' });
    assert.throws(() => set('lane.latency.entryMs=1e12'), { field: 'lane.latency.entryMs' });
  });

  describe('from a file', () => {
    let folder: string;
    const write = (name: string, content: string) => {
      const path = join(folder, name);
      writeFileSync(path, content);
      return path;
    };
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'makergym-config-'));
    });
    afterEach(() => rmSync(folder, { recursive: true }));

    it('reads YAML and JSON alike', () => {
      const yaml = readConfigFile(write('a.yaml', 'sac:\n  tau: 0.01\n'));
      const json = readConfigFile(write('a.json', '{"sac": {"tau": 0.01}}'));
      assert.deepEqual(yaml, json);
      assert.equal(resolveConfig(yaml).sac.tau, 0.01);
    });

    it('reads it compressed', () => {
      const path = join(folder, 'a.yaml.gz');
      writeFileSync(path, gzipSync('sac:\n  tau: 0.01\n'));
      assert.deepEqual(readConfigFile(path), { sac: { tau: 0.01 } });
    });

    it('refuses what is missing, malformed or no object', () => {
      assert.throws(() => readConfigFile(join(folder, 'none.yaml')), {
        code: 'file-not-found',
        field: 'config',
      });
      assert.throws(() => readConfigFile(write('b.json', '{"sac": ')), { code: 'bad-config' });
      assert.throws(() => readConfigFile(write('c.yaml', '- 1\n- 2\n')), { code: 'bad-config' });
      assert.throws(() => readConfigFile(folder), { code: 'bad-config' });
      assert.throws(() => resolveConfig(readConfigFile(write('d.yaml', 'lane:\n  latencyy: 3\n'))), {
        code: 'unknown-key',
        field: 'lane.latencyy',
        hint: 'Did you mean "lane.latency"?',
      });
      assert.throws(() => resolveConfig(readConfigFile(write('e.yaml', 'sac: {learningRate: .nan}'))), {
        field: 'sac.learningRate',
        expected: 'number',
      });
    });
  });
});
