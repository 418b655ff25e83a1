import { studentTail } from './student.ts';

/** What a signal says of the mid's move that follows it. A figure that the sample cannot give is null, never NaN. */
export interface Relevance {
  readonly name: string;
  readonly horizonSeconds: number;
  /** Pearson correlation of the signal with the mid's move over the horizon after it. */
  readonly correlation: number | null;
  /** Two-sided p-value of that correlation being 0 (t test with n − 2 degrees of freedom). */
  readonly pValue: number | null;
  /** Share of samples, among those where signal and move both have a sign, in which the signs agree. */
  readonly hitRatio: number | null;
  /** Samples, and those with two signs. */
  readonly n: number;
  readonly signed: number;
}

export interface Regression {
  readonly slope: number | null;
  readonly r2: number | null;
  readonly n: number;
}

/** Moments of a pair of variables, updated one sample at a time without cancellation (Welford). */
export class PairMoments {
  #n = 0;
  #meanX = 0;
  #meanY = 0;
  #xx = 0;
  #yy = 0;
  #xy = 0;

  observe(x: number, y: number): void {
    this.#n++;
    const beforeX = x - this.#meanX;
    const beforeY = y - this.#meanY;
    this.#meanX += beforeX / this.#n;
    this.#meanY += beforeY / this.#n;
    this.#xx += beforeX * (x - this.#meanX);
    this.#yy += beforeY * (y - this.#meanY);
    this.#xy += beforeX * (y - this.#meanY);
  }

  get n(): number {
    return this.#n;
  }

  /** Pearson correlation; null with under three samples or a variable that never varied. */
  get correlation(): number | null {
    if (this.#n < 3 || this.#xx <= 0 || this.#yy <= 0) return null;
    return Math.max(-1, Math.min(1, this.#xy / Math.sqrt(this.#xx * this.#yy)));
  }

  /** Two-sided p-value of the correlation. */
  get pValue(): number | null {
    const r = this.correlation;
    if (r === null) return null;
    const degrees = this.#n - 2;
    return studentTail(
      Math.abs(r) === 1 ? Number.POSITIVE_INFINITY : r * Math.sqrt(degrees / (1 - r * r)),
      degrees,
    );
  }

  /** Ordinary least squares of y on x with an intercept. */
  get regression(): Regression {
    const r = this.correlation;
    if (r === null) return { slope: null, r2: null, n: this.#n };
    return { slope: this.#xy / this.#xx, r2: r * r, n: this.#n };
  }
}

/**
 * The relevance test of one signal at one horizon. Give it samples that do not overlap: the signal at a time, and the
 * mid's move from then to a horizon later; only so is the p-value one of independent samples.
 */
export class RelevanceTest {
  readonly #name: string;
  readonly #horizonSeconds: number;
  readonly #moments = new PairMoments();
  #signed = 0;
  #hits = 0;

  constructor(name: string, horizonSeconds: number) {
    this.#name = name;
    this.#horizonSeconds = horizonSeconds;
  }

  observe(signal: number, move: number): void {
    this.#moments.observe(signal, move);
    if (signal === 0 || move === 0) return;
    this.#signed++;
    if (signal > 0 === move > 0) this.#hits++;
  }

  result(): Relevance {
    return {
      name: this.#name,
      horizonSeconds: this.#horizonSeconds,
      correlation: this.#moments.correlation,
      pValue: this.#moments.pValue,
      hitRatio: this.#signed > 0 ? this.#hits / this.#signed : null,
      n: this.#moments.n,
      signed: this.#signed,
    };
  }
}
