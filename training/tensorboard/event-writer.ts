import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { RunError } from '../../base/errors.ts';
import type { Histogram } from '../histogram.ts';
import { restartEvent, summaryEvent, versionEvent } from './event.ts';
import { encodeRecord } from './record.ts';

/**
 * Writes a TensorBoard event file, `events.out.tfevents.TIME.HOST.PID.N`, as TensorFlow names them. Each event is on
 * disk when `write` returns, so that a running TensorBoard follows. Wall times come from the system's clock.
 */
export class EventWriter {
  readonly path: string;
  #descriptor: number | undefined;

  /** `resumedAt`: the step a resumed run goes on from. */
  constructor(directory: string, resumedAt?: number) {
    mkdirSync(directory, { recursive: true });
    const stem = `events.out.tfevents.${Math.floor(now())}.${hostname()}.${process.pid}`;
    let path: string | undefined;
    for (let n = 0; this.#descriptor === undefined; n++) {
      path = join(directory, `${stem}.${n}`);
      try {
        this.#descriptor = openSync(path, 'ax');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw this.#failed(error, path);
      }
    }
    this.path = path as string;
    this.#append(versionEvent(now()));
    if (resumedAt !== undefined) this.#append(restartEvent(now(), resumedAt + 1));
  }

  write(
    step: number,
    scalars: ReadonlyMap<string, number>,
    histograms: ReadonlyMap<string, Histogram> = new Map(),
  ): void {
    this.#append(summaryEvent(now(), step, scalars, histograms));
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #append(event: Uint8Array): void {
    if (this.#descriptor === undefined) throw new Error(`${this.path} is closed already`);
    try {
      writeSync(this.#descriptor, encodeRecord(event));
    } catch (error) {
      throw this.#failed(error, this.path);
    }
  }

  #failed(cause: unknown, path: string): RunError {
    return new RunError(
      {
        code: (cause as NodeJS.ErrnoException).code === 'ENOSPC' ? 'disk-full' : 'cannot-write',
        message: `Writing ${path} failed: ${(cause as Error).message}.`,
        field: 'tb',
        value: path,
        hint: 'Free some space; the run can be resumed from its last checkpoint.',
      },
      { cause },
    );
  }
}

function now(): number {
  return Date.now() / 1000;
}
