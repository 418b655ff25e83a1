import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { loadCheckpoint, saveCheckpoint } from '../../checkpoints/checkpoint.ts';
import { RunDirectory } from '../../checkpoints/run-directory.ts';

describe('a run directory', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'makergym-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function create(): RunDirectory {
    const record = {
      command: ['makergym train'],
      versions: { node: process.version },
      revision: null,
      seed: 3,
      totalTimesteps: 100,
      engine: 'fake',
      training: { agents: 1 },
    };
    return RunDirectory.create(join(folder, 'run'), record, { seed: 3 });
  }

  it('keeps its record and configuration, and is not begun twice', () => {
    const run = create();
    const opened = RunDirectory.open(run.path);
    assert.equal(opened.record.seed, 3);
    assert.deepEqual(opened.config, { seed: 3 });
    assert.throws(create, (error: InputError) => {
      assert.ok(error instanceof InputError);
      assert.match(error.hint ?? '', /--resume/);
      return true;
    });
  });

  it('names the field of its record that is missing or of another kind', () => {
    const { path, record } = create();
    for (const [field, value] of [
      ['totalTimesteps', undefined],
      ['totalTimesteps', 'many'],
      ['command', undefined],
      ['engine', 3],
    ] as const) {
      writeFileSync(join(path, 'run.json'), JSON.stringify({ ...record, [field]: value }));
      assert.throws(() => RunDirectory.open(path).record, { code: 'bad-run', field });
    }
  });

  it('keeps the newest checkpoints by timestep, and the last one always', () => {
    const run = create();
    assert.equal(run.lastCheckpoint, undefined);
    for (const step of [900, 1000, 10_000]) saveCheckpoint(run.checkpoint(step), { a: 'x' });
    run.prune(2);
    assert.deepEqual(run.checkpoints, [1000, 10_000]);
    run.prune(0);
    assert.equal(run.lastCheckpoint, run.checkpoint(10_000));
  });

  it('does not take a folder that a crash left half written for a checkpoint, and clears it away when it is resumed', () => {
    const run = create();
    saveCheckpoint(run.checkpoint(10), { a: 'x' });
    mkdirSync(run.checkpoint(20));
    const partial = join(run.path, 'checkpoints', '.step_30.0badcafe.partial');
    mkdirSync(partial);
    writeFileSync(join(partial, 'a'), 'x');
    assert.equal(RunDirectory.open(run.path).lastCheckpoint, run.checkpoint(10));
    // Who only looks at it may stand beside a training that writes there.
    assert.ok(existsSync(partial));
    assert.equal(RunDirectory.resume(run.path).lastCheckpoint, run.checkpoint(10));
    assert.ok(!existsSync(partial));
  });

  it('gives back its name to what a killed replacement left without, and removes what another has replaced', () => {
    const run = create();
    saveCheckpoint(run.best, { a: 'best' });
    renameSync(run.best, join(run.path, '.best.0badcafe.old'));
    saveCheckpoint(run.checkpoint(10), { a: 'x' });
    mkdirSync(join(run.path, 'checkpoints', '.step_10.0badcafe.old'));
    RunDirectory.open(run.path);
    assert.ok(!existsSync(run.best));
    RunDirectory.resume(run.path);
    assert.equal(readFileSync(loadCheckpoint(run.best).path('a'), 'utf8'), 'best');
    assert.deepEqual(readdirSync(join(run.path, 'checkpoints')), ['step_10']);
    assert.deepEqual(readdirSync(run.path).sort(), ['best', 'checkpoints', 'config.json', 'run.json', 'tb']);
  });

  it('forgets what lies beyond the checkpoint it goes on from', () => {
    const run = create();
    for (const step of [10, 20, 30]) {
      saveCheckpoint(run.checkpoint(step), { a: 'x' });
      run.appendEvaluation({ timestep: step, score: step, metrics: {} });
    }
    run.rewind(20);
    assert.deepEqual(run.checkpoints, [10, 20]);
    assert.deepEqual(
      run.evaluations.map(({ score }) => score),
      [10, 20],
    );
  });

  it('is told from other folders', () => {
    assert.throws(() => RunDirectory.open(folder), /no run\.json that says so/);
    assert.throws(() => RunDirectory.open(join(folder, 'nowhere')), /No such file/);
    writeFileSync(join(folder, 'run.json'), '{}');
    assert.throws(() => RunDirectory.open(folder), /not a run/);
    writeFileSync(join(folder, 'run.json'), '{');
    assert.throws(() => RunDirectory.open(folder), /cannot be read/);
  });

  it('is not mixed with anything but a market simulated for it', () => {
    const other = join(folder, 'other');
    mkdirSync(join(other, 'market'), { recursive: true });
    RunDirectory.refuseExisting(other);
    writeFileSync(join(other, 'manifest.json'), '{}');
    assert.throws(() => RunDirectory.refuseExisting(other), { code: 'out-not-empty' });
    assert.throws(() => RunDirectory.refuseExisting(join(other, 'manifest.json')), /is a file/);
  });

  it('leaves out an evaluation that a crash cut short, and names one that is damaged', () => {
    const run = create();
    run.appendEvaluation({ timestep: 10, score: 1, metrics: {} });
    const path = join(run.path, 'evaluations.jsonl');
    const whole = readFileSync(path, 'utf8');
    writeFileSync(path, `${whole}{"timest`);
    assert.deepEqual(
      run.evaluations.map(({ timestep }) => timestep),
      [10],
    );
    writeFileSync(path, `${whole}{"timest\n${whole}`);
    assert.throws(() => run.evaluations, { code: 'bad-run', value: `${path}:2` });
  });
});
