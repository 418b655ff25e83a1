import { type AdamKernel, type AdamMemory, createAdamMemory } from './adam-kernel.ts';
import { floatsAt, type StatePlan, SUM_BYTES } from './onnx-memory.ts';
import type { Phase } from './onnx-phase.ts';

// Hot path: views are made beforehand.

/** Makes the steps of all weights from gradients, in memory for the whole state. */
export class AdamStepper {
  readonly memory: AdamMemory;
  readonly #plan: StatePlan;
  readonly #kernels: Readonly<Record<Phase, AdamKernel>>;
  readonly #sums: Readonly<Record<Phase, Float32Array>>;
  readonly #rates: Float32Array;
  readonly #epsilons: Float32Array;

  constructor(plan: StatePlan, tau: number) {
    this.#plan = plan;
    this.memory = createAdamMemory(plan.bytes);
    const { buffer } = this.memory;
    const layout = { m: plan.weightBytes, v: 2 * plan.weightBytes };
    this.#kernels = {
      critics: this.memory.createKernel({ ...layout, target: { at: plan.toTarget, tau } }),
      actor: this.memory.createKernel(layout),
    };
    const sums = (phase: Phase) => new Float32Array(buffer, plan.sums[phase], SUM_BYTES / 4);
    this.#sums = { critics: sums('critics'), actor: sums('actor') };
    const numbers = new Map(plan.numbers.map((tensor) => [tensor.name, floatsAt(buffer, tensor)]));
    this.#rates = numbers.get('rate') as Float32Array;
    this.#epsilons = numbers.get('epsilon') as Float32Array;
  }

  /**
   * A step of a network, from the set `current` into the other; whether all that was written is finite. `alike` says that
   * all learners' steps have the same rate and ε.
   */
  step(phase: Phase, current: number, alike: boolean): boolean {
    const sums = this.#sums[phase].fill(0);
    const network = this.#plan[phase];
    if (alike) {
      this.#stepOn(phase, current, network.at, network.bytes, 0);
    } else {
      // A step may run on into the next stretch, which then follows.
      for (const { at, bytes, learner } of network.stretches)
        this.#stepOn(phase, current, at, bytes, learner);
    }
    return Number.isFinite(sums[0] + sums[1] + sums[2] + sums[3]);
  }

  #stepOn(phase: Phase, current: number, at: number, bytes: number, learner: number): void {
    const { sets, gradient, sums } = this.#plan;
    const stretch = {
      from: sets[current] + at,
      to: sets[1 - current] + at,
      gradient: gradient + at,
      bytes,
      sums: sums[phase],
    };
    this.#kernels[phase].step(stretch, this.#rates[learner], this.#epsilons[learner]);
  }
}
