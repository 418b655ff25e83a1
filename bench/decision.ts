/**
 * From a parsed book event to the quote, with a SAC policy of full size: `npm run bench -- decision`.
 *
 * The messages of a capture go through the live feed's own path (synchroniser, book, oracle, tape rows, market, signals),
 * one after the other as fast as they can; after each depth update the policy is asked, with its fallbacks and safety
 * layer, the quote carried out in the simulated exchange, KPIs and drift kept, as a shadow session does at each decision.
 * The clock runs from the decoded message to the end of that. Node compiles in the first pass, which is not counted.
 */
import { Lane } from '../env/lane.ts';
import { resolveLot } from '../env/lot.ts';
import { DEFAULT_LANE } from '../env/settings.ts';
import { KpiRecorder } from '../evaluation/kpi-recorder.ts';
import { newCounters } from '../live/feed/events.ts';
import { SymbolFeed } from '../live/feed/symbol-feed.ts';
import { StreamDriver } from '../live/shadow/stream-driver.ts';
import { Decoder } from '../market/binance/decoder.ts';
import { Message, MessageKind } from '../market/binance/message.ts';
import type { Bench } from './bench.ts';
import { bytesLeftBy, pausesDuring } from './garbage.ts';
import { percentiles } from './percentiles.ts';
import { type SacAgent, SeenFeatures, SIZES, sacAgent } from './sac-agent.ts';
import { type WireCapture, wireCapture } from './wire.ts';

const PASSES = 4;
/** Decisions between two collections when garbage is counted. */
const SEGMENT = 500;

/** Times of a pass, µs, one a decision. */
interface Times {
  /** From the parsed event to the quote. */
  readonly whole: Float64Array;
  /** Of that, from the market's new state to the quote. */
  readonly decision: Float64Array;
  count: number;
}

/** The path of a shadow session for one symbol, without sockets. */
class Path {
  readonly #decoder = new Decoder();
  readonly #message = new Message();
  /** Decisions are not left to its schedule: there is one at every book event. */
  readonly #driver = new StreamDriver(() => []);
  readonly #feed: SymbolFeed;
  readonly #agent: SacAgent;
  readonly #capture: WireCapture;
  #lane: Lane | undefined;

  constructor(capture: WireCapture, agent: SacAgent) {
    this.#capture = capture;
    this.#agent = agent;
    this.#feed = new SymbolFeed({
      instrument: capture.instrument,
      trades: capture.name === 'usdm-btcusdt' ? 'trade' : 'aggTrade',
      counters: newCounters(),
      emit: () => undefined,
      needSnapshot: () => undefined,
      sink: this.#driver,
    });
  }

  get ready(): boolean {
    return this.#lane !== undefined;
  }

  /** Takes in a message up to the point where the clock starts; true for an update of a known book. */
  decode(index: number): boolean {
    const { bytes } = this.#capture.messages[index];
    this.#decoder.decode(bytes, 0, bytes.length, this.#message);
    return this.#message.kind === MessageKind.depth && this.ready;
  }

  apply(index: number): void {
    const { localTime, url } = this.#capture.messages[index];
    this.#feed.onMessage(this.#message, localTime, url);
    const { synchronised, book } = this.#driver.market;
    if (this.#lane === undefined && synchronised && book.ready) this.#begin(book.mid);
  }

  decide(index: number): void {
    this.#driver.market.advance(this.#capture.messages[index].localTime);
    (this.#lane as Lane).decide(this.#agent.quoter);
  }

  get observation(): Float32Array {
    return this.#agent.policy.observation;
  }

  #begin(mid: number): void {
    const { instrument } = this.#capture;
    const { drift, quoter } = this.#agent;
    const kpis = new KpiRecorder({ instrument, sharpeIntervalSeconds: 60, blockSeconds: 60 });
    this.#lane = new Lane({
      instrument,
      settings: DEFAULT_LANE,
      lot: resolveLot(DEFAULT_LANE, instrument, mid),
      seed: 1,
      listeners: drift === undefined ? [kpis] : [kpis, drift],
    });
    this.#lane.attach(this.#driver.market);
    quoter.reset(this.#lane.context);
  }
}

