/**
 * v ← e^{Mτ}·v for M with −diagonal[i] ≤ 0 on its diagonal and the same `coupling` ≥ 0 beside it, given as a symmetric
 * tridiagonal matrix; v > 0. Returns ln(v) afterwards.
 *
 * Uniformisation: with c ≥ every diagonal[i] all entries of M + cI are ≥ 0, so in e^{Mτ}v = e^{−cτ}·Σ (τ(M + cI))ⁿv/n!
 * nothing cancels and every component is exact to a few ulp, also those 10⁻⁶⁰ of the largest, which a general matrix
 * exponential (its error is relative to the largest) loses. Long times go in steps with the scale kept apart as a log.
 */
export class TridiagonalExponential {
  readonly #diagonal: Float64Array;
  readonly #coupling: number;
  readonly #shift: number;
  readonly #norm: number;
  readonly #v: Float64Array;
  #term: Float64Array;
  #next: Float64Array;
  #logScale = 0;

  constructor(diagonal: Float64Array, coupling: number, logStart: Float64Array) {
    this.#diagonal = diagonal;
    this.#coupling = coupling;
    this.#shift = diagonal.reduce((most, each) => Math.max(most, each), 0);
    this.#norm = this.#shift + 2 * coupling;
    this.#logScale = logStart.reduce((most, each) => Math.max(most, each), Number.NEGATIVE_INFINITY);
    this.#v = logStart.map((each) => Math.exp(each - this.#logScale));
    this.#term = new Float64Array(diagonal.length);
    this.#next = new Float64Array(diagonal.length);
  }

  /** Goes on by τ. */
  advance(tau: number): void {
    const pieces = Math.max(1, Math.ceil((this.#norm * tau) / LARGEST_STEP));
    for (let piece = 0; piece < pieces; piece++) this.#step(tau / pieces);
  }

  /** ln of the vector of now. */
  logarithm(): Float64Array {
    return this.#v.map((each) => Math.log(each) + this.#logScale);
  }

  #step(tau: number): void {
    const v = this.#v;
    const size = v.length;
    const coupling = this.#coupling * tau;
    this.#term.set(v);
    for (let n = 1; ; n++) {
      const term = this.#term;
      const next = this.#next;
      let significant = false;
      for (let i = 0; i < size; i++) {
        const sides = (i > 0 ? term[i - 1] : 0) + (i < size - 1 ? term[i + 1] : 0);
        const x = ((this.#shift - this.#diagonal[i]) * tau * term[i] + coupling * sides) / n;
        next[i] = x;
        v[i] += x;
        if (x > v[i] * 1e-17) significant = true;
      }
      this.#term = next;
      this.#next = term;
      if (!significant) break;
    }
    const most = v.reduce((largest, each) => Math.max(largest, each), 0);
    for (let i = 0; i < size; i++) v[i] /= most;
    this.#logScale += Math.log(most) - this.#shift * tau;
  }
}

/** Largest ‖M + cI‖·τ of one series: its sum stays below e^30, its terms are few. */
const LARGEST_STEP = 30;
