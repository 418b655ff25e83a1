import assert from 'node:assert/strict';
import { SystemClock } from '../../live/clock.ts';

const DAY_MS = 86_400_000;

/** Timers by Node's rule: a wait of more than 2³¹ − 1 ms ends after 1 ms. Returns what makes time pass. */
function nodeTimers(): { readonly pass: (milliseconds: number) => void; readonly restore: () => void } {
  const { setTimeout, clearTimeout } = globalThis;
  const waiting = new Map<number, { readonly at: number; readonly work: () => void }>();
  let [now, made] = [0, 0];
  globalThis.setTimeout = ((work: () => void, milliseconds: number) => {
    waiting.set(++made, { at: now + (milliseconds > 2 ** 31 - 1 ? 1 : milliseconds), work });
    return made;
  }) as never;
  globalThis.clearTimeout = ((handle: number) => waiting.delete(handle)) as never;
  return {
    pass(milliseconds) {
      const end = now + milliseconds;
      for (;;) {
        const [next] = [...waiting].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at);
        if (next === undefined) break;
        waiting.delete(next[0]);
        now = next[1].at;
        next[1].work();
      }
      now = end;
    },
    restore: () => Object.assign(globalThis, { setTimeout, clearTimeout }),
  };
}

describe("the machine's clock", () => {
  for (const days of [1, 30, 365]) {
    it(`waits ${days} days as long as that, unless called off`, () => {
      const timers = nodeTimers();
      try {
        let calls = 0;
        const clock = new SystemClock();
        clock.after(days * DAY_MS, () => calls++);
        const other = clock.after(days * DAY_MS, () => assert.fail('it was called off'));
        timers.pass(days * DAY_MS - 1);
        assert.equal(calls, 0);
        other.cancel();
        timers.pass(1);
        assert.equal(calls, 1);
        timers.pass(365 * DAY_MS);
        assert.equal(calls, 1);
      } finally {
        timers.restore();
      }
    });
  }
});
