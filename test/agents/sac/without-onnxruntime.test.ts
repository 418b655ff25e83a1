import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const CHOOSE = `
  import { createEngine } from './agents/sac/choose-engine.ts';
  import { sacOptions } from './test/support/sac-options.ts';
  const lines = [];
  const engine = await createEngine(sacOptions(), { report: (line) => lines.push(line) });
  const refused = await createEngine(sacOptions(), { engine: 'onnx' }).catch((error) => error);
  console.log(JSON.stringify({ engine: engine.name, lines, code: refused.code, hint: refused.hint }));
  process.exit();
`;

describe('without onnxruntime-node', () => {
  it('TensorFlow.js serves, a line says what is lost, and --engine onnx says what to install', async () => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [
        ...['--import', './test/support/without-onnxruntime.mjs'],
        ...['--import', 'tsx', '--input-type=module', '--eval', CHOOSE],
      ],
      { cwd: fileURLToPath(new URL('../../..', import.meta.url)) },
    );
    const { engine, lines, code, hint } = JSON.parse(stdout);
    assert.match(engine, /^tfjs-/);
    assert.equal(lines.length, 1);
    assert.match(
      lines[0],
      /^tfjs-\S+; onnxruntime-node is not installed: npm install onnxruntime-node brings training .* as fast/,
    );
    assert.equal(code, 'engine-not-installed');
    assert.match(hint, /npm install onnxruntime-node/);
  });
});
