import { Worker } from 'node:worker_threads';

const ROUNDS = 20_000;

/** Answers each odd number with the next one. */
const ANSWERS = `
  const { workerData } = require('node:worker_threads');
  const turn = new Int32Array(workerData);
  for (let n = 1; n > 0; n += 2) {
    while (Atomics.load(turn, 0) !== n) if (Atomics.load(turn, 0) < 0) process.exit();
    Atomics.store(turn, 0, n + 1);
  }
`;

/**
 * Nanoseconds from a number that one thread writes to the answer of another that waits awake: what two processors take to
 * hand each other work and back. Virtual ones may lie side by side or far apart, and be moved.
 */
export async function handOver(): Promise<number> {
  const memory = new SharedArrayBuffer(4);
  const turn = new Int32Array(memory);
  const worker = new Worker(ANSWERS, { eval: true, workerData: memory });
  await new Promise((resolve) => worker.once('online', resolve));
  let next = 1;
  const round = () => {
    Atomics.store(turn, 0, next);
    while (Atomics.load(turn, 0) !== next + 1);
    next += 2;
  };
  for (let i = 0; i < ROUNDS; i++) round();
  const start = performance.now();
  for (let i = 0; i < ROUNDS; i++) round();
  const elapsed = performance.now() - start;
  Atomics.store(turn, 0, -1);
  await worker.terminate();
  return (1e6 * elapsed) / ROUNDS;
}
