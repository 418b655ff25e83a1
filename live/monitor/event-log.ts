import { openSync } from 'node:fs';
import { type DestinationStream, type Logger, pino } from 'pino';
import { InputError } from '../../base/errors.ts';
import type { LogLevel } from './log-level.ts';
import { redact } from './redact.ts';

/** Lines wait in memory until there is this much, bytes, or this much time has passed, ms. */
const BATCH_BYTES = 4096;
const FLUSH_MS = 500;
/** What may wait for a disk or a pipe that does not take it, bytes; lines beyond are dropped and counted. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;

export interface EventLogOptions {
  /** A file, added to at its end, or `-` for stderr. */
  readonly to: string;
  /** `info` where absent. */
  readonly level?: LogLevel;
  /** Fields of every line: what runs, on what. */
  readonly context: Readonly<Record<string, string>>;
}

/**
 * What happens, one JSON object a line: `time` (ISO 8601), `level`, `event`, the context's fields and the event's own.
 * Lines are written in batches, off the path of whoever logs, and the rest at the end; nothing secret-looking is in them.
 * A log that cannot be written loses lines, never the session.
 */
export class EventLog {
  readonly #destination: ReturnType<typeof pino.destination>;
  readonly #logger: Logger;
  readonly #context: Readonly<Record<string, string>>;
  #dropped = 0;
  #broken = false;

  private constructor({ to, level = 'info', context }: EventLogOptions) {
    this.#context = context;
    this.#destination = pino.destination({
      dest: to === '-' ? 2 : openLog(to),
      sync: false,
      minLength: BATCH_BYTES,
      maxLength: MAX_WAITING_BYTES,
      periodicFlush: FLUSH_MS,
    });
    this.#destination.on('drop', () => {
      this.#dropped++;
    });
    this.#destination.on('error', () => {
      this.#broken = true;
    });
    const options = {
      level,
      base: redact(context) as Record<string, unknown>,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label: string) => ({ level: label }) },
    };
    this.#logger = pino(options, this.#destination as DestinationStream);
  }

  /** Throws an InputError naming `log` for a file that cannot be written. */
  static open(options: EventLogOptions): EventLog {
    return new EventLog(options);
  }

  /** Lines that did not fit into what may wait. */
  get dropped(): number {
    return this.#dropped;
  }

  /** A write has failed. */
  get broken(): boolean {
    return this.#broken;
  }

  /** Adds a line. Numbers that JSON does not know become null. */
  write(level: LogLevel, event: string, fields: Readonly<Record<string, unknown>> = {}): void {
    if (!this.#logger.isLevelEnabled(level)) return;
    // What the context says already is not said twice.
    const own = Object.fromEntries(Object.entries(fields).filter(([name]) => !(name in this.#context)));
    this.#logger[level]({ event, ...(redact(own) as Record<string, unknown>) });
  }

  /** Writes what waits and closes the file. */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#destination.once('close', resolve);
      // What cannot be written is let go; left alone it would be tried for ever.
      this.#destination.once('error', () => this.#destination.destroy());
      this.#destination.end();
    });
  }
}

function openLog(path: string): number {
  try {
    return openSync(path, 'a', 0o640);
  } catch (cause) {
    throw new InputError(
      {
        code: 'cannot-write',
        message: `Cannot write the log ${path}: ${(cause as Error).message}.`,
        field: 'log',
        value: path,
        expected: 'a file in a folder that exists, or - for stderr',
        hint: 'Choose a folder that exists and can be written.',
      },
      { cause },
    );
  }
}
