import { MakergymError } from '../base/errors.ts';
import { stream } from '../base/random.ts';
import type { Env, StepResult } from './env.ts';
import { InvalidAction, ResetNeeded } from './errors.ts';
import { Box, describe, type Space } from './spaces.ts';

/** One way in which an environment breaks the contract of env/env.ts. */
export interface EnvFinding {
  /** Stable name of the rule, e.g. `observation-space`. */
  readonly rule: string;
  readonly expected: string;
  readonly received: string;
}

/** An environment broke the contract; `findings` says where. */
export class EnvCheckFailed extends MakergymError {
  readonly findings: readonly EnvFinding[];

  constructor(id: string, findings: readonly EnvFinding[]) {
    const lines = findings.map((f) => `- ${f.rule}: expected ${f.expected}; received ${f.received}`);
    super({
      code: 'env-check',
      message: `${id} breaks the Env contract in ${findings.length} way(s):\n${lines.join('\n')}`,
      field: 'env',
      value: id,
      expected: 'an environment as env/env.ts states',
    });
    this.findings = findings;
  }
}

export interface CheckOptions {
  /** Steps of each trial run; episodes that end are begun again. */
  readonly steps?: number;
  /** Seeds the trial's actions and episodes. */
  readonly seed?: number;
}

/** Runs an environment for a few steps and throws EnvCheckFailed with everything it got wrong. Leaves it open. */
export function checkEnv<Observation, Action>(env: Env<Observation, Action>, options?: CheckOptions): void {
  const findings = findEnvProblems(env, options);
  if (findings.length > 0) throw new EnvCheckFailed(env.id, findings);
}

/** As {@link checkEnv}, but returns the findings, the first of each rule; an empty list means that all is well. */
export function findEnvProblems<Observation, Action>(
  env: Env<Observation, Action>,
  { steps = 100, seed = 1 }: CheckOptions = {},
): readonly EnvFinding[] {
  const check = new Check(env);
  check.spaces(seed);
  if (check.findings.length > 0) return check.findings;
  try {
    check.stepBeforeReset(seed);
    const first = check.trial(seed, steps);
    // The second trial begins in the middle of an episode: what ran before must not show.
    const second = check.trial(seed, steps);
    check.same(first, second);
    check.actionErrors(seed);
    check.end(seed, steps);
  } catch (error) {
    check.report(
      'no-error',
      'reset and step to succeed',
      `${(error as Error).name}: ${(error as Error).message}`,
    );
  }
  return check.findings;
}

/** One step of a trial, copied, so that an environment that reuses its arrays cannot change it later. */
interface Record {
  readonly observation: unknown;
  readonly reward: number;
  readonly ended: number;
}

class Check<Observation, Action> {
  readonly findings: EnvFinding[] = [];
  readonly #env: Env<Observation, Action>;

  constructor(env: Env<Observation, Action>) {
    this.#env = env;
  }

  report(rule: string, expected: string, received: string): void {
    if (this.findings.every((f) => f.rule !== rule)) this.findings.push({ rule, expected, received });
  }

  spaces(seed: number): void {
    const { id, observationSpace, actionSpace } = this.#env;
    if (typeof id !== 'string' || id === '') this.report('id', 'a name', describe(id));
    this.#space('observation-space', observationSpace, seed);
    this.#space('action-space', actionSpace, seed);
  }

