import { stream } from '../../base/random.ts';
import { emptyQuote, Refresh } from '../../env/quoter.ts';
import { DEFAULT_LANE } from '../../env/settings.ts';
import { KpiRecorder } from '../../evaluation/kpi-recorder.ts';
import { QuoteTrace } from '../../evaluation/quote-trace.ts';
import type { LaneRecord, SessionRecord } from '../../evaluation/session-record.ts';
import { ASK, BID } from '../../market/side.ts';
import { FakeState, fakeView } from './fake-view.ts';

const S = 1_000_000;
const T0 = Date.UTC(2024, 6, 24, 8) * 1000;
const INSTRUMENT = { venue: 'binance-spot', symbol: 'AAAUSDT', tickSize: 0.01, stepSize: 0.001 } as const;

export interface FakeLane {
  readonly name: string;
  readonly role: LaneRecord['role'];
  /** Quote currency earned per fill on average. */
  readonly edge: number;
}

/** A session of agents that fill at random in a random walk: what a real one looks like, without a market. */
export function fakeSession(lanes: readonly FakeLane[], seconds: number, seed = 1) {
  const recorders: KpiRecorder[] = [];
  const records = lanes.map((lane): LaneRecord => {
    const recorder = new KpiRecorder({ instrument: INSTRUMENT, blockSeconds: 10 });
    const trace = new QuoteTrace(INSTRUMENT);
    drive(recorder, trace, lane, seconds, seed);
    recorders.push(recorder);
    return {
      name: lane.name,
      role: lane.role,
      kpis: recorder.result(),
      equity: recorder.equitySeries.points(),
      stretch: lane.role === 'candidate' ? trace.stretch() : null,
    };
  });
  const session: SessionRecord = {
    format: 'makergym-session',
    version: 1,
    instrument: INSTRUMENT,
    tapes: [{ path: 'day-two.arrow', checksum: 'ab'.repeat(32), start: T0, end: T0 + seconds * S }],
    settings: DEFAULT_LANE,
    lot: 0.01,
    lanes: records,
  };
  return { session, recorders };
}

function drive(
  recorder: KpiRecorder,
  trace: QuoteTrace,
  lane: FakeLane,
  seconds: number,
  seed: number,
): void {
  const market = stream(seed, 'test/session/market');
  const own = stream(seed, `test/session/${lane.name}`);
  const state = new FakeState();
  const view = fakeView(state);
  state.mid = 6_512_345;
  let orders = 0;
  for (let i = 0; i <= seconds * 5; i++) {
    state.time = T0 + (i * S) / 5;
    if (market.uniform() < 0.25) state.mid += Math.round(2 * market.normal()) / 2;
    state.ofi = own.normal();
    const quote = {
      ...emptyQuote(),
      bid: Math.floor(state.mid - 2 - state.inventory / 4),
      ask: Math.ceil(state.mid + 2 - state.inventory / 4),
      bidQuantity: state.inventory < 8 ? 1 : 0,
      askQuantity: state.inventory > -8 ? 1 : 0,
      refreshBid: Refresh.move,
      refreshAsk: Refresh.move,
    };
    recorder.onDecision(view, quote);
    trace.onDecision(view, quote);
    if (own.uniform() < 0.2) {
      recorder.onOrder('placed', state.time);
      recorder.onAcknowledge(20);
      orders++;
      if (own.uniform() < 0.6) recorder.onOrder('cancelled', state.time + 1);
    }
    if (own.uniform() > 0.02 + Math.abs(own.normal()) * 0.005) continue;
    const buys = own.uniform() < 0.5 - state.inventory / 16;
    const fill = {
      orderId: orders,
      time: state.time + 1000,
      side: buys ? BID : ASK,
      price: buys ? quote.bid : quote.ask,
      quantity: 0.01,
      fee: 0.001,
      reason: own.uniform() < 0.7 ? 'queue' : 'through',
      queueAhead: 1,
      midAtPlacement: state.mid,
      midAtFill: state.mid,
      halfSpreadAtPlacement: 2.5,
    } as const;
    recorder.onFill(fill);
    trace.onFill(fill);
    state.inventory += buys ? 1 : -1;
    recorder.onInventory(fill.time, state.inventory);
    state.equity += lane.edge + 0.002 * own.normal();
  }
  recorder.onEnd(view);
}
