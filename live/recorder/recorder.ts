import { join } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { makeFolder } from '../../base/files.ts';
import { encodeControl } from '../../market/capture/control-line.ts';
import type { Venue } from '../../market/instrument.ts';
import { type Clock, every, type Timer } from '../clock.ts';
import type { Frame } from '../feed/frame-ring.ts';
import { GzipLog, type WriteAt } from './gzip-log.ts';
import { LineBlock } from './line-block.ts';

const HOUR = 3600_000_000;
/** Text collected before it is written ahead of its time. */
const MEMBER_BYTES = 1 << 20;
/** Text in memory above which the exchange is held back, and below which it may go on. */
const PRESSURE_BYTES = 64 << 20;
const RELIEF_BYTES = 8 << 20;
const CONTROL = Buffer.from('{"e":"makergym');
const CONTINUED = encodeControl({ e: 'makergymContinued' });

export interface RecorderOptions {
  readonly folder: string;
  readonly venue: Venue;
  readonly symbols: readonly string[];
  readonly clock: Clock;
  /** At most this much is lost to a crash, s. */
  readonly syncSeconds?: number;
  /** A new file has begun, so that a snapshot at its head is wanted. */
  readonly onRotate?: () => void;
  /** True when the disk is too slow, false when it has caught up. */
  readonly onPressure?: (pressed: boolean) => void;
  /** The disk is full, or gone. Nothing is recorded from here on; what was written stays. */
  readonly onFailure?: (error: Error) => void;
  /** In place of the system's, for tests of full and slow disks. */
  readonly writeAt?: WriteAt;
}

interface SymbolLog {
  readonly symbol: string;
  log: GzipLog | undefined;
  /** UTC hour of the file, number of hours since the epoch. */
  hour: number;
  /** The exchange's description of the instrument, at the head of each file. */
  info: Buffer | undefined;
  readonly pending: LineBlock;
}

/**
 * Writes what comes, as it comes: a line `<local µs> <message>` each, REST answers as `URL -> <local µs>: <json>`, one
 * series of gzip files a symbol, a file for each UTC hour. `import` reads them as they are.
 */
export class Recorder {
  readonly #options: RecorderOptions;
  readonly #logs = new Map<string, SymbolLog>();
  readonly #files: string[] = [];
  readonly #timer: Timer;
  #bytesWaiting = 0;
  #pressed = false;
  #work: Promise<void> = Promise.resolve();
  #failure: Error | undefined;
  #messages = 0;

