import type { Fill } from '../../env/exchange/models.ts';
import { Lane, type LaneOptions } from '../../env/lane.ts';
import type { LaneListener } from '../../env/lane-listener.ts';
import { type Quote, Refresh } from '../../env/quoter.ts';
import { DEFAULT_LANE, type LaneSettings } from '../../env/settings.ts';
import { TapeReplay } from '../../market/replay.ts';
import { BID } from '../../market/side.ts';
import {
  SCRIPT_INSTRUMENT,
  SCRIPT_START,
  type ScriptMessage,
  scriptedQuoter,
  scriptTape,
} from './script-tape.ts';

/** Snapshot of the scripts: 100 bid for 8, 101 bid behind nobody; 103 offered for 8; nothing between. */
export const SNAPSHOT: ScriptMessage = {
  at: 0,
  snapshot: true,
  bids: [
    [100, 8],
    [99, 20],
  ],
  asks: [
    [103, 8],
    [104, 20],
  ],
};

/** 10 ms there, 5 ms back; only trades advance the queue. */
const SETTINGS: LaneSettings = {
  ...DEFAULT_LANE,
  latency: { entryMs: 10, responseMs: 5 },
  queue: { model: 'risk-averse', exponent: 2 },
};

/** A lane on a scripted tape, decided by hand at times in ms. Lots of one base unit: four steps. */
export class Desk {
  readonly replay: TapeReplay;
  readonly fills: Fill[] = [];
  readonly events: string[] = [];
  readonly lane: Lane;

  constructor(
    messages: readonly ScriptMessage[],
    settings: Partial<LaneSettings> = {},
    models: Partial<Pick<LaneOptions, 'latency' | 'queue' | 'fees' | 'instrument' | 'seed'>> = {},
  ) {
    this.replay = new TapeReplay([scriptTape(messages)]);
    const listener: LaneListener = {
      onFill: (fill) => this.fills.push(fill),
      onOrder: (event, time, why) => {
        const reason = why ? ` ${why}` : '';
        this.events.push(`${event} ${(time - SCRIPT_START) / 1000}${reason}`);
      },
      onAcknowledge: (milliseconds) => this.events.push(`acknowledged after ${milliseconds}`),
    };
    this.lane = new Lane({
      instrument: SCRIPT_INSTRUMENT,
      settings: { ...SETTINGS, ...settings },
      lot: 1,
      seed: 0,
      listeners: [listener],
      ...models,
    });
    this.lane.attach(this.replay.market);
  }

  to(at: number): this {
    this.replay.advanceTo(SCRIPT_START + 1000 * at);
    return this;
  }

  /** Advances and decides. Sides not named are not quoted. */
  quote(at: number, quote: Partial<Quote>): this {
    this.to(at);
    this.lane.decide(
      scriptedQuoter(() => ({ refreshBid: Refresh.move, refreshAsk: Refresh.move, ...quote })),
    );
    return this;
  }

  /** Tells a point in time of the script in ms. */
  static at(time: number): number {
    return (time - SCRIPT_START) / 1000;
  }

  /** Fills as "side quantity@price reason". */
  get story(): readonly string[] {
    return this.fills.map(({ side, quantity, price, reason }) =>
      [side === BID ? 'buy' : 'sell', `${quantity}@${price}`, reason].join(' '),
    );
  }
}
