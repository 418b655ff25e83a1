import type { RestClient } from '../binance/rest-client.ts';
import type { Alarms } from './alarms.ts';
import { ClockEstimator } from './clock-estimator.ts';

export interface ClockWatchOptions {
  readonly rest: RestClient;
  readonly alarms: Alarms;
  readonly signal: AbortSignal;
  /** Above these an alarm is raised, ms. */
  readonly clockOffsetAlarmMs: number;
  readonly roundTripAlarmMs: number;
  /** A request was answered after so many µs. */
  readonly onRoundTrip?: (microseconds: number) => void;
}

/** Asks the exchange for its time and raises alarms where the clocks are apart or answers are slow. */
export class ClockWatch {
  readonly estimate = new ClockEstimator();
  readonly #options: ClockWatchOptions;

  constructor(options: ClockWatchOptions) {
    this.#options = options;
  }

  async sample(): Promise<void> {
    const { rest, alarms, signal, clockOffsetAlarmMs, roundTripAlarmMs, onRoundTrip } = this.#options;
    try {
      const { serverTime, answer } = await rest.time();
      this.estimate.add(answer.sentAt, serverTime, answer.receivedAt);
      onRoundTrip?.(answer.receivedAt - answer.sentAt);
    } catch (error) {
      if (!signal.aborted) alarms.raise('rest', (error as Error).message);
      return;
    }
    const { offset, roundTrip } = this.estimate;
    const ms = (microseconds: number): string => (microseconds / 1000).toFixed(0);
    alarms.raiseWhile(
      Math.abs(offset) / 1000 > clockOffsetAlarmMs,
      'clock-offset',
      `the exchange's clock is ${ms(offset)} ms from this one`,
    );
    const slow = roundTrip / 1000 > roundTripAlarmMs;
    alarms.raiseWhile(slow, 'round-trip', `the exchange answers in ${ms(roundTrip)} ms`);
  }
}
