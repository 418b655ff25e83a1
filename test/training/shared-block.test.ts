import assert from 'node:assert/strict';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { SharedBlock } from '../../training/learner/shared.ts';

describe('the memory between the training thread and the learner', () => {
  it('lets the learner sleep through a notification of what it has done already', async () => {
    const shared = new SharedBlock(1, 1);
    const words = new Int32Array(shared.memory);
    const thread = new URL('../support/asked-in-a-thread.mjs', import.meta.url);
    const learner = new Worker(thread, { workerData: shared.memory, execArgv: [] });
    const told: unknown[] = [];
    learner.on('message', (message) => told.push(message));
    const ended = once(learner, 'exit');

    // Each finds it asleep, so the one before did not make it go on.
    for (let woken = 0; woken < 3 && told.length === 0; ) {
      woken += Atomics.notify(words, 0);
      await setTimeout(1);
    }
    assert.deepEqual(told, []);

    shared.ask();
    await ended;
    assert.deepEqual(told, ['asked']);
  });
});
