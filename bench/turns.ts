import { median } from './bench.ts';
import { PeerProcess } from './peer-process.ts';

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
 * A Python script of bench/peers/ that takes turns (bench/peers/sac_turns.py): for each line it is sent it prints the
 * seconds that `work` units of work took.
 */
export class TurnTakingPeer implements Contestant {
  readonly name: string;
  readonly #process: PeerProcess;
  readonly #work: number;

  private constructor(name: string, process: PeerProcess, work: number) {
    this.name = name;
    this.#process = process;
    this.#work = work;
  }

  /** Starts it and lets it take a first turn; the reason where it cannot run. */
  static async start(
    name: string,
    python: string,
    script: string,
    threads: number,
    work: number,
    parameters: readonly string[] = [],
  ): Promise<TurnTakingPeer | string> {
    const process = new PeerProcess(python, script, [String(threads), String(work), ...parameters]);
    const peer = new TurnTakingPeer(name, process, work);
    try {
      await peer.turn();
      return peer;
    } catch (error) {
      return (error as Error).message.trim().split('\n').at(-1) || `${script} ended`;
    }
  }

  async turn(): Promise<number> {
    return this.#work / (await this.#process.ask<number>('go'));
  }

  close(): void {
    this.#process.close();
  }
}
