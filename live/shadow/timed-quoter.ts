import type { Quote, Quoter, QuoterContext, QuoterView } from '../../env/quoter.ts';

/** A quoter that tells how long each of its decisions takes, on the wall clock. */
export class TimedQuoter implements Quoter {
  readonly name: string;
  /** The latest decision, from its beginning to the quote, µs. */
  latency = 0;
  readonly #inner: Quoter;

  constructor(inner: Quoter) {
    this.name = inner.name;
    this.#inner = inner;
  }

  reset(context: QuoterContext): void {
    this.#inner.reset(context);
  }

  quote(view: QuoterView, out: Quote): void {
    const began = performance.now();
    this.#inner.quote(view, out);
    this.latency = (performance.now() - began) * 1000;
  }
}