  #space(rule: string, space: Space<unknown>, seed: number): void {
    if (typeof space?.contains !== 'function' || typeof space.sample !== 'function') {
      this.report(rule, 'a Space with sample and contains', describe(space));
      return;
    }
    const reason = space.explain(space.sample(stream(seed, `check/${rule}`)));
    if (reason !== null) this.report(rule, `samples of ${space} to be elements of it`, reason);
  }

  stepBeforeReset(seed: number): void {
    // An environment that was used before may be running; only one that accepts a step must be so.
    const action = this.#env.actionSpace.sample(stream(seed, 'check/before'));
    try {
      this.#env.step(action);
    } catch (error) {
      if (error instanceof ResetNeeded) return;
      this.report(
        'step-before-reset',
        'ResetNeeded',
        `${(error as Error).name}: ${(error as Error).message}`,
      );
    }
  }

  /** `steps` random steps from reset(seed), with every value checked. */
  trial(seed: number, steps: number): readonly Record[] {
    const env = this.#env;
    const generator = stream(seed, 'check/trial');
    const records: Record[] = [this.#reset(seed)];
    for (let i = 0; i < steps; i++) {
      const action = env.actionSpace.sample(generator);
      const before = copy(action);
      const result = env.step(action);
      if (!equal(action, before)) {
        this.report('action-untouched', 'step to leave the action as it was', 'an action it wrote to');
      }
      this.#step(result);
      records.push({
        observation: copy(result.observation),
        reward: result.reward,
        ended: (result.terminated ? 2 : 0) + (result.truncated ? 1 : 0),
      });
      if (result.terminated || result.truncated) records.push(this.#reset(seed + i + 1));
    }
    return records;
  }

  #reset(seed: number): Record {
    const result = this.#env.reset({ seed });
    this.#observation('reset-observation', result?.observation);
    this.#info('reset-info', result?.info);
    const observation = copy(result?.observation);
    return { observation, reward: 0, ended: 0 };
  }

  #step(result: StepResult<Observation>): void {
    this.#observation('step-observation', result.observation);
    this.#info('step-info', result.info);
    if (typeof result.reward !== 'number' || !Number.isFinite(result.reward)) {
      this.report('reward', 'a finite number', describe(result.reward));
    }
    for (const key of ['terminated', 'truncated'] as const) {
      if (typeof result[key] !== 'boolean') this.report(key, 'true or false', describe(result[key]));
    }
  }

  #observation(rule: string, observation: unknown): void {
    const space = this.#env.observationSpace;
    const reason = space.explain(observation);
    if (reason !== null) this.report(rule, `an element of ${space}`, reason);
    else if (observation instanceof Float32Array && !observation.every((x) => Number.isFinite(x))) {
      this.report(rule, 'finite features', `${observation.find((x) => !Number.isFinite(x))}`);
    }
  }

  #info(rule: string, info: unknown): void {
    if (typeof info !== 'object' || info === null) this.report(rule, 'an object', describe(info));
  }

  same(first: readonly Record[], second: readonly Record[]): void {
    for (let i = 0; i < Math.min(first.length, second.length); i++) {
      const [a, b] = [first[i], second[i]];
      if (equal(a.observation, b.observation) && Object.is(a.reward, b.reward) && a.ended === b.ended)
        continue;
      const rule = i === 0 ? 'deterministic-reset' : 'deterministic-step';
      const where = i === 0 ? 'reset' : `record ${i}`;
      this.report(rule, `the same seed and actions to give ${show(a)} at ${where} again`, show(b));
      return;
    }
  }

  actionErrors(seed: number): void {
    const space = this.#env.actionSpace;
    if (!(space instanceof Box)) return;
    const wrong = [new Float32Array(space.size + 1), new Float32Array(space.size).fill(Number.NaN)];
    if (space.high.every((x) => Number.isFinite(x))) wrong.push(space.high.map((x) => x + 1));
    this.#reset(seed);
    for (const action of wrong) {
      const what = `InvalidAction for ${space.explain(action)}`;
      try {
        this.#env.step(action as unknown as Action);
        this.report('invalid-action', what, 'a step');
        this.#reset(seed);
      } catch (error) {
        if (!(error instanceof InvalidAction)) this.report('invalid-action', what, (error as Error).name);
      }
    }
  }

  /** Steps to an episode's end, where one comes, and past it; and observations must not change under their owner. */
  end(seed: number, steps: number): void {
    const env = this.#env;
    const generator = stream(seed, 'check/end');
    env.reset({ seed });
    let held = env.reset({ seed }).observation;
    for (let i = 0; i < 20 * steps; i++) {
      const kept = copy(held);
      const result = env.step(env.actionSpace.sample(generator));
      if (!equal(held, kept)) {
        this.report(
          'observation-kept',
          'an observation to stay as it was returned',
          'one that the next step changed',
        );
      }
      held = result.observation;
      if (!result.terminated && !result.truncated) continue;
      try {
        env.step(env.actionSpace.sample(generator));
        this.report('step-after-end', 'ResetNeeded', 'a step');
      } catch (error) {
        if (!(error instanceof ResetNeeded))
          this.report('step-after-end', 'ResetNeeded', (error as Error).name);
      }
      env.reset({ seed });
      return;
    }
  }
}

function copy(value: unknown): unknown {
  return structuredClone(value);
}

function equal(a: unknown, b: unknown): boolean {
  if (!(a instanceof Float32Array) || !(b instanceof Float32Array)) {
    return Object.is(a, b) || JSON.stringify(a) === JSON.stringify(b);
  }
  return a.length === b.length && a.every((x, i) => Object.is(x, b[i]));
}

function show({ observation, reward, ended }: Record): string {
  const seen =
    observation instanceof Float32Array ? `[${observation.slice(0, 4).join(', ')}…]` : String(observation);
  return `observation ${seen}, reward ${reward}, ${['going on', 'truncated', 'terminated', 'both'][ended]}`;
}
