/** What work leaves for the garbage collector. */
import { PerformanceObserver } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let collect: (() => void) | undefined;

/** Collects garbage now, with Node's own collector, which is otherwise not within reach. */
export function collectGarbage(): void {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
}

/** Bytes that calls of `work` leave on the heap, all together; the work must be too little to set off a collection. */
export function bytesLeftBy(work: () => void): number {
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  work();
  return process.memoryUsage().heapUsed - before;
}

export interface Pauses {
  readonly count: number;
  readonly totalMs: number;
  readonly longestMs: number;
}

/** Collections while `work` runs, and how long they stopped it. */
export async function pausesDuring(work: () => Promise<void> | void): Promise<Pauses> {
  const pauses: number[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) pauses.push(duration);
  });
  observer.observe({ entryTypes: ['gc'] });
  await work();
  // Entries come with the next turns of the event loop.
  await new Promise((resolve) => setTimeout(resolve, 50));
  observer.disconnect();
  return {
    count: pauses.length,
    totalMs: pauses.reduce((sum, pause) => sum + pause, 0),
    longestMs: Math.max(0, ...pauses),
  };
}
