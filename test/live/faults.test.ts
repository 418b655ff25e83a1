import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { type CapturedMessage, readMessages } from '../../live/exchange/capture-source.ts';
import { FAULT_KINDS } from '../../live/exchange/fault-kinds.ts';
import type { FaultTally } from '../../live/exchange/fault-tally.ts';
import { parseFaults } from '../../live/exchange/faults.ts';
import { LocalExchange } from '../../live/exchange/local-exchange.ts';
import type { Session } from '../../live/exchange/session.ts';
import type { TruthBook } from '../../live/exchange/truth-book.ts';
import type { LiveFeed } from '../../live/feed/live-feed.ts';
import { importCaptures } from '../../market/import.ts';
import type { Venue } from '../../market/instrument.ts';
import { simulateCapture } from '../../market/simulated/capture.ts';
import { AcceleratedClock } from '../support/accelerated-clock.ts';
import { TestFolder } from '../support/capture.ts';
import { assertSameBook, played, recordedFeed, recording, truthAt, until } from './support.ts';

const SPEED_UP = 50;

/** One run of client, recorder and exchange over a capture under faults, and what must hold after any of them. */
async function survive(
  capture: string,
  venue: Venue,
  faults: string,
  folder: TestFolder,
): Promise<{
  readonly session: Session;
  readonly struck: FaultTally;
  readonly feed: LiveFeed;
  readonly recorded: string;
}> {
  // Without faults there is nothing to wait for, and a machine that is busy for a moment is no silent stream.
  const clock = new AcceleratedClock(faults === 'none' ? 1 : SPEED_UP);
  const exchange = await LocalExchange.start({
    captures: [capture],
    port: 0,
    speed: Number.POSITIVE_INFINITY,
    faults: parseFaults(faults, 11),
    clock,
  });
  const [symbol] = exchange.survey.symbols.keys();
  const out = folder.at(`${venue}-${faults.replaceAll(':', '-')}`);
  const { feed, recorder } = recordedFeed(exchange, symbol, out, clock);
  let session: Session | undefined;
  let struck: FaultTally;
  try {
    const end = played(exchange);
    await feed.start();
    await end;
    // Held on to: by its clock, which runs fast here, the exchange soon forgets a session that nobody listens to.
    ({ session, struck } = exchange);
    assert.ok(session !== undefined);
    const book = feed.symbol(symbol);
    const lastId = session.truth.get(symbol)?.lastId ?? 0;
    // Where the last messages were lost, the client may stand a little before the end until it notices.
    const done = (): boolean => book.synchronised && feed.waiting === 0 && book.lastId >= lastId;
    await until(`the book at ${lastId}`, done, 8).catch(() => undefined);
    let id: number;
    let truth: TruthBook;
    // A client that had to wait may still be catching up while the truth is read.
    do {
      id = book.lastId;
      truth = await truthAt([capture], venue, symbol, id);
    } while (book.lastId !== id);
    assert.ok(book.synchronised, `${faults}: no book at the end`);
    assertSameBook(book, truth);
    assert.equal(book.oracle.mismatches, 0);
    assert.equal(feed.counters.checksumMismatches, 0);
    assert.equal(book.crossed, 0);
  } finally {
    feed.stop();
    await recorder.close();
    await exchange.close();
  }
  const [recorded] = recorder.files;
  const summary = await importCaptures({ captures: [recorded], out: folder.at('t.arrow') });
  assert.equal(summary.bookTicker.mismatches, 0);
  assert.equal(summary.crossed, 0);
  assert.equal(summary.gaps.length, feed.counters.gaps, 'import finds the gaps that the live feed found');
  const trades = [...feed.symbol(symbol).ignored].find(([reason]) => reason === 'repeated-trade')?.[1] ?? 0;
  assert.equal(summary.ignored['repeated-trade'] ?? 0, trades);
  assert.deepEqual(summary.instrument.tickSize, exchange.survey.symbols.get(symbol)?.tickSize);
  return { session, struck, feed, recorded };
}

