import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { createEngine, ENGINES } from '../../../agents/sac/choose-engine.ts';
import { ENGINE_NAMES } from '../../../agents/sac/engine-names.ts';
import { initialState } from '../../../agents/sac/initialise.ts';
import { isInstalled } from '../../../agents/sac/packages.ts';
import { InputError } from '../../../base/errors.ts';
import { sacOptions } from '../../support/sac-options.ts';

describe('choosing an engine', () => {
  it('auto takes the fastest that runs here, as it was made, and says so in a line', async () => {
    const lines: string[] = [];
    const options = sacOptions({ hidden: [64, 64], batchSize: 64 });
    const engine = await createEngine(options, { report: (line) => lines.push(line) });
    assert.equal(lines.length, 1);
    assert.ok(lines[0].startsWith(engine.name), lines[0]);
    if (isInstalled('onnxruntime-node')) {
      assert.equal(engine.name, 'onnx');
      assert.match(lines[0], /^onnx: [\d.]+ updates\/s on \d+ threads?, \d+ % of .* GFLOP\/s\)/);
    } else {
      assert.match(lines[0], /npm install onnxruntime-node brings/);
    }
    // Calibrating left no trace.
    assert.deepEqual(engine.exportState(), initialState(options));
    engine.dispose();
  });

  it('takes a device beside the engine onnx, and says where that does not fit', async () => {
    await assert.rejects(createEngine(sacOptions(), { engine: 'tfjs-wasm', device: 'cuda' }), {
      code: 'engine-without-device',
    });
    await assert.rejects(createEngine(sacOptions(), { engine: 'onnx', device: 'gpu' }), {
      code: 'unknown-device',
    });
    const missing = process.platform === 'darwin' ? 'dml' : 'coreml';
    await assert.rejects(createEngine(sacOptions(), { engine: 'onnx', device: missing }), InputError);
  });

  it('refuses threads that the machine or the engine does not have', async () => {
    for (const [engine, threads, code] of [
      ['auto', 0, 'bad-threads'],
      ['onnx', 1.5, 'bad-threads'],
      ['auto', availableParallelism() + 1, 'bad-threads'],
      ['tfjs-wasm', 1, 'engine-without-threads'],
    ] as const) {
      await assert.rejects(createEngine(sacOptions(), { engine, threads }), { code, field: 'threads' });
    }
  });

  it('takes the one asked for', async () => {
    const engine = await createEngine(sacOptions(), { engine: 'tfjs-cpu' });
    assert.equal(engine.name, 'tfjs-cpu');
    engine.dispose();
  });

  it('every engine can be named, beside the choices between them', () => {
    assert.deepEqual(ENGINE_NAMES, ['auto', 'tfjs', ...ENGINES.map(({ name }) => name)]);
  });

  it('names the nearest of an unknown one', async () => {
    await assert.rejects(createEngine(sacOptions(), { engine: 'tfjs-wams' }), (error: unknown) => {
      assert.ok(error instanceof InputError);
      assert.equal(error.code, 'unknown-engine');
      assert.match(error.hint ?? '', /"tfjs-wasm"/);
      assert.equal(error.expected, `one of ${ENGINE_NAMES.join(', ')}`);
      return true;
    });
  });

  it('says what to install for one that is not there', async function () {
    if (isInstalled('@tensorflow/tfjs-node-gpu')) this.skip();
    await assert.rejects(createEngine(sacOptions(), { engine: 'tfjs-node-gpu' }), (error: unknown) => {
      assert.ok(error instanceof InputError);
      assert.match(error.hint ?? '', /npm install @tensorflow\/tfjs-node-gpu/);
      return true;
    });
  });

  it('leaves uncaught errors of the process to the process', () => {
    for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
      const foreign = process
        .listeners(event as 'uncaughtException')
        .filter((listener) => /throw/.test(String(listener)));
      assert.deepEqual(
        foreign.filter((listener) => !/mocha|runner/i.test(String(listener))),
        [],
      );
    }
  });
});
