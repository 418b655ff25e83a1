import { type OwnQuote, type Quote, type Quoter, type QuoterView, Reason, Refresh } from '../env/quoter.ts';

/**
 * The strategy that replay is measured with, ours and the peer's (bench/peers/hft_quotes.py): one lot a side, one tick
 * outside the touch; while an order of a side is on its way to the exchange, that side is left alone.
 */
export class TouchQuoter implements Quoter {
  readonly name = 'touch';

  reset(): void {}

  quote(view: QuoterView, out: Quote): void {
    const { book, synchronised } = view.market;
    out.reason = Reason.quote;
    out.offset = 0;
    if (!synchronised || !book.ready) {
      out.bidQuantity = 0;
      out.askQuantity = 0;
      out.reason = Reason.notReady;
      return;
    }
    out.reference = book.mid;
    out.spread = book.bestAsk - book.bestBid + 2;
    out.bid = book.bestBid - 1;
    out.ask = book.bestAsk + 1;
    out.bidQuantity = 1;
    out.askQuantity = 1;
    out.refreshBid = onItsWay(view.bid) ? Refresh.leave : Refresh.move;
    out.refreshAsk = onItsWay(view.ask) ? Refresh.leave : Refresh.move;
  }
}

function onItsWay(own: OwnQuote): boolean {
  return own.active && Number.isNaN(own.queueAhead);
}
