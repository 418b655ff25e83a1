import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { median } from './bench.ts';

/** Something whose rate is measured in turns with others'. */
export interface Contestant {
  readonly name: string;
  /** One turn: its rate, per second. */
  turn(): Promise<number>;
  close(): void;
}

/** Thread pools spin for a while after their work; the next one's turn begins when they sleep. */
const PAUSE_MS = 300;

/**
 * The median rate of each, in turns, so that whatever else the machine does hits all of them. The first turn of each
 * is not counted.
 */
export async function takeTurns(
  contestants: readonly Contestant[],
  turns: number,
): Promise<ReadonlyMap<string, number>> {
  const rates = new Map<string, number[]>(contestants.map(({ name }) => [name, []]));
  for (let turn = -1; turn < turns; turn++) {
    for (const contestant of contestants) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      const rate = await contestant.turn();
      if (turn >= 0) rates.get(contestant.name)?.push(rate);
    }
  }
  return new Map([...rates].map(([name, values]) => [name, median(values)]));
}

/** Calls `work` for about `milliseconds` and returns how often a second. */
export async function rateOf(work: () => Promise<unknown>, milliseconds: number): Promise<number> {
  const start = performance.now();
  let elapsed = 0;
  let count = 0;
  while (elapsed < milliseconds) {
    await work();
    count++;
    elapsed = performance.now() - start;
  }
  return (1000 * count) / elapsed;
}

/**
 * A Python script of bench/peers/ that stays and takes turns (bench/peers/sac_turns.py): it prints `ready` once, and
 * for each line it is sent the seconds that `work` units of work took.
 */
export class PeerProcess implements Contestant {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #reader: Interface;
  readonly #work: number;

  private constructor(name: string, child: ChildProcess, reader: Interface, work: number) {
    this.name = name;
    this.#child = child;
    this.#reader = reader;
    this.#lines = reader[Symbol.asyncIterator]();
    this.#work = work;
  }

  /** Starts it and waits until it is ready; the reason where it cannot run. */
  static async start(
    name: string,
    python: string,
    script: string,
    threads: number,
    work: number,
  ): Promise<PeerProcess | string> {
    const path = fileURLToPath(new URL(`peers/${script}`, import.meta.url));
    const child = spawn(python, [path, String(threads), String(work)], { stdio: ['pipe', 'pipe', 'pipe'] });
    let complaint = '';
    child.stderr?.on('data', (text) => {
      complaint = `${complaint}${text}`.slice(-2000);
    });
    child.on('error', ({ message }) => {
      complaint = message;
    });
    const reader = createInterface({ input: child.stdout as NonNullable<typeof child.stdout> });
    const peer = new PeerProcess(name, child, reader, work);
    for (;;) {
      const { value, done } = await peer.#lines.next();
      if (done) return complaint.trim().split('\n').at(-1) || `${script} ended`;
      if (value === 'ready') return peer;
    }
  }

  async turn(): Promise<number> {
    this.#child.stdin?.write('go\n');
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`${this.name} ended in the middle of its turns`);
    return this.#work / Number(value);
  }

  close(): void {
    this.#child.stdin?.end();
    this.#reader.close();
  }
}
