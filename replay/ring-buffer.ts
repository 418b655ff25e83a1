import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { InputError, RunError } from '../base/errors.ts';
import { requireFile } from '../base/files.ts';
import type { Generator } from '../base/random.ts';
import { columns, HEADER_BYTES, MAGIC, rowsFor, usedRows, VERSION, Word } from './buffer-layout.ts';
import { copierTo, copyRow, type ObservationCopier } from './row-copy.ts';

// Hot path: `append` and `sample` use typed arrays over one buffer and allocate nothing.

/** Sizes of a replay buffer. */
export interface RingBufferOptions {
  /** Transitions it holds before the oldest are overwritten; rounded up to a multiple of `streams`. */
  readonly capacity: number;
  readonly observationSize: number;
  readonly actionSize: number;
  /** Environments stepped together, each a stream of its own; 1 by default. */
  readonly streams?: number;
}

/** Where a sample is written: `size` transitions, row-major. `terminated` is 1 where no value lies beyond. */
export interface SampledTransitions {
  readonly observations: Float32Array;
  readonly actions: Float32Array;
  readonly rewards: Float32Array;
  readonly nextObservations: Float32Array;
  readonly terminated: Float32Array;
}

/** Rows that a sample is drawn from: the `length` before row `head`. */
export interface SampleWindow {
  readonly head: number;
  readonly length: number;
}

/** What a row holds besides its observation. */
export const RowKind = {
  /** A transition whose next state has a value. */
  transition: 0,
  /** A transition that ended its task. */
  terminal: 1,
  /** No transition: the last observation of an episode, which the next row of the stream does not follow. */
  final: 2,
} as const;

/** Floats in a line of the cache, 64 bytes on all processors that matter here. */
const LINE = 16;
/** Bytes handed over at once when saving and loading. */
const PIECE = 1 << 24;

/**
 * The replay buffer: one SharedArrayBuffer with a header (magic "MGRB", version, sizes, position) and a column each for
 * observation, action, reward and kind. A thread that is given its {@link RingBuffer.memory} sees the same rows.
 *
 * A row holds one observation and what was done there; the observation that came of it is the stream's next row,
 * `streams` rows later, so each is stored once. An episode's last observation gets a row of its own, of kind `final`,
 * that is no transition and never sampled; the row after it begins the next episode. The rows at the head hold the
 * newest observations, whose actions are not known yet: every transition has its next observation from the start.
 *
 * The system gives memory to pages as they are first written, so a large capacity costs what is used of it.
 */
export class RingBuffer {
  readonly observationSize: number;
  readonly actionSize: number;
  readonly streams: number;
  readonly #rows: number;
  /** All of it; {@link RingBuffer.attach} makes a buffer of it in another thread. */
  readonly memory: SharedArrayBuffer;
  readonly #header: Uint32Array;
  readonly #observations: Float32Array;
  readonly #actions: Float32Array;
  readonly #rewards: Float32Array;
  readonly #kinds: Uint8Array;
  /** Rows of the sample under way, and one number more. */
  #drawn = new Int32Array(0);
  /** How observations are copied to where the last sample went. */
  #copier: ObservationCopier | undefined;

