import assert from 'node:assert/strict';
import { helpText, readArguments } from '../../bench/arguments.ts';
import type { Bench } from '../../bench/bench.ts';

const BENCHES: readonly Bench[] = [
  { name: 'replay', describe: 'replay at full fidelity', async *run() {} },
  { name: 'sac', describe: 'SAC updates', async *run() {} },
  { name: 'optimum', describe: 'the share of an optimum', onlyWhenNamed: true, async *run() {} },
];
const read = (...argv: readonly string[]) => {
  const { chosen, ...options } = readArguments(argv, BENCHES);
  return { chosen: chosen.map(({ name }) => name), ...options };
};

describe('arguments of the benches', () => {
  it('all benches that need not be named run where none is, and those named in their order', () => {
    assert.deepEqual(read().chosen, ['replay', 'sac']);
    assert.deepEqual(read('optimum', 'replay').chosen, ['optimum', 'replay']);
  });

  it('options come typed', () => {
    assert.deepEqual(read('sac', '--quick', '--json', '--threads', '3'), {
      chosen: ['sac'],
      help: false,
      quick: true,
      json: true,
      threads: 3,
    });
    assert.equal(read('-h').help, true);
  });

  it('an unknown option or bench is told with the nearest', () => {
    assert.throws(() => read('--qick'), { code: 'unknown-option', hint: 'Did you mean --quick?' });
    assert.throws(() => read('reply'), { code: 'unknown-bench', hint: 'Did you mean "replay"?' });
    assert.throws(() => read('-x'), { code: 'unknown-option', field: '-x' });
  });

  it('values that are missing, no numbers, or too many are refused', () => {
    for (const argv of [['--threads'], ['--threads', 'x'], ['--threads=0'], ['--threads=1.5']]) {
      assert.throws(() => read(...argv), { code: 'bad-number', field: '--threads' });
    }
    assert.throws(() => read('--quick=3'), { code: 'unexpected-value', field: '--quick' });
  });

  it('help lists every bench with what it measures, and every option', () => {
    const help = helpText(BENCHES);
    for (const { name, describe } of BENCHES) assert.match(help, new RegExp(`^  ${name} +${describe}`, 'm'));
    for (const option of ['--help', '--quick', '--json', '--threads N']) {
      assert.match(help, new RegExp(`^  ${option} +\\w`, 'm'));
    }
    assert.match(help, /optimum .*only when named/);
  });
});
