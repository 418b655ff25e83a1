import assert from 'node:assert/strict';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { makergym, makergymJson } from '../support/cli.ts';
import { marketIn, TINY } from '../support/market-folder.ts';

/** Words of a command line, the code and the field of its error, and a part of what it says to do or to expect. */
type Case = readonly [line: string, code: string, field: string, says: RegExp];

describe('bad input on the command line', function () {
  this.timeout(60_000);
  let folder: string;
  const at = (name: string) => join(folder, name);

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'makergym-bad-'));
    await marketIn(folder, 1, 120);
    await marketIn(folder, 2, 60);
    const trained = await makergym(
      ...['train', '--tape', at('market-1.arrow'), '--out', at('run'), '--total-timesteps', '200'],
      ...['--engine', 'tfjs-cpu', '--seed', '3', '--quiet', ...TINY],
    );
    assert.equal(trained.code, 0, trained.stderr);
    assert.equal((await makergym('export', at('run'), '--out', at('export'))).code, 0);

    const text = gunzipSync(readFileSync(at('market-2.gz'))).toString();
    writeFileSync(at('empty.gz'), '');
    writeFileSync(at('cut.gz'), readFileSync(at('market-1.gz')).subarray(0, 20_000));
    writeFileSync(at('cut.arrow'), readFileSync(at('market-1.arrow')).subarray(0, 50_000));
    writeFileSync(at('foreign.gz'), 'hello\n');
    writeFileSync(at('broken-line.txt'), `${text.slice(0, text.indexOf('\n'))}\nno line\n${text}`);
    writeFileSync(
      at('two-symbols.txt'),
      text + text.replaceAll('SIMUSDT', 'FOOUSDT').replaceAll('simusdt', 'foousdt'),
    );
    writeFileSync(at('typo.yaml'), 'lane:\n  latencyy: 3\n');
    writeFileSync(
      at('throws.mjs'),
      `export default () => ({ name: 'x', reset() {}, quote() { throw new Error('in quote'); } });\n`,
    );
    symlinkSync(at('market-1.gz'), at('link.gz'));
    mkdirSync(at('folder'));

    const copy = (from: string, to: string, spoil: (path: string) => void) => {
      cpSync(at(from), at(to), { recursive: true });
      spoil(at(to));
    };
    const edit = (path: string, change: (json: Record<string, never>) => void) => {
      const json = JSON.parse(readFileSync(path, 'utf8'));
      change(json);
      writeFileSync(path, JSON.stringify(json));
    };
    const flip = (path: string) => {
      const bytes = readFileSync(path);
      bytes[bytes.length - 5] ^= 1;
      writeFileSync(path, bytes);
    };
    copy('export', 'other-observation', (path) =>
      edit(join(path, 'manifest.json'), ({ observation }) => {
        (observation as { names: string[] }).names[0] = 'weather';
      }),
    );
    copy('export', 'other-instrument', (path) =>
      edit(join(path, 'manifest.json'), ({ instrument }) => {
        (instrument as { symbol: string }).symbol = 'BTCUSDT';
      }),
    );
    copy('export', 'no-safety', (path) =>
      edit(join(path, 'manifest.json'), (manifest) => delete manifest.safety),
    );
    copy('export', 'version-7', (path) =>
      edit(join(path, 'manifest.json'), (manifest: Record<string, unknown>) => {
        manifest.version = 7;
      }),
    );
    copy('export', 'wrong-hash', (path) => flip(join(path, 'policy.safetensors')));
    copy('run', 'run-hash', (path) => flip(join(path, 'checkpoints', 'step_200', 'learner.safetensors')));
    copy('run', 'run-config', (path) => truncateSync(join(path, 'config.json'), 100));
    copy('run', 'run-key', (path) =>
      edit(join(path, 'config.json'), (config: Record<string, unknown>) => {
        config.lan = 1;
      }),
    );
    copy('run', 'run-record', (path) => edit(join(path, 'run.json'), (record) => delete record.training));
    copy('run', 'run-progress', (path) => writeFileSync(join(path, 'progress.csv'), 'a,b\n1,x\n'));
    copy('run', 'run-row', (path) => {
      const [header] = readFileSync(join(path, 'progress.csv'), 'utf8').split('\n');
      writeFileSync(join(path, 'progress.csv'), `${header}\n1,x\n`);
    });
    copy('run', 'run-evaluations', (path) => writeFileSync(join(path, 'evaluations.jsonl'), '{"time\n{}\n'));
    copy('run', 'run-score', (path) => writeFileSync(join(path, 'best', 'score.json'), '{'));
    copy('run', 'run-empty', (path) => rmSync(join(path, 'checkpoints'), { recursive: true }));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** Every word of a line that begins with @ is a path in the folder. */
  const words = (line: string) =>
    line.split(' ').map((word) => word.replace(/^(--\w[\w-]*=)?@/, `$1${folder}/`));

  const IMPORT: readonly Case[] = [
    ['import --out @x.arrow', 'missing-option', 'CAPTURE', /import --help/],
    ['import @market-1.gz', 'missing-option', '--out', /import --help/],
    ['import @none.gz --out @x.arrow', 'file-not-found', 'capture', /path/],
    ['import @empty.gz --out @x.arrow', 'empty-file', 'capture', /at least one line/],
    ['import @cut.gz --out @x.arrow', 'truncated-file', 'capture', /whole gzip/],
    ['import @foreign.gz --out @x.arrow', 'foreign-file', 'capture', /docs\/data.md/],
    ['import @folder --out @x.arrow', 'foreign-file', 'capture', /local time/],
    ['import @market-1.arrow --out @x.arrow', 'foreign-file', 'capture', /local time/],
    [
      'import @broken-line.txt --out @x.arrow --strict',
      'malformed-line',
      'capture',
      /broken-line.txt:2|--strict/,
    ],
    ['import @two-symbols.txt --out @x.arrow', 'two-symbols', 'symbol', /--symbol FOOUSDT/],
    ['import @market-2.gz @market-1.gz --out @x.arrow', 'out-of-order', 'capture', /oldest first/],
    ['import @market-1.gz --out @folder', 'cannot-write', 'out', /folder/],
    ['import @market-1.gz --out @foreign.gz/x.arrow', 'cannot-write', 'out', /folder/],
    ['import @market-1.gz --out @market-1.gz', 'same-file', '--out', /file of its own/],
    ['import @market-1.gz --out @link.gz', 'same-file', '--out', /file of its own/],
    ['import @market-1.gz --out @x.arrow --venue binance-sport', 'unknown-value', '--venue', /binance-spot/],
    ['import @market-1.gz --out @x.arrow --tick-size NaN', 'bad-number', '--tick-size', /above 0/],
    ['import @market-1.gz --out @x.arrow --tick-size 0', 'bad-number', '--tick-size', /above 0/],
    ['import @market-1.gz --out @x.arrow --step-size -1', 'bad-number', '--step-size', /above 0/],
    ['import @market-1.gz --out @x.arrow --seed -1', 'bad-number', '--seed', /at least 0/],
    ['import @market-1.gz --out @x.arrow --out @y.arrow', 'repeated-option', '--out', /once/],
    ['import @market-1.gz --out @x.arrow --symbl X', 'unknown-option', '--symbl', /--symbol/],
    ['imprt @market-1.gz --out @x.arrow', 'unknown-command', 'command', /"import"/],
  ];

  const SIMULATE: readonly Case[] = [
    ['simulate --out @x.gz', 'missing-option', '--duration', /simulate --help/],
    ['simulate --duration 10 --out @x.gz', 'bad-duration', 'duration', /10s/],
    ['simulate --duration NaN --out @x.gz', 'bad-duration', 'duration', /10s/],
    ['simulate --duration 0s --out @x.gz', 'bad-duration', 'duration', /10m/],
    ['simulate --duration 1s --market queue --out @x.gz', 'unknown-market', 'market', /"queue-reactive"/],
    ['simulate --duration 1s --out @folder', 'cannot-write', 'out', /folder/],
  ];

  const TAPE: readonly Case[] = [
    ['inspect', 'missing-option', 'TAPE', /inspect --help/],
    ['inspect @none.arrow', 'file-not-found', 'tape', /path/],
    ['inspect @empty.gz', 'foreign-tape', 'tape', /makergym import/],
    ['inspect @cut.arrow', 'truncated-tape', 'tape', /Copy it again/],
    ['inspect @foreign.gz', 'foreign-tape', 'tape', /makergym import/],
    ['inspect @market-1.gz', 'foreign-tape', 'tape', /makergym import/],
    ['inspect @folder', 'foreign-tape', 'tape', /makergym import/],
    ['backtest @market-1.arrow', 'missing-option', '--agent', /backtest --help/],
    ['backtest @market-1.arrow --agent v155', 'unknown-agent', 'agent', /"v15"/],
    ['backtest @market-1.arrow --agent nobody', 'unknown-agent', 'agent', /path/],
    ['backtest @market-1.arrow --agent @no/run', 'file-not-found', 'agent', /path/],
    ['backtest @market-1.arrow --agent @folder', 'no-policy', 'policy', /makergym train/],
    ['backtest @market-1.arrow --agent @throws.mjs', 'agent-failed', 'agent', /MAKERGYM_DEBUG/],
    ['backtest @market-2.arrow @market-1.arrow --agent v1', 'tapes-out-of-order', 'tape', /earlier/],
    ['backtest @market-1.arrow --agent v1 --latency -5ms', 'bad-duration', '--latency', /250ms/],
    ['backtest @market-1.arrow --agent v1 --latency 9h', 'bad-latency', '--latency', /60s/],
    ['backtest @market-1.arrow --agent v1 --fees a,b', 'bad-fees', '--fees', /0,5/],
    ['backtest @market-1.arrow --agent v1 --fees NaN,1', 'bad-fees', '--fees', /0,5/],
    ['backtest @market-1.arrow --agent v1 --lot 0', 'bad-number', '--lot', /above 0/],
    ['backtest @market-1.arrow --agent v1 --lot NaN', 'bad-number', '--lot', /above 0/],
    ['backtest @market-1.arrow --agent v1 --lot 0.0005', 'bad-lot', 'lot', /multiple of 0.001/],
    ['backtest @market-1.arrow --agent v1 --max-inventory 0', 'bad-number', '--max-inventory', /above 0/],
    [
      'backtest @market-1.arrow --agent v1 --decision-interval 0',
      'bad-duration',
      '--decision-interval',
      /250ms/,
    ],
    [
      'backtest @market-1.arrow --agent v1 --decision-interval 0ms',
      'bad-duration',
      '--decision-interval',
      /100ms/,
    ],
    ['backtest @market-1.arrow --agent v1 --queue powr:2', 'unknown-queue-model', '--queue', /"power"/],
    ['backtest @market-1.arrow --agent v1 --start yesterday', 'bad-time', '--start', /2024-07-24/],
    ['backtest @market-1.arrow --agent v1 --start 2030-01-01', 'outside-tape', 'start', /within/],
    ['backtest @market-1.arrow --agent v1 --decisions @market-1.arrow', 'same-file', '--decisions', /own/],
    ['backtest @market-1.arrow --agent v1 --decisions @d --fills @d', 'same-file', '--fills', /own/],
    [
      'backtest @market-1.arrow --agent v1 --out @o --fills @o/decisions.arrow',
      'same-file',
      '--fills',
      /own/,
    ],
    [
      'backtest @market-1.arrow --agent v1 --out @o --decisions @o/kpis.json',
      'same-file',
      '--decisions',
      /own/,
    ],
    ['backtest @market-1.arrow --agent v1 --decisions @folder', 'cannot-write', 'out', /folder/],
    [
      'backtest @market-1.arrow --agent v1 --config @typo.yaml',
      'unknown-key',
      'lane.latencyy',
      /lane.latency"/,
    ],
    ['backtest @market-1.arrow --agent v1 --set lne.lot=1', 'unknown-key', 'lne', /"lane"/],
    ['backtest @market-1.arrow --agent v1 --set lane.lott=1', 'unknown-key', 'lane.lott', /"lane.lot"/],
    [
      'backtest @market-1.arrow --agent v1 --set lane.fees.makr=1',
      'unknown-key',
      'lane.fees.makr',
      /makerBps/,
    ],
    [
      'backtest @market-1.arrow --agent @other-observation',
      'other-observation',
      'observation',
      /midChange50ms/,
    ],
    [
      'backtest @market-1.arrow --agent @other-instrument',
      'other-instrument',
      'instrument.symbol',
      /BTCUSDT/,
    ],
    ['backtest @market-1.arrow --agent @version-7', 'not-a-policy', 'policy', /version 1/],
    ['backtest @market-1.arrow --agent @no-safety', 'bad-manifest', 'safety', /copy/],
    ['backtest @market-1.arrow --agent @wrong-hash', 'wrong-hash', '@wrong-hash/policy.safetensors', /copy/],
  ];

  const train = (rest: string) =>
    `train --tape @market-1.arrow --out @new --set marketMaking.warmupSeconds=5 --set marketMaking.episodeSeconds=9 ${rest}`;
  const TRAIN: readonly Case[] = [
    ['train --tape @market-1.arrow --out @new', 'missing-option', '--total-timesteps', /train --help/],
    ['train --total-timesteps 10', 'missing-option', '--tape', /--market/],
    [train('--market queue-reactive --total-timesteps 10'), 'too-many-options', '--tape', /one of/],
    [train('--duration 5m --total-timesteps 10'), 'foreign-option', 'duration', /--market/],
    [train('--total-timesteps 0'), 'bad-number', '--total-timesteps', /at least 1/],
    [train('--total-timesteps 1e99'), 'bad-number', '--total-timesteps', /at least 1/],
    [train('--total-timesteps abc'), 'bad-number', '--total-timesteps', /at least 1/],
    [train('--total-timesteps 10 --n-envs 0'), 'bad-number', '--n-envs', /1 to 1024/],
    [train('--total-timesteps 10 --seed -1'), 'bad-number', '--seed', /at least 0/],
    [train('--total-timesteps 10 --engine tfjs-wsm'), 'unknown-value', '--engine', /"tfjs-wasm"/],
    [train('--total-timesteps 10 --engine tfjs-node-gpu'), 'engine-not-installed', 'engine', /npm install/],
    [train('--total-timesteps 10 --lot 0.0001'), 'bad-lot', 'lot', /multiple/],
    [train('--total-timesteps 10 --end 2020-01-01'), 'empty-stretch', 'start', /--start and --end/],
    [train('--total-timesteps 10 --eval-tape @none'), 'file-not-found', 'tape', /path/],
    [train('--total-timesteps 10 --set sac.batchSize=0'), 'bad-config', 'sac.batchSize', />=1/],
    ['train --tape @folder --out @new --total-timesteps 10', 'foreign-tape', 'tape', /import/],
    [
      'train --tape @market-2.arrow --tape @market-1.arrow --out @new --total-timesteps 10',
      'tapes-out-of-order',
      'tape',
      /earlier/,
    ],
    ['train --tape @market-1.arrow --out @run --total-timesteps 10', 'run-exists', 'out', /--resume/],
    [
      'train --tape @market-1.arrow --out @export --total-timesteps 10',
      'out-not-empty',
      'out',
      /another --out/,
    ],
    [
      'train --tape @market-1.arrow --out @foreign.gz --total-timesteps 10',
      'out-not-empty',
      'out',
      /another --out/,
    ],
    [
      'train --tape @market-1.arrow --out @foreign.gz/x --total-timesteps 1',
      'cannot-write',
      'out',
      /another/,
    ],
    ['start --out @run', 'run-exists', 'out', /another --out/],
    ['train --resume @none', 'file-not-found', 'run', /path/],
    ['train --resume @folder', 'not-a-run', 'run', /makergym train/],
    ['train --resume @run', 'nothing-left', 'total-timesteps', /--total-timesteps 400/],
    ['train --resume @run --total-timesteps 300 --seed 4', 'settled-option', 'seed', /Leave --seed out/],
    [
      'train --resume @run-hash --total-timesteps 300',
      'wrong-hash',
      '@run-hash/checkpoints/step_200/learner.safetensors',
      /copy/,
    ],
    ['train --resume @run-config --total-timesteps 300', 'bad-run', 'run', /train anew/],
    ['train --resume @run-key --total-timesteps 300', 'unknown-key', 'lan', /"lane"/],
    ['train --resume @run-record --total-timesteps 300', 'bad-run', 'run', /train anew/],
    ['train --resume @run-progress --total-timesteps 300', 'bad-run', 'run', /Restore/],
    ['train --resume @run-evaluations --total-timesteps 300', 'bad-run', 'run', /Restore/],
    ['train --resume @run-score --total-timesteps 300', 'bad-run', 'run', /Restore/],
    ['train --resume @run-empty --total-timesteps 300', 'no-checkpoint', 'resume', /another --out/],
  ];

  const AFTER: readonly Case[] = [
    ['evaluate @run', 'missing-option', '--tape', /evaluate --help/],
    ['evaluate nobody --tape @market-2.arrow', 'unknown-agent', 'agent', /path/],
    ['evaluate @run --tape @none', 'file-not-found', 'tape', /path/],
    ['evaluate @run --tape @market-1.arrow', 'training-overlap', 'tape', /--allow-overlap/],
    ['evaluate @run --tape @market-2.arrow --baseline v14', 'unknown-agent', 'agent', /"v1/],
    ['evaluate @other-instrument --tape @market-2.arrow', 'other-instrument', 'instrument.symbol', /BTCUSDT/],
    ['evaluate @wrong-hash --tape @market-2.arrow', 'wrong-hash', '@wrong-hash/policy.safetensors', /copy/],
    [
      'evaluate v1 --tape @market-2.arrow --set evaluation.resamples=1e12',
      'bad-config',
      'evaluation.resamples',
      /1000000/,
    ],
    ['evaluate v1 --tape @market-2.arrow --out @foreign.gz', 'cannot-write', 'out', /folder/],
    ['export @run', 'missing-option', '--out', /export --help/],
    ['export @none --out @e', 'file-not-found', 'policy', /path/],
    ['export @folder --out @e', 'no-policy', 'policy', /makergym train/],
    ['export @wrong-hash --out @e', 'wrong-hash', '@wrong-hash/policy.safetensors', /copy/],
    ['export @run --out @export', 'out-not-empty', 'out', /--force/],
    ['export @run --out @foreign.gz', 'out-not-empty', 'out', /another --out/],
    ['report', 'missing-option', 'RUN', /report --help/],
    ['report @none', 'file-not-found', 'RUN', /path/],
    ['report @folder', 'nothing-to-report', 'RUN', /train/],
    ['report --backtest @folder', 'nothing-to-report', '--backtest', /backtest --out/],
    ['report @run-config', 'bad-run', 'run', /train anew/],
    ['report @run-progress', 'bad-run', 'run', /Restore/],
    ['report @run-row', 'bad-run', 'run', /Restore/],
    ['doctor --quik', 'unknown-option', '--quik', /--quick/],
    ['evaluate v1 --tape @market-1.arrow @market-1.arrow', 'tapes-out-of-order', 'tape', /earlier/],
    ['evaluate --tape @market-1.arrow @market-1.arrow v1', 'tapes-out-of-order', 'tape', /earlier/],
    ['doctor x', 'unexpected-argument', 'doctor', /options only|--help/],
  ];

  for (const [title, cases] of Object.entries({ IMPORT, SIMULATE, TAPE, TRAIN, AFTER })) {
    describe(title.toLowerCase(), () => {
      for (const [line, code, field, says] of cases) {
        it(`${line} → ${code}`, async () => {
          const before = readdirSync(folder).sort();
          const { code: exit, document, stderr } = await makergymJson(...words(line));
          const { error } = document as { error: Record<string, unknown> };
          assert.deepEqual(Object.keys(error), ['code', 'message', 'field', 'value', 'expected', 'hint']);
          assert.equal(error.code, code, JSON.stringify(error));
          assert.equal(error.field, words(field)[0]);
          assert.match(`${error.expected} ${error.hint} ${error.value}`, says);
          assert.equal(exit, code === 'agent-failed' ? 1 : 2);
          assert.doesNotMatch(`${JSON.stringify(error)}${stderr}`, /undefined|NaN:|\n\s+at |defect/);
          assert.deepEqual(readdirSync(folder).sort(), before, 'nothing is left behind');
        });
      }
    });
  }

  it('is told to people on stderr alone, in sentences', async () => {
    const { code, stdout, stderr } = await makergym('inspect', at('none.arrow'));
    assert.equal(code, 2);
    assert.equal(stdout, '');
    assert.equal(
      stderr,
      `error: No such file: ${at('none.arrow')}.\n  Check the path; relative paths start at the current folder.\n`,
    );
  });

  it('skips a malformed line, naming file and number, and counts it', async () => {
    const { document, stderr } = await makergymJson(
      'import',
      at('broken-line.txt'),
      '--out',
      at('skipped.arrow'),
    );
    assert.deepEqual((document as { ignored: unknown }).ignored, { 'malformed-line': 1 });
    assert.match(stderr, /broken-line\.txt:2: skipped a malformed line/);
  });

  it('judges on training ticks when told to', async () => {
    const { code } = await makergym(
      'evaluate',
      at('run'),
      '--tape',
      at('market-1.arrow'),
      '--allow-overlap',
      '--quiet',
    );
    assert.equal(code, 0);
  });
});
