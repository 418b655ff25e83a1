import assert from 'node:assert/strict';
import { createEngine, ENGINE_NAMES, ENGINES } from '../../../agents/sac/choose-engine.ts';
import { isInstalled } from '../../../agents/sac/tfjs-backend.ts';
import { InputError } from '../../../base/errors.ts';
import { sacOptions } from '../../support/sac-options.ts';

describe('choosing an engine', () => {
  it('auto takes the first engine that runs here', async () => {
    const engine = await createEngine(sacOptions());
    const names = ENGINES.filter(
      ({ optionalPackage }) => optionalPackage === undefined || isInstalled(optionalPackage),
    ).map(({ name }) => name);
    assert.equal(engine.name, names[0]);
    engine.dispose();
  });

  it('takes the one asked for', async () => {
    const engine = await createEngine(sacOptions(), { engine: 'tfjs-cpu' });
    assert.equal(engine.name, 'tfjs-cpu');
    engine.dispose();
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
