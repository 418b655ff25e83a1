import type { ControlLine } from '../../market/capture/control-line.ts';
import type { FallbackReason, FallbackSettings } from '../../safety/fallback.ts';

/** A condition is told to be over when it has not held for this long, µs: it may come and go many times a second. */
const CALM = 1_000_000;

/** Conditions that only the live process knows. */
export type LiveReason = Extract<FallbackReason, 'silent-stream' | 'over-budget' | 'round-trip'>;

export type MonitorSettings = Pick<FallbackSettings, 'decisionBudgetMs' | 'maxLatenessMs' | 'maxRoundTripMs'>;

/**
 * Watches what no recorded message shows, and has each change of it written into the recording, from where the session
 * itself learns of it: what a replay cannot know, a live session does not act on either.
 */
export class ConditionMonitor {
  readonly #settings: MonitorSettings;
  readonly #tell: (line: ControlLine) => void;
  /** When each condition that was told to hold was last seen, µs. */
  readonly #held = new Map<LiveReason, number>();

  constructor(settings: MonitorSettings, tell: (line: ControlLine) => void) {
    this.#settings = settings;
    this.#tell = tell;
  }

  /** A decision took `latency` and was there `lateness` after its time, µs; `now` is the local clock, µs. */
  onDecision(latency: number, lateness: number, now: number): void {
    const { decisionBudgetMs, maxLatenessMs } = this.#settings;
    this.#see('over-budget', latency > decisionBudgetMs * 1000 || lateness > maxLatenessMs * 1000, now);
  }

  onRoundTrip(microseconds: number, now: number): void {
    this.#see('round-trip', microseconds > this.#settings.maxRoundTripMs * 1000, now);
  }

  onSilence(streams: readonly string[]): void {
    if (streams.length > 0) this.#begin('silent-stream', 0);
    else this.#end('silent-stream');
  }

  /** Says again what holds, at the head of a file that may be read without those before it. */
  repeat(): void {
    for (const reason of this.#held.keys()) this.#tell({ e: 'makergymCondition', reason, active: true });
  }

  #see(reason: LiveReason, holds: boolean, now: number): void {
    if (holds) this.#begin(reason, now);
    else if (now - (this.#held.get(reason) ?? now) >= CALM) this.#end(reason);
  }

  #begin(reason: LiveReason, now: number): void {
    if (!this.#held.has(reason)) this.#tell({ e: 'makergymCondition', reason, active: true });
    this.#held.set(reason, now);
  }

  #end(reason: LiveReason): void {
    if (this.#held.delete(reason)) this.#tell({ e: 'makergymCondition', reason, active: false });
  }
}
