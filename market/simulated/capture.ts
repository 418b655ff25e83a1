import { once } from 'node:events';
import { createGzip, type Gzip } from 'node:zlib';
import { InputError, InterruptedError } from '../../base/errors.ts';
import { AtomicFile } from '../../base/files.ts';
import { MICROSECONDS } from '../../base/time.ts';
import { BinanceWire } from './binance-wire.ts';
import { LONGEST_SECONDS, openMarket } from './open-market.ts';
import type { QueueReactiveParameters } from './parameters.ts';

/** Characters collected before they are written. */
const CHUNK = 1 << 16;

export interface SimulationOptions {
  /** Name of a market, or a market file. */
  readonly market: string;
  readonly seed: number;
  readonly durationSeconds: number;
  /** Capture to write; compressed with gzip when the name ends in `.gz`. */
  readonly out: string;
  /** Of the embedded market. */
  readonly parameters?: Partial<QueueReactiveParameters>;
  readonly signal?: AbortSignal;
  /** Told now and then how many seconds are simulated. */
  readonly onProgress?: (seconds: number) => void;
}

export interface SimulationSummary {
  readonly messages: number;
  readonly trades: number;
  readonly durationSeconds: number;
}

/**
 * Simulates a market and writes it as a capture in Binance's wire format, which `import` reads like any recording.
 * The same options give the same bytes. Throws an InputError for an unknown market, a duration out of range or a path
 * that cannot be written, an InterruptedError when `signal` aborts; nothing is left under `out` then.
 */
export async function simulateCapture(options: SimulationOptions): Promise<SimulationSummary> {
  const { durationSeconds, seed, signal } = options;
  const source = openMarket(options.market, options.parameters);
  requireDuration(durationSeconds);
  const file = new CaptureFile(options.out);
  try {
    let pending = '';
    const market = source.create(seed);
    const wire = new BinanceWire(market, seed, (line) => {
      pending += line;
    });
    const end = market.startTime + durationSeconds * MICROSECONDS;
    while (market.peek() < end) {
      market.next(wire);
      if (pending.length < CHUNK) continue;
      await file.write(pending);
      pending = '';
      options.onProgress?.((market.time - market.startTime) / MICROSECONDS);
      if (signal?.aborted) throw new InterruptedError('Simulation was interrupted; nothing was written.');
    }
    wire.advance(end);
    await file.write(pending);
    await file.commit();
    return { messages: wire.messages, trades: wire.trades, durationSeconds };
  } catch (error) {
    file.discard();
    throw error;
  }
}

function requireDuration(seconds: number): void {
  if (seconds > 0 && seconds <= LONGEST_SECONDS) return;
  throw new InputError({
    code: 'bad-duration',
    message: `A market cannot be simulated for ${seconds} s.`,
    field: 'duration',
    value: seconds,
    expected: 'more than nothing and at most 30 days',
    hint: 'Write it like 10m or 2h.',
  });
}

/** An atomic file, gzipped by name. Bytes depend on the content alone: no time or name in the gzip header. */
class CaptureFile {
  readonly #file: AtomicFile;
  readonly #gzip: Gzip | undefined;
  #failure: unknown;

  constructor(path: string) {
    this.#file = new AtomicFile(path);
    if (!path.endsWith('.gz')) return;
    this.#gzip = createGzip({ level: 6 });
    this.#gzip.on('data', (chunk: Buffer) => {
      if (this.#failure !== undefined) return;
      try {
        this.#file.write(chunk);
      } catch (error) {
        this.#failure = error;
      }
    });
  }

  /** Writes text; lets other work, such as Ctrl-C, in between. */
  async write(text: string): Promise<void> {
    if (this.#gzip === undefined) {
      this.#file.write(text);
      await new Promise((resolve) => setImmediate(resolve));
      return;
    }
    await new Promise<void>((resolve) => this.#gzip?.write(text, () => resolve()));
    if (this.#failure !== undefined) throw this.#failure;
  }

  async commit(): Promise<void> {
    if (this.#gzip !== undefined) {
      const ended = once(this.#gzip, 'end');
      this.#gzip.end();
      await ended;
      if (this.#failure !== undefined) throw this.#failure;
    }
    this.#file.commit();
  }

  discard(): void {
    this.#gzip?.destroy();
    this.#file.discard();
  }
}
