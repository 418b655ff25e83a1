/** Cells of the ring, a power of two: prices so far apart share one. */
const CELLS = 1024;

/**
 * Which prices of a side matter to which participants: the range of each, the range that covers theirs, and in a ring
 * how many ranges hold a price. Hot path: a row between the orders of many costs one look at the ring where none of
 * them is at its price.
 */
export class WatchedSide {
  /** Range of the prices that anybody watches, ticks; low above high where nobody does. */
  low = Number.POSITIVE_INFINITY;
  high = Number.NEGATIVE_INFINITY;
  /** The range of each participant. */
  lows = new Float64Array(0);
  highs = new Float64Array(0);
  /** How many ranges hold a price of this cell, at index `price & (cells.length − 1)`. */
  readonly cells = new Uint32Array(CELLS);

  /** So many participants follow, none of which watches anything yet. */
  reset(participants: number): void {
    this.low = Number.POSITIVE_INFINITY;
    this.high = Number.NEGATIVE_INFINITY;
    this.lows = new Float64Array(participants).fill(this.low);
    this.highs = new Float64Array(participants).fill(this.high);
    this.cells.fill(0);
  }

  /** Whether a price may lie in the range of somebody; those who are told look closer, for prices share cells. */
  watches(price: number): boolean {
    return price >= this.low && price <= this.high && this.cells[price & (CELLS - 1)] !== 0;
  }

  /** Sets the range of a participant and returns whether that is news: {@link cover} follows then. */
  set(participant: number, low: number, high: number): boolean {
    const lows = this.lows;
    const highs = this.highs;
    if (lows[participant] === low && highs[participant] === high) return false;
    this.#count(lows[participant], highs[participant], -1);
    this.#count(low, high, 1);
    lows[participant] = low;
    highs[participant] = high;
    return true;
  }

  /** Makes `low` and `high` cover every range again. */
  cover(): void {
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < this.lows.length; i++) {
      if (this.lows[i] < low) low = this.lows[i];
      if (this.highs[i] > high) high = this.highs[i];
    }
    this.low = low;
    this.high = high;
  }

  #count(low: number, high: number, by: 1 | -1): void {
    // Whatever is longer than the ring fills it.
    const end = Math.min(high, low + CELLS - 1);
    for (let price = low; price <= end; price++) this.cells[price & (CELLS - 1)] += by;
  }
}

/** A side that nobody watches. */
export const UNWATCHED = new WatchedSide();
