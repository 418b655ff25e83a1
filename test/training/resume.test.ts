import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InputError } from '../../base/errors.ts';
import { loadCheckpoint } from '../../checkpoints/checkpoint.ts';
import { SAC } from '../../training/sac.ts';
import { resumeEnvironments, resumeOptions } from './resume-setting.ts';

const CHILD = fileURLToPath(new URL('resume-child.ts', import.meta.url));
const HALF = 203;

describe('exact resume', function () {
  this.timeout(30_000);
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'makergym-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** 2N steps in one go, saving on the way at N, in the middle of episodes. */
  async function throughout(kind: string) {
    const env = resumeEnvironments(kind);
    const sac = new SAC(env, resumeOptions(env));
    let saved = false;
    await sac.learn({
      totalTimesteps: 2 * HALF,
      callbacks: [
        {
          async onStep(model) {
            if (saved || model.timesteps < HALF) return undefined;
            saved = true;
            await model.save(join(folder, 'half'));
            return undefined;
          },
        },
      ],
    });
    await sac.save(join(folder, 'throughout'));
  }

  for (const kind of ['one', 'several', 'vector, ending together', 'vector, ending apart']) {
    it(`2N steps are N, a new process, and N, bit for bit: ${kind}`, async () => {
      await throughout(kind);
      const arguments_ = [CHILD, kind, join(folder, 'half'), join(folder, 'resumed'), String(2 * HALF)];
      execFileSync(process.execPath, ['--import', 'tsx', ...arguments_], { stdio: 'inherit' });
      const [a, b] = ['throughout', 'resumed'].map((name) => loadCheckpoint(join(folder, name)));
      assert.deepEqual(
        JSON.parse(readFileSync(b.path('trainer.json'), 'utf8')),
        JSON.parse(readFileSync(a.path('trainer.json'), 'utf8')),
      );
      assert.deepEqual(b.manifest, a.manifest, 'the SHA-256 of every part is the same');
    });
  }

  it('goes on from an agent that has not begun as from a new one', async () => {
    const env = resumeEnvironments('vector, ending apart');
    const fresh = new SAC(env, resumeOptions(env));
    await fresh.save(join(folder, 'fresh'));
    const loaded = await SAC.load(join(folder, 'fresh'), env, resumeOptions(env));
    await loaded.learn({ totalTimesteps: 60 });
    await loaded.save(join(folder, 'loaded'));
    await fresh.learn({ totalTimesteps: 60 });
    await fresh.save(join(folder, 'new'));
    const [a, b] = ['new', 'loaded'].map((name) => loadCheckpoint(join(folder, name)).manifest);
    assert.deepEqual(b, a);
  });

  it('is refused with environments of another number', async () => {
    const env = resumeEnvironments('several');
    const sac = new SAC(env, resumeOptions(env));
    await sac.learn({ totalTimesteps: 60 });
    await sac.save(join(folder, 'a'));
    const one = resumeEnvironments('one');
    await assert.rejects(SAC.load(join(folder, 'a'), one, resumeOptions(one)), (error: InputError) => {
      assert.ok(error instanceof InputError);
      assert.match(error.message, /trained with 3 environments; these environments have 1/);
      return true;
    });
  });
});
