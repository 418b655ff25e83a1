import type { LogRecord, LogSink } from '../recorder.ts';
import { EventWriter } from '../tensorboard/event-writer.ts';

/** Writes records as TensorBoard events under `directory`; view them with `tensorboard --logdir`. */
export class TensorBoardLogger implements LogSink {
  readonly #writer: EventWriter;

  constructor(directory: string, resumedAt?: number) {
    this.#writer = new EventWriter(directory, resumedAt);
  }

  write({ timestep, scalars, histograms }: LogRecord): void {
    this.#writer.write(timestep, scalars, histograms);
  }

  close(): void {
    this.#writer.close();
  }
}
