import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatTable } from '../../training/loggers/console.ts';
import { CsvLogger } from '../../training/loggers/csv.ts';
import { Recorder } from '../../training/recorder.ts';

describe('the recorder', () => {
  it('keeps latest values, means and sums of an interval, sorted, without what is not finite', () => {
    const recorder = new Recorder();
    for (const value of [1, 2, 6]) {
      recorder.set('c', value);
      recorder.mean('b', value);
      recorder.sum('a', value);
    }
    recorder.set('nothing', Number.NaN);
    assert.deepEqual(
      [...recorder.flush(5).scalars],
      [
        ['a', 9],
        ['b', 3],
        ['c', 6],
      ],
    );
    assert.equal(recorder.pending, false);
    assert.equal(recorder.flush(6).scalars.size, 0);
  });

  it('goes on from its state with all that was gathered, an evaluation and actions included', () => {
    const [whole, before, after] = [new Recorder(), new Recorder(), new Recorder()];
    for (const recorder of [whole, before]) {
      recorder.set('eval/score', 0.1);
      recorder.set('nothing', Number.NaN);
      recorder.mean('b', 1);
      recorder.sum('a', 2);
      for (const value of [-1, 0.3, 0.3]) recorder.action('actions/0', value);
    }
    after.importState(JSON.parse(JSON.stringify(before.exportState())));
    for (const recorder of [whole, after]) {
      recorder.mean('b', 4);
      recorder.action('actions/0', 0.7);
    }
    const [expected, found] = [whole.flush(10), after.flush(10)];
    assert.deepEqual(found.scalars, expected.scalars);
    assert.deepEqual(
      found.histograms.get('actions/0')?.exportState(),
      expected.histograms.get('actions/0')?.exportState(),
    );
    assert.equal(found.histograms.get('actions/0')?.count, 4);
  });
});

describe('progress.csv', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'makergym-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('has a column a key, also for one that comes later, and is cut where a run resumes', () => {
    const path = join(folder, 'progress.csv');
    const write = (logger: CsvLogger, timestep: number, scalars: Record<string, number>) =>
      logger.write({ timestep, scalars: new Map(Object.entries(scalars)), histograms: new Map() });
    const first = new CsvLogger(path);
    write(first, 10, { a: 1 });
    write(first, 20, { a: 2, b: 0.5 });
    write(first, 30, { b: 3 });
    assert.equal(readFileSync(path, 'utf8'), 'time/total_timesteps,a,b\n10,1,\n20,2,0.5\n30,,3\n');
    const second = new CsvLogger(path, 20);
    write(second, 30, { a: 9, b: 9 });
    assert.equal(readFileSync(path, 'utf8'), 'time/total_timesteps,a,b\n10,1,\n20,2,0.5\n30,9,9\n');
  });

  it('loses a last row that a crash cut short', () => {
    const path = join(folder, 'progress.csv');
    // Of the row of timestep 150.
    writeFileSync(path, 'time/total_timesteps,a\n50,1\n100,2\n15');
    new CsvLogger(path, 120);
    assert.equal(readFileSync(path, 'utf8'), 'time/total_timesteps,a\n50,1\n100,2\n');
  });
});

describe('the console table', () => {
  it('has a section for each prefix, as Stable-Baselines3 draws it', () => {
    const table = formatTable(
      new Map([
        ['time/fps', 123],
        ['rollout/ep_rew_mean', -1.23456],
        ['rollout/ep_len_mean', 50],
      ]),
    );
    assert.equal(
      table,
      [
        '----------------------------',
        '| rollout/       |        |',
        '|    ep_len_mean | 50     |',
        '|    ep_rew_mean | -1.235 |',
        '| time/          |        |',
        '|    fps         | 123    |',
        '----------------------------',
      ]
        .join('\n')
        .replaceAll('-'.repeat(28), '-'.repeat(27)),
    );
  });
});
