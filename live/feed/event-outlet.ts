import type { LiveEvent } from './events.ts';

/** Where a feed's events go: to listeners as they happen, or into a queue that is pulled from one by one. */
export class EventOutlet {
  readonly #listeners: ((event: LiveEvent) => void)[] = [];
  readonly #outbox: LiveEvent[] = [];
  #outboxAt = 0;
  #pulled = false;
  #wake: (() => void) | undefined;

  /** Whether events are pulled, so that nothing moves but by that. */
  get pulled(): boolean {
    return this.#pulled;
  }

  on(listener: (event: LiveEvent) => void): void {
    this.#listeners.push(listener);
  }

  emit(event: LiveEvent): void {
    for (const listener of this.#listeners) listener(event);
    if (!this.#pulled) return;
    this.#outbox.push(event);
    this.#wake?.();
  }

  /** There may be something to pull, or the end. */
  wake(): void {
    this.#wake?.();
  }

  /** The events one by one. `step` handles what comes next, false where there is nothing; ends then once `stopped`. */
  events(step: () => boolean, stopped: () => boolean): AsyncGenerator<LiveEvent, void, undefined> {
    this.#pulled = true;
    return this.#pull(step, stopped);
  }

  async *#pull(step: () => boolean, stopped: () => boolean): AsyncGenerator<LiveEvent, void, undefined> {
    for (;;) {
      if (this.#outboxAt < this.#outbox.length) {
        yield this.#outbox[this.#outboxAt++];
        continue;
      }
      this.#outbox.length = 0;
      this.#outboxAt = 0;
      if (step()) continue;
      if (stopped()) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }
}
