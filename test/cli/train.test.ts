import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InputError, InterruptedError } from '../../base/errors.ts';
import { loadCheckpoint } from '../../checkpoints/checkpoint.ts';
import { loadPolicy } from '../../checkpoints/policy.ts';
import { RunDirectory } from '../../checkpoints/run-directory.ts';
import type { CommandContext } from '../../cli/command.ts';
import { type Config, resolveConfig } from '../../cli/config.ts';
import { run as train } from '../../cli/run/train.ts';
import { importCaptures } from '../../market/import.ts';
import { simulateCapture } from '../../market/simulated/capture.ts';
import { openTape } from '../../market/tape/reader.ts';

const SMALL = resolveConfig({
  seed: 5,
  sac: { hidden: [8], batchSize: 8 },
  training: {
    bufferSize: 1_000,
    learningStarts: 100,
    updatesPerStep: 0.1,
    evaluateEvery: 300,
    evaluationSeconds: 20,
    checkpointEvery: 300,
    checkpointsKept: 2,
    logEvery: 100,
  },
  marketMaking: { episodeSeconds: 20, warmupSeconds: 10 },
});

describe('makergym train', function () {
  this.timeout(60_000);
  let folder: string;
  let tape: string;
  let other: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'makergym-'));
    [tape, other] = await Promise.all(
      [1, 2].map(async (seed) => {
        const capture = join(folder, `${seed}.capture`);
        const out = join(folder, `${seed}.arrow`);
        await simulateCapture({ market: 'queue-reactive', seed, durationSeconds: 180, out: capture });
        await importCaptures({ captures: [capture], out });
        return out;
      }),
    );
  });
  after(() => rmSync(folder, { recursive: true }));

  /** Runs the command; `abortAt` presses Ctrl-C at a timestep. */
  async function run(args: Record<string, unknown>, abortAt = Infinity, config: Config = SMALL) {
    const controller = new AbortController();
    const lines: string[] = [];
    const context: CommandContext = {
      given: new Set<string>(),
      config,
      seed: config.seed,
      signal: controller.signal,
      progress: () => ({
        update: (value) => {
          if (value >= abortAt) controller.abort();
        },
        done: () => undefined,
      }),
      log: (line) => lines.push(line),
      print: () => undefined,
    };
    const result = await train({ engine: 'tfjs-cpu', ...args } as never, context);
    return { result, lines };
  }

  it('writes a run from which the best policy loads, with all that is needed to judge it', async () => {
    const out = join(folder, 'whole');
    const { result, lines } = await run({ tape: [tape], 'total-timesteps': 700, out });
    assert.deepEqual(
      [result.run, result.timesteps, result.updates, result.engine, result.stoppedEarly],
      [out, 700, 60, 'tfjs-cpu', false],
    );
    assert.ok(lines.some((line) => /1,000 transitions of \d+ features: .* MB when full/.test(line)));
    assert.deepEqual(readdirSync(join(out, 'checkpoints')).sort(), ['step_600', 'step_700']);
    const { manifest } = loadPolicy(out);
    assert.equal(manifest.provenance.timesteps, (result.best as { timestep: number }).timestep);
    const [training, selection] = manifest.provenance.tapes;
    const { info } = openTape(tape);
    assert.equal(training.checksum, info.checksum);
    assert.ok(training.start === info.start && training.end === selection.start && selection.end <= info.end);
    assert.equal(manifest.observation.training?.length, manifest.observation.names.length);
    const run_ = RunDirectory.open(out);
    assert.deepEqual(
      run_.evaluations.map(({ timestep }) => timestep),
      [300, 600, 700],
    );
    assert.deepEqual(run_.config, JSON.parse(JSON.stringify(SMALL)));
    assert.match(readdirSync(join(out, 'tb'))[0], /^events\.out\.tfevents/);
    const [header, ...rows] = readFileSync(join(out, 'progress.csv'), 'utf8').trimEnd().split('\n');
    assert.ok(header.includes('eval/score') && header.includes('safety/offset'));
    assert.equal(rows.length, 7);
  });

  for (const agents of [1, 3]) {
    it(`interrupted in the middle of an episode and resumed it is the run it would have been: ${agents} agents`, async () => {
      const [straight, broken] = [`straight-${agents}`, `broken-${agents}`].map((name) => join(folder, name));
      const args = { tape: [tape], 'total-timesteps': 700, 'n-envs': agents };
      await run({ ...args, out: straight });
      await assert.rejects(run({ ...args, out: broken }, 350), (error: InterruptedError) => {
        assert.ok(error instanceof InterruptedError);
        assert.ok(error.hint?.includes(`makergym train --resume ${broken} --total-timesteps 700`));
        return true;
      });
      const { result } = await run({ resume: broken });
      assert.ok((result.timesteps as number) >= 700);
      const [a, b] = [straight, broken].map((path) => RunDirectory.open(path));
      assert.deepEqual(
        loadCheckpoint(b.lastCheckpoint as string).manifest,
        loadCheckpoint(a.lastCheckpoint as string).manifest,
      );
      assert.deepEqual(b.evaluations, a.evaluations);
      assert.deepEqual(loadPolicy(broken).weights, loadPolicy(straight).weights);
      assert.equal(b.record.command.length, 2);
    });
  }

  it('without --out takes a name that is free, also beside another that looks for one, and leaves none unused', async () => {
    const before = process.cwd();
    const here = join(folder, 'here');
    mkdirSync(here);
    process.chdir(here);
    try {
      await assert.rejects(run({ tape: [tape], 'total-timesteps': 10, engine: 'tfjs-cup' }), InputError);
      await assert.rejects(run({ market: 'nowhere', 'total-timesteps': 10 }), InputError);
      assert.deepEqual(readdirSync(here), []);
      const both = await Promise.allSettled(
        [1, 2].map(() => run({ tape: [tape], 'total-timesteps': 10 }).then(({ result }) => result.run)),
      );
      const names = ['train-1', 'train-2'].map((name) => join('runs', name));
      assert.deepEqual(
        both,
        names.map((value) => ({ status: 'fulfilled', value })),
      );
      for (const name of names) assert.equal(RunDirectory.open(name).record.totalTimesteps, 10);
    } finally {
      process.chdir(before);
    }
  });

  it('does not go on from a checkpoint that was changed, and names the part', async () => {
    const run_ = RunDirectory.open(join(folder, 'broken-1'));
    const part = join(run_.lastCheckpoint as string, 'learner.safetensors');
    const bytes = readFileSync(part);
    bytes[bytes.length - 1] ^= 1;
    writeFileSync(part, bytes);
    await assert.rejects(run({ resume: run_.path, 'total-timesteps': 800 }), (error: InputError) => {
      assert.ok(error instanceof InputError);
      assert.deepEqual([error.code, error.field], ['wrong-hash', part]);
      return true;
    });
  });

  it('chooses the best policy on a tape of its own where one is given', async () => {
    const out = join(folder, 'apart');
    await run({ tape: [tape], 'eval-tape': [other], 'total-timesteps': 120, out });
    const checksums = loadPolicy(out).manifest.provenance.tapes.map(({ checksum }) => checksum);
    assert.deepEqual(
      checksums,
      [tape, other].map((path) => openTape(path).info.checksum),
    );
  });

  it('says what is wrong with its options', async () => {
    const refused = (args: Record<string, unknown>, pattern: RegExp) =>
      assert.rejects(run(args), (error: InputError) => {
        assert.ok(error instanceof InputError, String(error));
        assert.match(error.message, pattern);
        return true;
      });
    const out = join(folder, 'whole');
    await refused({ tape: [tape] }, /needs --total-timesteps/);
    await refused({ 'total-timesteps': 10 }, /needs --tape/);
    await refused({ tape: [tape], 'total-timesteps': 10, out }, /holds a run already/);
    await refused({ tape: [join(folder, 'none.arrow')], 'total-timesteps': 10 }, /No such file/);
    await refused({ resume: out }, /has taken 700 timesteps already/);
    await refused({ resume: out, tape: [tape] }, /--tape cannot be changed/);
    await refused({ resume: join(folder, 'nowhere') }, /No such file/);
    await refused(
      { tape: [tape], 'total-timesteps': 10, engine: 'tfjs-cup', out: join(folder, 'y') },
      /Unknown engine "tfjs-cup"/,
    );
  });
});
