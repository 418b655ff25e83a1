import type { Venue } from '../../market/instrument.ts';
import { type Clock, pause } from '../clock.ts';
import { AggregatedTrades } from './aggregated-trades.ts';
import type { CapturedMessage, StreamKind } from './capture-source.ts';
import { FaultLine, type WireMessage } from './fault-line.ts';
import type { FaultTally } from './fault-tally.ts';
import { type FaultPlan, FaultTimer } from './faults.ts';
import type { SocketHub } from './socket-hub.ts';
import type { Survey } from './survey.ts';
import { TruthBook } from './truth-book.ts';

/** Messages after which a session as fast as it can be looks at its clients. */
const BREATH = 32;
/** Messages that pass while all sockets are dead, so that a cut loses something, before the session waits. */
const OUTAGE = 300;
/** How long a session as fast as it can be waits for its first snapshot request, ms. */
const FIRST_REQUEST_MS = 2000;
/** Updates between the pictures that stale snapshots are answered with. */
const STALE_EVERY = 700;

export interface SessionOptions {
  readonly venue: Venue;
  readonly survey: Survey;
  readonly messages: () => AsyncIterable<CapturedMessage>;
  /** Times the speed of the capture; Infinity for as fast as the clients take it. */
  readonly speed: number;
  readonly faults: FaultPlan;
  /** Where faults that strike are counted. */
  readonly struck: FaultTally;
  readonly clock: Clock;
  readonly hub: SocketHub;
  /** Whether a REST request is being answered. */
  readonly restBusy: () => boolean;
}

/** One playing of the capture, from its beginning to its end, with books that stand where the playing stands. */
export class Session {
  readonly truth = new Map<string, TruthBook>();
  /** An older answer to a snapshot request, by symbol. */
  readonly stale = new Map<string, string>();
  readonly line: FaultLine;
  /** A snapshot has been asked for. */
  snapshotServed = false;
  played = 0;
  ended = false;
  readonly #options: SessionOptions;
  readonly #trades = new AggregatedTrades();
  readonly #cut: FaultTimer;
  readonly #halfOpen: FaultTimer;
  readonly #silence: FaultTimer;
  readonly #depths = new Map<string, number>();
  #exchangeTime: number;
  #saidAt: number;
  #deadFor = 0;
  #stopped = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.line = new FaultLine(options.faults, options.struck);
    this.#cut = new FaultTimer(options.faults, 'cut');
    this.#halfOpen = new FaultTimer(options.faults, 'half-open');
    this.#silence = new FaultTimer(options.faults, 'silence');
    this.#exchangeTime = options.survey.start;
    this.#saidAt = options.clock.now();
    for (const symbol of options.survey.symbols.keys()) this.truth.set(symbol, new TruthBook(options.venue));
  }

  /** The exchange's clock, µs: that of the capture, going on at the session's speed between messages. */
  get time(): number {
    const { speed, clock } = this.#options;
    return this.#exchangeTime + (Number.isFinite(speed) ? (clock.now() - this.#saidAt) * speed : 0);
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Plays to the end, or until stopped. */
  async play(): Promise<void> {
    const { speed, clock, hub } = this.#options;
    const began = clock.now();
    let first = -1;
    let current: CapturedMessage | undefined;
    for await (const next of this.#options.messages()) {
      if (this.#stopped) return;
      if (current !== undefined) this.#deliver(current, next);
      current = next;
      if (first < 0) first = next.localTime;
      if (!Number.isFinite(speed)) await this.#breathe();
      else {
        const wait = began + (next.localTime - first) / speed - clock.now();
        if (wait > 500) await pause(clock, wait / 1000);
        else if (this.played % 1024 === 0) await nextTurn();
      }
    }
    if (this.#stopped) return;
    if (current !== undefined) this.#deliver(current, undefined);
    for (const message of this.line.flush()) hub.publish(message);
    this.ended = true;
  }

  #deliver(message: CapturedMessage, next: CapturedMessage | undefined): void {
    this.played++;
    const { kind, payload } = message;
    const symbol = message.symbol === '' ? [...this.truth.keys()][0] : message.symbol;
    if (message.exchangeTime > this.#exchangeTime) {
      this.#exchangeTime = message.exchangeTime;
      this.#saidAt = this.#options.clock.now();
    }
    if (kind === 'snapshot') {
      this.truth.get(symbol)?.onSnapshot(payload);
      return;
    }
    if (kind === 'depth') this.#onDepth(symbol, message);
    this.#send(kind, symbol, message.text, message);
    const offBook = payload.X !== undefined && payload.X !== 'MARKET';
    if (kind === 'trade' && !offBook && this.#options.survey.symbols.get(symbol)?.aggTrades === false) {
      const text = this.#trades.onTrade(message, next);
      if (text !== undefined) this.#send('aggTrade', symbol, text, message);
    }
    this.#socketFaults();
  }

  #onDepth(symbol: string, { payload }: CapturedMessage): void {
    const truth = this.truth.get(symbol);
    if (truth === undefined) return;
    const count = (this.#depths.get(symbol) ?? 0) + 1;
    this.#depths.set(symbol, count);
    if (truth.known && (!this.stale.has(symbol) || count % STALE_EVERY === 0)) {
      this.stale.set(symbol, truth.answer(1000));
    }
    truth.onDepth(payload);
  }

  #send(kind: StreamKind, symbol: string, text: string, origin: CapturedMessage): void {
    const message: WireMessage = { kind, symbol, text, share: 1, origin };
    // Nobody listens to it: it is not on the line.
    if (!this.#options.hub.wanted(kind, symbol)) return;
    for (const sent of this.line.push(message)) this.#options.hub.publish(sent);
  }

  #socketFaults(): void {
    const { hub } = this.#options;
    // A fault waits for a socket that it can strike.
    if (!hub.alive) return;
    if (this.#cut.strikes() && hub.cutOne(this.#cut.random)) this.#struck('cut');
    if (this.#halfOpen.strikes() && hub.freezeOne(this.#halfOpen.random)) this.#struck('half-open');
    if (this.#silence.strikes() && hub.silenceOne(this.#silence.random)) this.#struck('silence');
  }

  #struck(kind: 'cut' | 'half-open' | 'silence'): void {
    this.#options.struck.add(kind);
    this.#deadFor = 0;
  }

  /** As fast as the clients take it: waits for full sockets, for requests being answered and for clients to come back. */
  async #breathe(): Promise<void> {
    const { hub, clock, restBusy } = this.#options;
    if (this.played % BREATH !== 0 && hub.alive) return;
    await nextTurn();
    if (!this.snapshotServed && [...this.truth.values()].some(({ known }) => known)) {
      for (const end = clock.now() + FIRST_REQUEST_MS * 1000; clock.now() < end; await pause(clock, 1)) {
        if (this.snapshotServed || this.#stopped) break;
      }
      this.snapshotServed = true;
    }
    if (!hub.alive && this.#deadFor++ < OUTAGE) return;
    while ((!hub.alive || hub.congested || restBusy()) && !this.#stopped) await pause(clock, 1);
    if (hub.alive) this.#deadFor = 0;
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