function timedPass(capture: WireCapture, agent: SacAgent, times: Times): void {
  const path = new Path(capture, agent);
  for (let index = 0; index < capture.messages.length; index++) {
    if (!path.decode(index)) {
      path.apply(index);
      continue;
    }
    const start = performance.now();
    path.apply(index);
    const applied = performance.now();
    path.decide(index);
    const end = performance.now();
    times.whole[times.count] = 1000 * (end - start);
    times.decision[times.count++] = 1000 * (end - applied);
  }
}

/** What the features are like over the capture. */
function featuresOf(capture: WireCapture): SeenFeatures {
  const seen = new SeenFeatures();
  const path = new Path(capture, sacAgent());
  for (let index = 0; index < capture.messages.length; index++) {
    const decides = path.decode(index);
    path.apply(index);
    if (!decides) continue;
    path.decide(index);
    seen.observe(path.observation);
  }
  return seen;
}

/** Bytes left a decision: by the decision alone, and by all from the parsed event on. */
function garbage(
  capture: WireCapture,
  agent: SacAgent,
): { readonly decision: number; readonly whole: number } {
  const path = new Path(capture, agent);
  let index = 0;
  /** Goes on by so many decisions; with `deciding` false what would have been decided is left out. */
  const walk = (deciding: boolean): void => {
    for (let decisions = 0; decisions < SEGMENT && index < capture.messages.length; index++) {
      const decides = path.decode(index);
      path.apply(index);
      if (!decides) continue;
      decisions++;
      if (deciding) path.decide(index);
    }
  };
  while (index < capture.messages.length / 2) walk(true);
  const rates = { applied: 0, whole: 0 };
  for (let segment = 0; segment < 20; segment++) {
    rates[segment % 2 === 0 ? 'whole' : 'applied'] +=
      bytesLeftBy(() => walk(segment % 2 === 0)) / (10 * SEGMENT);
  }
  return { decision: rates.whole - rates.applied, whole: rates.whole };
}

export const decision: Bench = {
  name: 'decision',
  describe: 'from a parsed book event to the quote of a SAC policy in its safety layer',
  async *run({ data, quick }) {
    const capture = await wireCapture(data);
    const agent = sacAgent(featuresOf(capture));
    const passes = quick ? 2 : PASSES;
    const room = passes * capture.messages.length;
    const times: Times = { whole: new Float64Array(room), decision: new Float64Array(room), count: 0 };
    timedPass(capture, agent, times);
    times.count = 0;
    let wall = 0;
    const pauses = await pausesDuring(() => {
      const start = performance.now();
      for (let pass = 0; pass < passes; pass++) timedPass(capture, agent, times);
      wall = (performance.now() - start) / 1000;
    });
    const note = `${times.count} decisions of ${SIZES} over ${capture.name}`;
    yield* percentiles('parsed book event to quote', times.whole.subarray(0, times.count), note);
    yield* percentiles('of that, the decision', times.decision.subarray(0, times.count));
    yield {
      what: 'all messages, a decision at every book event',
      ours: (passes * capture.seconds) / wall,
      unit: 'times the rate of the capture',
      goal: 20,
      note: 'one thread, decoding included, no sockets',
    };
    const { decision, whole } = garbage(capture, agent);
    yield {
      what: 'garbage of a decision',
      ours: Math.max(0, decision),
      unit: 'bytes',
      smallerIsBetter: true,
    };
    yield {
      what: 'garbage from parsed event to quote',
      ours: Math.max(0, whole),
      unit: 'bytes',
      smallerIsBetter: true,
      note: `${pauses.count} collections, the longest ${pauses.longestMs.toFixed(2)} ms, in ${wall.toFixed(1)} s`,
    };
  },
};