/** Identity of a message that clients get from a stream. */
const identity = ({ kind, payload }: CapturedMessage): string =>
  `${kind} ${payload.u ?? payload.t ?? payload.a}`;

describe('live feed under faults', () => {
  let folder: TestFolder;
  let simulated: string;
  before(async () => {
    folder = new TestFolder();
    simulated = folder.at('simulated.gz');
    await simulateCapture({ market: 'queue-reactive', seed: 5, durationSeconds: 160, out: simulated });
  });
  after(() => folder.remove());

  it('without faults: not a message is lost, and no gap is found', async () => {
    const { feed, recorded } = await survive(simulated, 'binance-spot', 'none', folder);
    assert.equal(feed.counters.gaps, 0);
    assert.equal(feed.counters.lostTrades, 0);
    const sent: string[] = [];
    for await (const message of readMessages([simulated], undefined)) {
      if (message.kind !== 'snapshot') sent.push(message.text);
    }
    const lines = gunzipSync(readFileSync(recorded)).toString().trim().split('\n');
    const got = lines
      .filter((line) => line.includes('"stream"'))
      .map((line) => line.slice(line.indexOf('"data":') + 7, -1));
    assert.deepEqual(got, sent, 'the recording holds the very bytes that were sent, in order');
  });

  for (const kind of FAULT_KINDS) {
    it(`survives ${kind}`, async () => {
      const { session, struck, recorded } = await survive(simulated, 'binance-spot', kind, folder);
      if (kind !== 'clock-skew') assert.ok(struck.of(kind) > 0, `${kind} never struck`);
      if (['cut', 'half-open', 'silence'].includes(kind)) return;
      // Faults that leave the sockets alone lose what they say they lose, and nothing else.
      const removed = new Set(session.line.removed.map(identity));
      const got = new Set<string>();
      for await (const message of readMessages([recorded], undefined)) got.add(identity(message));
      for await (const message of readMessages([simulated], undefined)) {
        if (message.kind === 'snapshot') continue;
        // A bookTicker may repeat an id of another, so that one of two may be lost and the other not.
        if (message.kind === 'bookTicker') continue;
        assert.equal(got.has(identity(message)), !removed.has(identity(message)), identity(message));
      }
    });
  }

  it('a request before the first subscription is refused, and counted', async () => {
    const faults = parseFaults('ban,rate-limit', 11);
    const exchange = await LocalExchange.start({ captures: [simulated], port: 0, faults });
    try {
      const [symbol] = exchange.survey.symbols.keys();
      const ask = async () => (await fetch(`${exchange.rest}/api/v3/depth?symbol=${symbol}`)).status;
      const answers = [await ask(), await ask(), await ask(), await ask()];
      const count = (status: number): number => answers.filter((answer) => answer === status).length;
      assert.ok(count(429) > 0 && count(418) > 0, answers.join());
      assert.deepEqual(
        [exchange.struck.of('rate-limit'), exchange.struck.of('ban'), exchange.session],
        [count(429), count(418), undefined],
      );
    } finally {
      await exchange.close();
    }
  });

  for (let seed = 1; seed <= 10; seed++) {
    it(`survives random:${seed}`, async function () {
      const spot = seed % 2 === 0;
      const capture = spot ? simulated : recording('usdm-btcusdt', '20240718.gz');
      if (capture === null) {
        console.log('      no recordings here: set MAKERGYM_DATA to their folder to run this test');
        this.skip();
        return;
      }
      const { session, struck, feed } = await survive(
        capture,
        spot ? 'binance-spot' : 'binance-usdm',
        `random:${seed}`,
        folder,
      );
      const { gaps, resyncs, reconnects, renewals } = feed.counters;
      assert.ok(
        session.ended,
        `${struck}; ${gaps} gaps, ${resyncs} resyncs, ${reconnects}+${renewals} sockets`,
      );
    });
  }
});