  constructor(options: RingBufferOptions, memory?: SharedArrayBuffer) {
    const { observationSize, actionSize, streams = 1 } = options;
    for (const [field, value] of Object.entries({ ...options, streams })) {
      if (Number.isSafeInteger(value) && value >= 1) continue;
      throw new InputError({
        code: 'bad-buffer-size',
        message: `A replay buffer cannot have ${field} ${value}.`,
        field,
        value,
        expected: 'a whole number of at least 1',
      });
    }
    this.observationSize = observationSize;
    this.actionSize = actionSize;
    this.streams = streams;
    this.#rows = rowsFor(options.capacity, streams);
    const layout = columns(this.#rows, observationSize, actionSize);
    this.memory = memory ?? allocate(layout.bytes, options.capacity);
    this.#header = new Uint32Array(this.memory, 0, HEADER_BYTES / 4);
    this.#header.set([MAGIC, VERSION, observationSize, actionSize, streams, this.#rows]);
    this.#observations = new Float32Array(this.memory, layout.observations, this.#rows * observationSize);
    this.#actions = new Float32Array(this.memory, layout.actions, this.#rows * actionSize);
    this.#rewards = new Float32Array(this.memory, layout.rewards, this.#rows);
    this.#kinds = new Uint8Array(this.memory, layout.kinds, this.#rows);
  }

  /** The buffer that lies in `memory`, which is another thread's {@link RingBuffer.memory}. */
  static attach(memory: SharedArrayBuffer): RingBuffer {
    const [, , observationSize, actionSize, streams, rows] = new Uint32Array(memory, 0, HEADER_BYTES / 4);
    return new RingBuffer({ capacity: rows - streams, observationSize, actionSize, streams }, memory);
  }

  /** Bytes a buffer of these sizes takes when it is full. */
  static bytes(options: RingBufferOptions): number {
    const { capacity, observationSize, actionSize, streams = 1 } = options;
    return columns(rowsFor(capacity, streams), observationSize, actionSize).bytes;
  }

  /** Transitions it can hold. */
  get capacity(): number {
    return this.#rows - this.streams;
  }

  /** Transitions that can be sampled now. */
  get size(): number {
    return this.#header[Word.count] - this.#header[Word.finals];
  }

  /** Rows behind the head, final observations included: what {@link observationAt} counts. */
  get length(): number {
    return this.#header[Word.count];
  }

  /** Starts the streams with their first observations (`streams × observationSize`). */
  begin(observations: Float32Array): void {
    if (this.length > 0) throw new Error('begin is called once, before the first append');
    this.#observations.set(observations, 0);
  }

  /**
   * Adds what each stream did at its newest observation and the observation that followed: `actions` is
   * `streams × actionSize`, `kinds[i]` a {@link RowKind}. After a transition that ended an episode the next call
   * says `final` for that stream (its action and reward mean nothing) and gives the first observation of the next.
   */
  append(
    actions: Float32Array,
    rewards: ArrayLike<number>,
    kinds: ArrayLike<number>,
    next: Float32Array,
  ): void {
    const header = this.#header;
    const streams = this.streams;
    const head = header[Word.head];
    this.#actions.set(actions, head * this.actionSize);
    let finals = header[Word.finals];
    for (let stream = 0; stream < streams; stream++) {
      this.#rewards[head + stream] = rewards[stream];
      this.#kinds[head + stream] = kinds[stream];
      if (kinds[stream] === RowKind.final) finals++;
    }
    let newHead = head + streams;
    if (newHead === this.#rows) newHead = 0;
    if (header[Word.count] === this.capacity) {
      for (let stream = 0; stream < streams; stream++) {
        if (this.#kinds[newHead + stream] === RowKind.final) finals--;
      }
    } else {
      header[Word.count] += streams;
    }
    header[Word.head] = newHead;
    header[Word.finals] = finals;
    this.#observations.set(next, newHead * this.observationSize);
  }

  /**
   * The rows of now from which can be drawn while `steps` more steps are appended: those steps overwrite none of them.
   */
  window(steps = 0): SampleWindow {
    const untouched = Math.max(0, this.capacity - steps * this.streams);
    return { head: this.#header[Word.head], length: Math.min(this.length, untouched) };
  }

  /**
   * Draws `count` transitions independently and uniformly, with replacement. Draws that would favour low rows
   * (remainders of 2³²) and final observations are drawn again. Reads nothing outside `window`.
   */
  sample(
    count: number,
    generator: Generator,
    out: SampledTransitions,
    { head, length }: SampleWindow = this.window(),
  ): void {
    if (length === 0 || this.size === 0) {
      throw new RunError({
        code: 'empty-buffer',
        message: 'The replay buffer has no transition to sample yet.',
        field: 'training.learningStarts',
        hint: 'Step the environment first.',
      });
    }
    const drawn = this.#draw(count, generator, head, length);
    if (this.#copier?.out !== out) this.#copier = copierTo(out, this.#observations, this.observationSize);
    const { rows, observations, nextObservations, size } = this.#copier;
    for (let i = 0; i < count; i++) {
      const row = drawn[i];
      copyRow(rows, row, size, observations, i);
      copyRow(rows, this.#following(row), size, nextObservations, i);
      copyRow(this.#actions, row, this.actionSize, out.actions, i);
      out.rewards[i] = this.#rewards[row];
      out.terminated[i] = this.#kinds[row] === RowKind.terminal ? 1 : 0;
    }
  }

  /** The row of the observation that came of what was done at `row`. */
  #following(row: number): number {
    const next = row + this.streams;
    return next < this.#rows ? next : next - this.#rows;
  }

  /**
   * Rows of transitions. Their numbers lie anywhere in memory, and a copy waits for each in turn; so each row's are asked for
   * as soon as it is drawn, and are there when the copies come to them.
   */
  #draw(count: number, generator: Generator, head: number, length: number): Int32Array {
    if (this.#drawn.length <= count) this.#drawn = new Int32Array(count + 1);
    const drawn = this.#drawn;
    const rows = this.#rows;
    const first = (head - length + rows) % rows;
    const limit = 4294967296 - (4294967296 % length);
    // A remainder of integers, which a number that might have a fraction would not be.
    const size = length >>> 0;
    let seen = 0;
    for (let i = 0; i < count; ) {
      const draw = generator.uint32();
      if (draw >= limit) continue;
      const place = first + (draw % size);
      const row = place < rows ? place : place - rows;
      if (this.#kinds[row] === RowKind.final) continue;
      drawn[i++] = row;
      seen += this.#rewards[row] + this.#actions[row * this.actionSize];
      seen += this.#look(row) + this.#look(this.#following(row));
    }
    // Kept, or reading would be left out as of no use.
    drawn[count] = seen;
    return drawn;
  }

  /** Reads a number of each line of the cache that the observation of a row lies in. */
  #look(row: number): number {
    const end = (row + 1) * this.observationSize;
    let seen = this.#observations[end - 1];
    for (let i = end - this.observationSize; i < end; i += LINE) seen += this.#observations[i];
    return seen;
  }

  /** Copies the observation of a row, the oldest being 0 and the newest `length − 1`, into `out`. */
  observationAt(index: number, out: Float32Array): void {
    const row = (this.#header[Word.head] - this.length + index + this.#rows) % this.#rows;
    copyRow(this.#observations, row, this.observationSize, out, 0);
  }

  /** Writes header and used rows, column after column, piece by piece. */
  save(sink: { write(chunk: Uint8Array): void }): void {
    for (const part of this.#parts()) {
      for (let start = 0; start < part.byteLength; start += PIECE) {
        sink.write(part.subarray(start, start + PIECE));
      }
    }
  }

  /**
   * Reads what {@link save} wrote, straight into the new buffer. Throws an InputError for a file of another kind,
   * version or length.
   */
  static load(path: string): RingBuffer {
    requireFile(path, 'replay');
    const descriptor = openSync(path, 'r');
    try {
      const { size } = fstatSync(descriptor);
      const header = new Uint32Array(HEADER_BYTES / 4);
      if (size >= HEADER_BYTES) readWhole(descriptor, new Uint8Array(header.buffer), path);
      if (header[Word.magic] !== MAGIC) {
        throw badFile(path, 'bad-magic', `it begins with ${hex(header[0])}`, `magic ${hex(MAGIC)} ("MGRB")`);
      }
      if (header[Word.version] !== VERSION) {
        throw badFile(
          path,
          'bad-version',
          `it has version ${header[Word.version]}`,
          `layout version ${VERSION}`,
        );
      }
      checkHeader(header, size, path);
      const buffer = new RingBuffer({
        capacity: header[Word.rows] - header[Word.streams],
        observationSize: header[Word.observationSize],
        actionSize: header[Word.actionSize],
        streams: header[Word.streams],
      });
      buffer.#header.set(header);
      for (const part of buffer.#parts().slice(1)) readWhole(descriptor, part, path);
      return buffer;
    } finally {
      closeSync(descriptor);
    }
  }

  /** Views of the header and of the used rows of each column. */
  #parts(): Uint8Array[] {
    const used = usedRows(this.#header);
    return [
      new Uint8Array(this.memory, 0, HEADER_BYTES),
      new Uint8Array(this.memory, this.#observations.byteOffset, used * this.observationSize * 4),
      new Uint8Array(this.memory, this.#actions.byteOffset, used * this.actionSize * 4),
      new Uint8Array(this.memory, this.#rewards.byteOffset, used * 4),
      new Uint8Array(this.memory, this.#kinds.byteOffset, used),
    ];
  }
}

function allocate(bytes: number, capacity: number): SharedArrayBuffer {
  try {
    return new SharedArrayBuffer(bytes);
  } catch (cause) {
    throw new RunError(
      {
        code: 'out-of-memory',
        message: `A replay buffer of ${capacity} transitions needs ${(bytes / 1e6).toFixed(0)} MB, which this machine does not give.`,
        field: 'training.bufferSize',
        value: capacity,
        expected: 'a capacity that fits into memory',
        hint: 'Set a smaller training.bufferSize.',
      },
      { cause },
    );
  }
}

function checkHeader(header: Uint32Array, size: number, path: string): void {
  const [, , observationSize, actionSize, streams, rows, head, count, finals] = header;
  const sound =
    observationSize > 0 &&
    actionSize > 0 &&
    streams > 0 &&
    rows % streams === 0 &&
    rows > streams &&
    head < rows &&
    head % streams === 0 &&
    count % streams === 0 &&
    count <= rows - streams &&
    finals <= count &&
    (count === rows - streams || head === count);
  if (!sound) throw badFile(path, 'bad-header', 'its header contradicts itself', 'a whole replay buffer');
  const expected = columns(usedRows(header), observationSize, actionSize).bytes;
  if (size !== expected) {
    throw badFile(path, 'bad-size', `it has ${size} bytes`, `${expected} bytes as its header says`);
  }
}

function readWhole(descriptor: number, target: Uint8Array, path: string): void {
  for (let offset = 0; offset < target.byteLength; ) {
    const read = readSync(descriptor, target, offset, Math.min(PIECE, target.byteLength - offset), null);
    if (read === 0) throw badFile(path, 'bad-size', 'it ends early', 'a whole replay buffer');
    offset += read;
  }
}

function badFile(path: string, code: string, found: string, expected: string): InputError {
  return new InputError({
    code,
    message: `${path} is not a replay buffer this release reads: ${found}, expected ${expected}.`,
    field: 'replay',
    value: path,
    expected,
    hint: 'Use another checkpoint.',
  });
}

function hex(word: number): string {
  return `0x${word.toString(16).padStart(8, '0')}`;
}
