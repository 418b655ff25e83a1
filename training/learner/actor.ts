import type { SacState, StateTensor } from '../../agents/sac/engine.ts';

const ACTOR = 'actor/';

/** A copy of the actor's tensors of a learner's state. */
export function actorOf(state: SacState): SacState {
  const tensors = Object.entries(state).filter(([name]) => name.startsWith(ACTOR));
  return Object.fromEntries(tensors.map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]));
}

/** Tensors of the same names and shapes that lie one after the other in memory that threads share. */
export function sharedActor(like: SacState, memory: SharedArrayBuffer, offset: number): SacState {
  const actor: Record<string, StateTensor> = {};
  let at = offset;
  for (const [name, { shape, data }] of Object.entries(like)) {
    actor[name] = { shape, data: new Float32Array(memory, at, data.length) };
    at += data.byteLength;
  }
  return actor;
}

export function bytesOf(actor: SacState): number {
  return Object.values(actor).reduce((sum, { data }) => sum + data.byteLength, 0);
}
