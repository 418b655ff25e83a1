import * as tf from '@tensorflow/tfjs-core';
import { type AdamOptions, type AdamState, adamState, adamStep, polyak } from './adam.ts';
import type { NetworkLayout } from './layout.ts';

/** The tensors of a network whose weights lie in one flat array. */
function upload(flat: Float32Array, layout: NetworkLayout): tf.Tensor[] {
  return layout.places.map(({ shape, offset, length }) =>
    tf.keep(tf.tensor(flat.subarray(offset, offset + length), [...shape])),
  );
}

/**
 * A trained network: weights and moments in plain arrays, and the weights as tensors. A step is first proposed, into
 * a second set of arrays, and becomes the state only with `commit`: an update that fails half-way changes nothing.
 */
export class TfjsNetwork {
  readonly layout: NetworkLayout;
  #current: AdamState;
  #proposed: AdamState;
  #tensors: tf.Tensor[] = [];
  #proposedTensors: tf.Tensor[] | null = null;

  constructor(layout: NetworkLayout) {
    this.layout = layout;
    this.#current = adamState(layout.length);
    this.#proposed = adamState(layout.length);
  }

  /** Weights and moments as they are; read only. */
  get state(): AdamState {
    return this.#current;
  }

  /** Weights as tensors: the proposed ones once a step is proposed. */
  get tensors(): tf.Tensor[] {
    return this.#proposedTensors ?? this.#tensors;
  }

  /** Weights as an array: the proposed ones once a step is proposed. */
  get values(): Float32Array {
    return this.#proposedTensors === null ? this.#current.values : this.#proposed.values;
  }

  set(values: Float32Array, m: Float32Array, v: Float32Array): void {
    this.#current.values.set(values);
    this.#current.m.set(m);
    this.#current.v.set(v);
    tf.dispose(this.#tensors);
    this.#tensors = upload(this.#current.values, this.layout);
  }

  /** An Adam step along `gradients`, which it disposes of. Returns false if a new weight is not finite. */
  propose(gradients: readonly tf.Tensor[], update: number, options: AdamOptions): boolean {
    let finite = true;
    this.layout.places.forEach(({ offset }, i) => {
      const gradient = gradients[i].dataSync<'float32'>();
      finite = adamStep(this.#current, this.#proposed, gradient, offset, update, options) && finite;
      gradients[i].dispose();
    });
    this.#proposedTensors = upload(this.#proposed.values, this.layout);
    return finite;
  }

  commit(): void {
    if (this.#proposedTensors === null) return;
    tf.dispose(this.#tensors);
    this.#tensors = this.#proposedTensors;
    this.#proposedTensors = null;
    [this.#current, this.#proposed] = [this.#proposed, this.#current];
  }

  /** Forgets a proposed step. */
  discard(): void {
    if (this.#proposedTensors !== null) tf.dispose(this.#proposedTensors);
    this.#proposedTensors = null;
  }

  dispose(): void {
    this.discard();
    tf.dispose(this.#tensors);
    this.#tensors = [];
  }
}

/** A target critic, moved by Polyak averaging; proposed and committed like the network it follows. */
export class TfjsTarget {
  readonly layout: NetworkLayout;
  #values: Float32Array;
  #proposed: Float32Array;
  #isProposed = false;
  #tensors: tf.Tensor[] = [];

  constructor(layout: NetworkLayout) {
    this.layout = layout;
    this.#values = new Float32Array(layout.length);
    this.#proposed = new Float32Array(layout.length);
  }

  get values(): Float32Array {
    return this.#values;
  }

  get tensors(): tf.Tensor[] {
    return this.#tensors;
  }

  set(values: Float32Array): void {
    this.#values.set(values);
    this.#upload();
  }

  propose(online: Float32Array, tau: number): void {
    polyak(this.#values, online, tau, this.#proposed);
    this.#isProposed = true;
  }

  commit(): void {
    if (!this.#isProposed) return;
    [this.#values, this.#proposed] = [this.#proposed, this.#values];
    this.#isProposed = false;
    this.#upload();
  }

  discard(): void {
    this.#isProposed = false;
  }

  dispose(): void {
    tf.dispose(this.#tensors);
    this.#tensors = [];
  }

  #upload(): void {
    tf.dispose(this.#tensors);
    this.#tensors = upload(this.#values, this.layout);
  }
}
