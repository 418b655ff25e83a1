import { type ControlLine, encodeControl } from '../../market/capture/control-line.ts';
import type { Clock } from '../clock.ts';
import type { FeedCounters } from './events.ts';
import { type Frame, FrameRing } from './frame-ring.ts';

export interface FrameIntakeOptions {
  /** Frames that may wait. */
  readonly capacity: number;
  readonly clock: Clock;
  readonly counters: FeedCounters;
  /** Nothing is taken in once it is aborted. */
  readonly signal: AbortSignal;
  /** Every frame as it came; valid during the call. */
  readonly onFrame?: (frame: Frame) => void;
  /** Something waits. */
  readonly onArrival: () => void;
}

/**
 * What has come and waits for the books, in order of arrival, with local times that never run back. Each frame is recorded
 * first. Where the ring is full, frames are recorded only, between two lines of our own that say so.
 */
export class FrameIntake {
  readonly #options: FrameIntakeOptions;
  readonly #ring: FrameRing;
  /** No frame is stamped with an earlier time than this, µs. */
  #floor = 0;
  /** The ring was full: what comes is recorded, and not given to the books. */
  #overflowing = false;
  /** Lines of our own that wait for room in the ring. */
  readonly #controls: ControlLine[] = [];

  constructor(options: FrameIntakeOptions) {
    this.#options = options;
    this.#ring = new FrameRing(options.capacity);
  }

  get waiting(): number {
    return this.#ring.length;
  }

  /** What has come is complete up to here, µs: see `LiveFeed.horizon`. */
  horizon(): number {
    const oldest = this.#ring.oldest;
    if (oldest < Number.POSITIVE_INFINITY) return oldest;
    this.#floor = Math.max(this.#floor, this.#options.clock.now());
    return this.#floor;
  }

  /** Takes a message in. */
  take(symbol: string, bytes: Uint8Array, receivedAt: number, url: string): void {
    const { counters, signal, onFrame, onArrival } = this.#options;
    if (signal.aborted) return;
    const localTime = this.#stamp(receivedAt);
    counters.messages++;
    counters.bytes += bytes.length;
    if (this.#ring.full && !this.#overflowing) this.#beginOverflow(localTime);
    onFrame?.({ symbol, bytes, localTime, url });
    if (this.#overflowing) counters.overflowedMessages++;
    else this.#ring.push(symbol, bytes, localTime, url);
    onArrival();
  }

  /** Takes a line of our own in; held back while the ring is full. */
  control(line: ControlLine): void {
    this.#controls.push(line);
    this.#sendControls();
  }

  /** The oldest frame, valid until the next is shifted; undefined where none waits. */
  shift(): Frame | undefined {
    const frame = this.#ring.shift();
    if (frame !== undefined) this.#makeRoom();
    return frame;
  }

  /** The ring has room again: from here on the books are given what comes. */
  #makeRoom(): void {
    if (this.#overflowing && this.#ring.relieved && !this.#options.signal.aborted) {
      this.#overflowing = false;
      this.#recordControl({ e: 'makergymOverflowEnd' }, this.#stamp(this.#options.clock.now()));
    }
    if (this.#controls.length > 0) this.#sendControls();
  }

  /** A time for the next frame that does not run back, whatever clock and order of answers do. */
  #stamp(time: number): number {
    if (time > this.#floor) this.#floor = time;
    return this.#floor;
  }

  #beginOverflow(localTime: number): void {
    this.#overflowing = true;
    this.#options.counters.overflows++;
    this.#recordControl({ e: 'makergymOverflowBegin' }, localTime);
  }

  /** Tells the recording, and the books in their turn. */
  #recordControl(line: ControlLine, localTime: number): void {
    const bytes = encodeControl(line);
    this.#options.onFrame?.({ symbol: '', bytes, localTime, url: '' });
    this.#ring.push('', bytes, localTime, '');
  }

  #sendControls(): void {
    const { signal, clock, onArrival } = this.#options;
    while (this.#controls.length > 0 && !this.#overflowing && !this.#ring.full && !signal.aborted) {
      this.#recordControl(this.#controls.shift() as ControlLine, this.#stamp(clock.now()));
      onArrival();
    }
  }
}