  constructor(options: RecorderOptions) {
    this.#options = options;
    try {
      makeFolder(options.folder);
    } catch (cause) {
      throw new InputError(
        {
          code: 'cannot-write',
          message: `Cannot make the folder ${options.folder}: ${(cause as Error).message}.`,
          field: 'out',
          value: options.folder,
        },
        { cause },
      );
    }
    for (const symbol of options.symbols) {
      this.#logs.set(symbol, {
        symbol,
        log: undefined,
        hour: -1,
        info: undefined,
        pending: new LineBlock(),
      });
    }
    this.#timer = every(options.clock, (options.syncSeconds ?? 5) * 1000, () => this.#flushAll());
  }

  /** Files begun, in order of time for each symbol. */
  get files(): readonly string[] {
    return this.#files;
  }

  get messages(): number {
    return this.#messages;
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Takes a message; one whose symbol cannot be told goes to all. */
  write(frame: Frame): void {
    if (this.#failure !== undefined) return;
    const { symbol, bytes, localTime, url } = frame;
    // Lines of our own are no messages.
    if (symbol !== '' || url !== '' || !CONTROL.equals(bytes.subarray(0, CONTROL.length))) this.#messages++;
    const isInfo = url.includes('/exchangeInfo');
    for (const log of symbol === '' ? this.#logs.values() : [this.#logs.get(symbol)]) {
      if (log === undefined) continue;
      if (isInfo) log.info = lineOf(localTime, bytes, url);
      try {
        this.#add(log, frame, isInfo);
      } catch (error) {
        this.#fail(error as Error);
      }
    }
  }

  /** Writes what is left and closes the files. Throws the failure there was, if any. */
  async close(): Promise<void> {
    this.#timer.cancel();
    this.#flushAll();
    for (const log of this.#logs.values()) this.#finish(log);
    await this.#work;
    if (this.#failure !== undefined) throw this.#failure;
  }

  #add(log: SymbolLog, { localTime, bytes, url }: Frame, isInfo: boolean): void {
    const { pending } = log;
    if (Math.floor(localTime / HOUR) > log.hour) this.#rotate(log, localTime, isInfo);
    const before = pending.length;
    pending.write(localTime, bytes, url);
    this.#bytesWaiting += pending.length - before;
    if (pending.length >= MEMBER_BYTES) this.#flush(log);
    if (this.#bytesWaiting > PRESSURE_BYTES && !this.#pressed) this.#press(true);
  }

  #rotate(log: SymbolLog, localTime: number, isInfo: boolean): void {
    const hour = Math.floor(localTime / HOUR);
    const first = log.hour < 0;
    if (!first) {
      this.#flush(log);
      this.#finish(log);
    }
    log.hour = hour;
    log.log = this.#create(log.symbol, first ? this.#options.clock.now() : hour * HOUR);
    this.#files.push(log.log.path);
    if (first) return;
    const { pending } = log;
    if (log.info !== undefined && !isInfo) pending.append(log.info);
    pending.write(localTime, CONTINUED);
    this.#bytesWaiting += pending.length;
    this.#options.onRotate?.();
  }

  /** `BTCUSDT-20240808T231507Z.gz`, with a number where that exists: nothing is ever overwritten. */
  #create(symbol: string, time: number): GzipLog {
    const stamp = new Date(time / 1000).toISOString().slice(0, 19).replaceAll(/[-:]/g, '');
    const name = `${this.#options.venue}-${symbol}-${stamp}Z`;
    for (let attempt = 0; ; attempt++) {
      const path = join(this.#options.folder, `${name}${attempt === 0 ? '' : `_${attempt}`}.gz`);
      try {
        return new GzipLog(path, this.#options.writeAt);
      } catch (error) {
        const { cause } = error as { cause?: NodeJS.ErrnoException };
        if (cause?.code !== 'EEXIST') throw error;
      }
    }
  }

  #flushAll(): void {
    for (const log of this.#logs.values()) this.#flush(log);
  }

  /** Hands what is pending to the disk, behind what was handed before. */
  #flush(symbolLog: SymbolLog): void {
    const { log, pending } = symbolLog;
    if (log === undefined || pending.length === 0) return;
    const lines = pending.take();
    this.#queue(async () => {
      await log.append(lines);
      this.#bytesWaiting -= lines.length;
      if (this.#pressed && this.#bytesWaiting < RELIEF_BYTES) this.#press(false);
    });
  }

  #finish(symbolLog: SymbolLog): void {
    const { log } = symbolLog;
    // Closed once: its descriptor may soon be that of a socket.
    symbolLog.log = undefined;
    if (log !== undefined) this.#queue(() => log.close(), true);
  }

  #queue(work: () => Promise<void>, always = false): void {
    this.#work = this.#work.then(async () => {
      if (this.#failure !== undefined && !always) return;
      try {
        await work();
      } catch (error) {
        this.#fail(error as Error);
      }
    });
  }

  #fail(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#options.onFailure?.(error);
  }

  #press(pressed: boolean): void {
    this.#pressed = pressed;
    this.#options.onPressure?.(pressed);
  }
}

function lineOf(localTime: number, bytes: Uint8Array, url: string): Buffer {
  const block = new LineBlock();
  block.write(localTime, bytes, url);
  return block.take();
}
