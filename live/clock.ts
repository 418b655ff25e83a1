/** A timer that can be called off. */
export interface Timer {
  cancel(): void;
}

/** Where the live parts get their time from, so that tests decide how it passes. */
export interface Clock {
  /** µs since the epoch, whole, never running back. */
  now(): number;
  /** Calls `work` once, `milliseconds` from now. */
  after(milliseconds: number, work: () => void): Timer;
}

/** Node's timers take no longer wait: they end a longer one at once. 24.8 days. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

/** The machine's clock: anchored to the time of day once, monotonic from there. */
export class SystemClock implements Clock {
  now(): number {
    return Math.floor((performance.timeOrigin + performance.now()) * 1000);
  }

  after(milliseconds: number, work: () => void): Timer {
    let handle: NodeJS.Timeout;
    const wait = (left: number): void => {
      handle =
        left > LONGEST_WAIT_MS
          ? setTimeout(() => wait(left - LONGEST_WAIT_MS), LONGEST_WAIT_MS)
          : setTimeout(work, left);
    };
    wait(milliseconds);
    return { cancel: () => clearTimeout(handle) };
  }
}

/** Calls `work` every `milliseconds` until cancelled. */
export function every(clock: Clock, milliseconds: number, work: () => void): Timer {
  let timer: Timer;
  const again = (): void => {
    timer = clock.after(milliseconds, () => {
      again();
      work();
    });
  };
  again();
  return { cancel: () => timer.cancel() };
}

/** Parts that a deadline is waited for in. */
const PARTS = 10;

/**
 * Calls `work` once, `milliseconds` from now, as the process lived them: where it stood still, that counts for a tenth at
 * most. Timers go off before what came meanwhile is read, so after a stall a plain one would judge whom it has not heard.
 */
export function deadline(clock: Clock, milliseconds: number, work: () => void): Timer {
  let timer: Timer;
  const wait = (parts: number): void => {
    timer = clock.after(milliseconds / PARTS, () => (parts > 1 ? wait(parts - 1) : work()));
  };
  wait(PARTS);
  return { cancel: () => timer.cancel() };
}

/** Resolves `milliseconds` from now, or at once when `signal` aborts. */
export function pause(clock: Clock, milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const finish = (): void => {
      timer.cancel();
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const timer = clock.after(milliseconds, finish);
    signal?.addEventListener('abort', finish);
  });
}
