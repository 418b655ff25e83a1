import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makergymJson } from '../support/cli.ts';
import { TINY } from '../support/market-folder.ts';

describe('makergym start', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'makergym-start-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('goes the whole way and leaves a run, a verdict, a report and an export', async () => {
    const run = join(folder, 'run');
    const { code, document } = await makergymJson(
      ...['start', '--out', run, '--duration', '3m', '--evaluation-duration', '2m'],
      ...['--total-timesteps', '200'],
      ...[...TINY, '--quiet', '--seed', '3'],
    );
    assert.equal(code, 0);
    const { training, evaluation, report } = document as Record<string, Record<string, unknown>>;
    assert.equal(training.timesteps, 200);
    assert.match(String(evaluation.verdict), /^(better|worse|inconclusive)$/);
    assert.ok(existsSync(String(report.out)));
    assert.ok(existsSync(join(run, 'export', 'policy.onnx')));
    // What the user sets goes before the settings this command brings along.
    const config = readFileSync(join(run, 'config.json'), 'utf8');
    assert.deepEqual(JSON.parse(config).sac.hidden, [8]);
    assert.equal(JSON.parse(config).sac.discount, 0.95);
  });

  it('takes no name where it does not come to begin', async () => {
    const before = process.cwd();
    process.chdir(folder);
    try {
      const { code, document } = await makergymJson('start', '--set', 'sac.hidden=[0]');
      assert.deepEqual([code, readdirSync(folder)], [2, []], JSON.stringify(document));
      const late = await makergymJson('start', '--duration', '1', '--quiet');
      assert.deepEqual([late.code, readdirSync(folder)], [2, []], JSON.stringify(late.document));
    } finally {
      process.chdir(before);
    }
  });
});
