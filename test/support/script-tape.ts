import { emptyQuote, type Quote, type Quoter, type QuoterView } from '../../env/quoter.ts';
import type { Instrument } from '../../market/instrument.ts';
import { memoryTape, type TapeRow } from '../../market/tape/memory.ts';
import { Flag, Kind, type Tape } from '../../market/tape/rows.ts';

/** Ticks of 0.5 quote, steps of 0.25 base: figures that are exact in binary. */
export const SCRIPT_INSTRUMENT: Instrument = {
  venue: 'binance-usdm',
  symbol: 'TESTUSDT',
  tickSize: 0.5,
  stepSize: 0.25,
};

/** Time 0 of a script, µs: a whole second. */
export const SCRIPT_START = 1_700_000_000_000_000;

type Levels = readonly (readonly [price: number, quantity: number])[];

/** One message of a script at `at` ms: a snapshot, a diff, a trade by its aggressor, or a gap. */
export interface ScriptMessage {
  readonly at: number;
  readonly snapshot?: true;
  /** The snapshot does not list every level: beyond its worst prices the book is unknown. */
  readonly partial?: true;
  readonly bids?: Levels;
  readonly asks?: Levels;
  readonly buy?: readonly [price: number, quantity: number];
  readonly sell?: readonly [price: number, quantity: number];
  readonly gap?: true;
}

export function scriptRows(messages: readonly ScriptMessage[]): readonly TapeRow[] {
  return messages.flatMap((message) => {
    const time = SCRIPT_START + 1000 * message.at;
    const rows: Omit<TapeRow, 'exchangeTime' | 'localTime'>[] = [];
    const row = (kind: number, price: number, quantity: number, flags = 0) =>
      rows.push({ kind, price, quantity, flags });
    if (message.gap) row(Kind.gap, 0, 0);
    if (message.snapshot) row(Kind.reset, 0, 0, message.partial ? 0 : Flag.allBids | Flag.allAsks);
    if (message.buy) row(Kind.buy, ...message.buy);
    if (message.sell) row(Kind.sell, ...message.sell);
    for (const level of message.bids ?? []) row(Kind.bid, ...level);
    for (const level of message.asks ?? []) row(Kind.ask, ...level);
    return rows.map((fields, i) => ({
      ...fields,
      exchangeTime: time,
      localTime: time,
      flags: fields.flags | (i === rows.length - 1 ? Flag.messageEnd : 0),
    }));
  });
}

export function scriptTape(messages: readonly ScriptMessage[]): Tape {
  return memoryTape(SCRIPT_INSTRUMENT, scriptRows(messages));
}

/** A quoter that writes what a function says; the rest is "nothing quoted". */
export function scriptedQuoter(decide: (view: QuoterView) => Partial<Quote>, name = 'scripted'): Quoter {
  return {
    name,
    reset: () => undefined,
    quote: (view, out) => {
      Object.assign(out, emptyQuote(), decide(view));
    },
  };
}
