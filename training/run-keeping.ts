import { join } from 'node:path';
import { writeFileAtomic } from '../base/files.ts';
import { savePolicy } from '../checkpoints/policy.ts';
import type { RunDirectory } from '../checkpoints/run-directory.ts';
import type { CheckpointStore, Evaluation, TrainingCallback } from './callbacks.ts';
import type { SAC } from './sac.ts';

/** Which policy is in `best/`: the content of `best/score.json`. */
export interface BestScore {
  readonly timestep: number;
  readonly score: number;
}

const SCORE = 'score.json';

/** Keeps the newest checkpoints of a run. An older one goes only when a newer one is whole and in place. */
export class RunCheckpoints implements CheckpointStore {
  readonly #run: RunDirectory;
  readonly #kept: number;
  readonly resumeHint: string;

  constructor(run: RunDirectory, kept: number, resumeCommand: string) {
    this.#run = run;
    this.#kept = kept;
    this.resumeHint = `Go on with: ${resumeCommand}`;
  }

  get last(): string | undefined {
    return this.#run.lastCheckpoint;
  }

  async save(sac: SAC): Promise<string> {
    const directory = this.#run.checkpoint(sac.timesteps);
    await sac.save(directory);
    this.#run.prune(this.#kept);
    return directory;
  }
}

/** Writes each evaluation down and keeps the policy that scored best in `best/`. */
export class KeepBest implements TrainingCallback {
  readonly #run: RunDirectory;
  #best: BestScore | null;

  constructor(run: RunDirectory) {
    this.#run = run;
    this.#best = run.readJson('best', SCORE) as BestScore | null;
  }

  get best(): BestScore | null {
    return this.#best;
  }

  async onEvaluation(sac: SAC, evaluation: Evaluation): Promise<void> {
    this.#run.appendEvaluation(evaluation);
    // Of equals the later: it has learnt more.
    if (this.#best !== null && evaluation.score < this.#best.score) return;
    const best = { timestep: evaluation.timestep, score: evaluation.score };
    const description = sac.describePolicy();
    if (description === undefined) {
      await sac.save(this.#run.best);
      writeFileAtomic(join(this.#run.best, SCORE), `${JSON.stringify(best)}\n`);
    } else {
      const weights = await sac.weights();
      savePolicy(this.#run.best, description, weights, { [SCORE]: `${JSON.stringify(best)}\n` });
    }
    this.#best = best;
  }
}
