import { LONGEST_TRAVEL } from './latency-log-normal.ts';
import type { LatencyRecording, Series } from './latency-recording.ts';
import type { LatencyModel } from './models.ts';

export interface RecordedLatencyOptions {
  /** Factor on the recorded times. */
  readonly scale: number;
  /** Added to each leg, ms. */
  readonly entryMs: number;
  readonly responseMs: number;
  readonly feedMs: number;
  readonly inOrder: boolean;
}

/**
 * Travel times interpolated from a recording, as hftbacktest's IntpOrderLatency does: linearly between the two
 * neighbours in time; a request beside one that was rejected or never answered is rejected, and its sender learns of it
 * when theirs did. A replay that the recording does not cover meets it again and again, end to end.
 */
export class RecordedLatency implements LatencyModel {
  readonly name: string;
  readonly inOrder: boolean;
  readonly #recording: LatencyRecording;
  readonly #options: RecordedLatencyOptions;
  readonly #feedScale: number;

  constructor(recording: LatencyRecording, options: RecordedLatencyOptions) {
    const { entryMs, responseMs, feedMs, scale } = options;
    this.name = `${recording.source} × ${scale} + ${entryMs} ms, ${responseMs} ms, feed ${feedMs} ms`;
    this.inOrder = options.inOrder;
    this.#recording = recording;
    this.#options = options;
    this.#feedScale = recording.feed === null ? 0 : scale;
  }

  entry(time: number): number {
    const { entry, refusal } = this.#recording;
    const refused = refusal === null ? Number.NaN : at(refusal, this.#recording, time);
    if (!Number.isNaN(refused)) return -Math.max(refused * this.#options.scale, 1);
    return this.#travel(at(entry, this.#recording, time), this.#options.entryMs);
  }

  response(time: number): number {
    return this.#travel(at(this.#recording.response, this.#recording, time), this.#options.responseMs);
  }

  feed(time: number): number {
    const { feed } = this.#recording;
    const recorded = feed === null ? 0 : at(feed, this.#recording, time) * this.#feedScale;
    return Math.min(recorded + 1000 * this.#options.feedMs, LONGEST_TRAVEL);
  }

  #travel(recorded: number, addedMs: number): number {
    return Math.min(recorded * this.#options.scale + 1000 * addedMs, LONGEST_TRAVEL);
  }
}

/**
 * A series at `time`, µs, between its neighbours; NaN where a neighbour is. Beyond the recording it is repeated end to end:
 * the same stretch for every series, so that the legs of a request and its refusal still belong together.
 */
function at({ time: times, value: values }: Series, { start, end }: LatencyRecording, time: number): number {
  const last = times.length - 1;
  const span = end - start;
  if (!(span > 0) || last === 0) return values[0];
  let place = time;
  if (time < start || time > Math.max(end, times[last])) {
    const beyond = (time - start) % span;
    place = start + (beyond < 0 ? beyond + span : beyond);
  }
  if (place <= times[0]) return values[0];
  if (place >= times[last]) return values[last];
  let low = 0;
  let high = last;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (times[middle] <= place) low = middle;
    else high = middle;
  }
  const part = (place - times[low]) / (times[high] - times[low]);
  return values[low] + part * (values[high] - values[low]);
}
