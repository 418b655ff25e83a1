import type { SacEngineOptions, SacMetrics, SacState, TransitionBatch } from '../../agents/sac/engine.ts';
import { InputError } from '../../base/errors.ts';
import { stream } from '../../base/random.ts';
import { FakeEngine } from './fake-engine.ts';

/**
 * A {@link FakeEngine} for a thread of its own, made as the query of this module's URL says: `slow` for updates that
 * take from nothing to a few milliseconds by chance, `diverges=N` and `throws=N` for what happens in update N, `exits`
 * for a thread that ends in its first update, `leaves` for one that ends as soon as it has sent its state when it is asked
 * for it, `keeps` for an engine that does not give its actor away after an update, `refuses` for one that cannot be made.
 */
const wanted = new URL(import.meta.url).searchParams;
const chance = stream(1, 'slow');

class FaultyEngine extends FakeEngine {
  #count = 0;
  #exports = 0;

  override async update(batch: TransitionBatch): Promise<SacMetrics> {
    this.#count++;
    if (wanted.has('exits')) process.exit(7);
    if (this.#count === Number(wanted.get('throws'))) throw new Error('In "critic/layer 1": out of shape');
    if (wanted.has('slow')) work(chance.integer(300_000));
    return super.update(batch);
  }

  override exportState(): SacState {
    // The first is taken at the start. What is sent goes out before the end of the turn.
    if (this.#exports++ > 0 && wanted.has('leaves')) queueMicrotask(() => process.exit(7));
    return super.exportState();
  }

  override exportActor(out: SacState): void {
    if (this.#count > 0 && wanted.has('keeps')) throw new Error('the actor is gone');
    super.exportActor(out);
  }
}

/** Keeps a processor busy for so many rounds. */
export function work(rounds: number): number {
  let sum = 0;
  for (let i = 0; i < rounds; i++) sum += Math.sqrt(i);
  return sum;
}

export default function make(options: SacEngineOptions): FakeEngine {
  if (wanted.has('refuses')) {
    throw new InputError({ code: 'no-such-device', message: 'There is no such device.', field: 'device' });
  }
  const engine = new FaultyEngine(options);
  if (wanted.has('diverges')) engine.divergesAt = Number(wanted.get('diverges'));
  return engine;
}

/** The URL of this module with a query. */
export function fakeEngineModule(query = ''): string {
  return new URL(`fake-engine-module.ts?${query}`, import.meta.url).href;
}
