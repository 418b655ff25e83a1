import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import type { InputError } from '../../base/errors.ts';
import { stream } from '../../base/random.ts';
import { importCaptures } from '../../market/import.ts';
import { ASK, BID, type Side } from '../../market/side.ts';
import { simulateCapture } from '../../market/simulated/capture.ts';
import { fitMarket } from '../../market/simulated/fit/fit-market.ts';
import { FittedMarket } from '../../market/simulated/fitted-market.ts';
import type { FittedParameters } from '../../market/simulated/fitted-parameters.ts';
import { fitHawkes, type HawkesParameters, type OrderFlow } from '../../market/simulated/hawkes.ts';
import { Levels } from '../../market/simulated/levels.ts';
import { readMarketFile } from '../../market/simulated/market-file.ts';
import { marketNames, openMarket } from '../../market/simulated/open-market.ts';
import type { MarketSink } from '../../market/simulated/simulated-market.ts';
import { openTape } from '../../market/tape/reader.ts';
import { TestFolder } from '../support/capture.ts';
import { makergymJson } from '../support/cli.ts';
import { recordings } from '../support/recordings.ts';

const SILENT: MarketSink = { onTrade() {}, onLevel() {}, onSettled() {} };
const FITTED = ['spot-btcusdt', 'spot-nexousdt', 'usdm-btcusdt'];
const PRESETS = new URL('../../configs/markets/', import.meta.url);

describe('a market fitted to a recording', () => {
  let folder: TestFolder;
  beforeEach(() => {
    folder = new TestFolder();
  });
  afterEach(() => folder.remove());

  it('comes with one for each of three recordings', () => {
    assert.deepEqual(marketNames(), ['queue-reactive', ...FITTED]);
    for (const name of FITTED) {
      const { fittedTo, instrument } = openMarket(name);
      assert.ok((fittedTo?.end ?? 0) > (fittedTo?.start ?? 0));
      assert.equal(name, `${instrument?.venue.slice('binance-'.length)}-${instrument?.symbol.toLowerCase()}`);
    }
  });

  for (const name of FITTED) {
    it(`${name} never crosses, trades at the best price, and its levels add up to what it told`, () => {
      const market = openMarket(name).create(5);
      const told: readonly [Map<number, number>, Map<number, number>] = [new Map(), new Map()];
      market.snapshot((side, price, quantity) => told[side].set(price, quantity));
      let trades = 0;
      const sink: MarketSink = {
        onTrade: (_time, aggressor, price, quantity) => {
          const side = (1 - aggressor) as Side;
          trades++;
          assert.equal(price, market.best(side));
          assert.ok(quantity > 0 && quantity <= market.quantityAt(side, price));
        },
        onLevel: (_time, side, price, quantity) => {
          assert.ok(Number.isInteger(quantity) && quantity >= 0 && price > 0);
          if (quantity === 0) told[side].delete(price);
          else told[side].set(price, quantity);
        },
        onSettled: () => assert.ok(market.best(BID) < market.best(ASK)),
      };
      let time = market.time;
      for (let i = 0; i < 30_000; i++) {
        const next = market.next(sink);
        assert.ok(next >= time);
        time = next;
      }
      assert.ok(trades > 300);
      for (const side of [BID, ASK] as const) {
        const held = new Map<number, number>();
        market.snapshot((s, price, quantity) => s === side && held.set(price, quantity));
        assert.deepEqual([...held].sort(), [...told[side]].sort());
      }
    });
  }

  it('is written as its exchange would: on USD-M with `pu`, and imports without a gap or a wrong bookTicker', async () => {
    for (const name of FITTED) {
      const capture = folder.at(`${name}.gz`);
      const summary = await simulateCapture({ market: name, seed: 3, durationSeconds: 300, out: capture });
      const imported = await importCaptures({ captures: [capture], out: folder.at(`${name}.arrow`) });
      const { venue, symbol, tickSize } = imported.instrument;
      const instrument = openMarket(name).instrument;
      assert.deepEqual(
        [venue, symbol, tickSize],
        [instrument?.venue, instrument?.symbol, instrument?.tickSize],
        'inferred from the capture alone',
      );
      assert.deepEqual(imported.gaps, []);
      assert.equal(imported.trades, summary.trades);
      assert.ok(imported.bookTicker.checked > 10);
      assert.equal(imported.bookTicker.mismatches, 0);
      assert.equal(imported.crossed, 0);
    }
  });

  it('writes prices and quantities of instruments with eight decimals', async () => {
    for (const [tickSize, stepSize] of [
      [1e-6, 1],
      [1e-7, 0.1],
      [2.5e-7, 1e-6],
      [1e-8, 1e-8],
    ]) {
      const market = document('spot-nexousdt');
      const parameters = market.parameters as Record<string, unknown>;
      const instrument = { ...(parameters.instrument as object), tickSize, stepSize };
      folder.write('cheap.json', JSON.stringify({ ...market, parameters: { ...parameters, instrument } }));
      const capture = folder.at('cheap.gz');
      await simulateCapture({ market: folder.at('cheap.json'), seed: 1, durationSeconds: 600, out: capture });
      const tape = folder.at('cheap.arrow');
      const imported = await importCaptures({ captures: [capture], out: tape });
      const found = imported.instrument;
      assert.deepEqual([found.tickSize, found.stepSize], [tickSize, stepSize]);
      assert.equal(imported.bookTicker.mismatches, 0);
    }
  });

  it('gives the same bytes for the same seed and others for another', async () => {
    const bytes = async (seed: number, out: string) => {
      await simulateCapture({ market: 'usdm-btcusdt', seed, durationSeconds: 5, out: folder.at(out) });
      return readFileSync(folder.at(out), 'utf8');
    };
    assert.equal(await bytes(1, 'a'), await bytes(1, 'b'));
    assert.notEqual(await bytes(2, 'c'), await bytes(1, 'd'));
  });

  it('fitted to its own simulation has its own parameters, within what a sample of it can tell', async () => {
    const { parameters } = readMarketFile(new URL('spot-nexousdt.json', PRESETS).pathname);
    // Told event by event, so that nothing is hidden between two depth messages.
    const market = { ...document('spot-nexousdt'), parameters: { ...parameters, depthIntervalMs: 1 } };
    folder.write('market.json', JSON.stringify(market));
    const out = folder.at('own.gz');
    await simulateCapture({ market: folder.at('market.json'), seed: 8, durationSeconds: 80_000, out });
    const tape = folder.at('own.arrow');
    await importCaptures({ captures: [out], out: tape });
    const fit = fitMarket(openTape(tape));
    const { orders } = parameters;
    const near = (what: string, found: number, truth: number, share: number) =>
      assert.ok(Math.abs(found / truth - 1) < share, `${what}: ${found} for ${truth}`);
    near('orders', fit.parameters.orders.base, orders.base, 0.15);
    const truth = [...orders.same, ...orders.cross].reduce((a, b) => a + b, 0);
    near('branching ratio', fit.hawkes.branchingRatio, truth, 0.15);
    near('slow decay', fit.parameters.orders.decay[1], orders.decay[1], 0.3);
    near('follow at two ticks', fit.parameters.spread.follow[0], parameters.spread.follow[0], 0.15);
    near('back at two ticks', fit.parameters.spread.back[0], parameters.spread.back[0], 0.15);
    for (const [bin, truth] of parameters.deep.fresh.entries()) {
      const found = fit.parameters.deep.fresh[bin];
      const error = fit.errors.deep.fresh[bin];
      assert.ok(
        Math.abs(found - truth) < 3.5 * error,
        `new levels in bin ${bin}: ${found} ± ${error} for ${truth}`,
      );
    }
    near('factor', fit.emptyingFactor, 1, 0.1);
  });

  it('refuses a file of another version, one that was changed, and what is none, by field', () => {
    const good = document('spot-btcusdt');
    const refused = (name: string, content: unknown, code: string, field: string) => {
      folder.write(name, typeof content === 'string' ? content : JSON.stringify(content));
      assert.throws(
        () => openMarket(folder.at(name)),
        (error: InputError) => error.code === code && error.field === field,
        code,
      );
    };
    refused('v2.json', { ...good, version: 2 }, 'market-version', 'market');
    refused('none.json', '{"hello": 1}', 'foreign-market', 'market');
    refused('text.json', 'not json', 'foreign-market', 'market');
    const changed = (path: string, value: unknown) => {
      const copy = structuredClone(good);
      const keys = path.split('.');
      let node = copy as Record<string, unknown>;
      for (const key of keys.slice(0, -1)) node = node[key] as Record<string, unknown>;
      node[keys.at(-1) ?? ''] = value;
      return copy;
    };
    for (const [field, value] of [
      ['parameters.touch.wipe.0', 1.5],
      ['parameters.touch.limit.2', -1],
      ['parameters.instrument.tickSize', 0],
      ['parameters.orders.same', [0.9, 0.9]],
      ['parameters.deep.fresh', [1]],
      ['parameters.moves.afterTrade', [1, 2, 3]],
      ['parameters.instrument.tickSize', 1e-9],
      ['parameters.instrument.symbol', 'BTC"USDT'],
      ['parameters.depthIntervalMs', 0.0001],
      ['parameters.startPrice', 3e9],
      ['parameters.touch.edges', [7, 6, 5, 4, 3, 2, 1]],
      ['parameters.cancelShare.touch', [0, 0, 0, 1, 2, 2, 2, 2, 2]],
      ['parameters.orders.base', 1e300],
      ['parameters.deep.bins', [1, 65_536]],
      ['parameters.deep.outlook', 1],
    ] as const) {
      let where: string = field.endsWith('same') ? 'parameters.orders' : field;
      if (field.endsWith('cancelShare.touch')) where = `${field}.4`;
      if (field.endsWith('bins')) where = `${field}.1`;
      refused('changed.json', changed(field, value), 'bad-market', where);
    }
    const still = structuredClone(good) as { parameters: FittedParameters };
    const { touch, deep, orders } = still.parameters;
    const none = (values: readonly number[]) => values.map(() => 0);
    Object.assign(touch, { limit: none(touch.limit), cancel: none(touch.cancel) });
    Object.assign(deep, { fresh: none(deep.fresh) });
    Object.assign(orders, { base: 0 });
    refused('still.json', still, 'bad-market', 'parameters.deep.fresh');
    assert.throws(
      () => openMarket('spot-btcusd'),
      (error: InputError) => error.hint === 'Did you mean "spot-btcusdt"?',
    );
    assert.throws(
      () => openMarket(folder.at('nowhere.json')),
      (error: InputError) => error.code === 'file-not-found',
    );
  });

  it('a market of one side’s last level keeps it, whatever order comes', () => {
    const { parameters } = readMarketFile(new URL('spot-btcusdt.json', PRESETS).pathname);
    const sweep = parameters.touch.sweep.map(() => 1);
    const huge = parameters.touch.marketSize.map((table) => table.map(() => 1e9));
    const market = new FittedMarket(
      { ...parameters, touch: { ...parameters.touch, sweep, marketSize: huge } },
      1,
      0,
    );
    for (let i = 0; i < 2000; i++) market.next(SILENT);
    assert.ok(market.best(BID) < market.best(ASK) && market.best(BID) > 0);
  });
});

describe('markets fitted to the recordings', () => {
  let folder: TestFolder;
  before(function () {
    if (recordings() === null) this.skip();
    folder = new TestFolder();
  });
  after(() => folder?.remove());

  for (const name of FITTED) {
    it(`${name} is what the command makes of its recording, and has its spread, orders and volatility`, async () => {
      const place = join(String(recordings()), 'binance', name);
      const captures = readdirSync(place)
        .sort()
        .map((file) => join(place, file));
      const tape = folder.at(`${name}.arrow`);
      await importCaptures({ captures, out: tape });
      const { code } = await makergymJson('fit-market', tape, '--out', folder.at('fit.json'), '--quiet');
      assert.equal(code, 0);
      assert.equal(
        readFileSync(folder.at('fit.json'), 'utf8'),
        readFileSync(new URL(`${name}.json`, PRESETS), 'utf8'),
      );
      const simulated = folder.at('simulated.arrow');
      const duration = name === 'spot-nexousdt' ? '8h' : '15m';
      await makergymJson('simulate', '--market', name, '--duration', duration, '--out', simulated, '--quiet');
      const { document: found } = await makergymJson('inspect', '--compare', tape, simulated, '--quiet');
      const facts = found.facts as readonly { fact: string; a: number; b: number; ks: number }[];
      const fact = (prefix: string) =>
        facts.find((one) => one.fact.startsWith(prefix)) ?? assert.fail(prefix);
      const near = (prefix: string, share: number) => {
        const { a, b } = fact(prefix);
        assert.ok(Math.abs(b / a - 1) < share, `${prefix}: recorded ${a}, simulated ${b}`);
      };
      near('spread', 0.25);
      near('market orders', 0.25);
      near('signature plot', 0.4);
      assert.ok(fact('spread').ks < 0.05);
      assert.ok(fact('size of a market order').ks < 0.1);
      assert.ok(fact('time between market orders').ks < 0.12);
    });
  }
});

describe('Hawkes process of two directions', () => {
  const TRUTH: HawkesParameters = { base: 0.5, same: [0.3, 0.25], cross: [0.05, 0.1], decay: [25, 0.8] };

  it('its parameters are found again within their standard errors, and its residuals are exponential', () => {
    const fit = fitHawkes(simulated(TRUTH, 6000, 11));
    const { parameters: found, standardErrors: errors } = fit;
    const pairs = (of: HawkesParameters) => [of.base, ...of.same, ...of.cross, ...of.decay];
    pairs(TRUTH).forEach((truth, i) => {
      const distance = Math.abs(pairs(found)[i] - truth) / pairs(errors)[i];
      assert.ok(distance < 3.5, `parameter ${i}: ${pairs(found)[i]} ± ${pairs(errors)[i]} for ${truth}`);
    });
    assert.ok(Math.abs(fit.branchingRatio - 0.7) < 3.5 * fit.branchingRatioError);
    assert.ok(fit.logLikelihood > fit.poissonLogLikelihood + 1000);
    assert.ok(fit.residualKs < 0.02, `residuals ${fit.residualKs}`);
  });

  it('a flow that nothing excites has a branching ratio near 0', () => {
    const flow = simulated({ ...TRUTH, same: [0, 0], cross: [0, 0] }, 6000, 12);
    const fit = fitHawkes(flow);
    assert.ok(fit.branchingRatio < 0.1, `${fit.branchingRatio}`);
    assert.ok(fit.logLikelihood - fit.poissonLogLikelihood < 15);
  });
});

describe('Levels', () => {
  it('hold what a map holds, best last', () => {
    const change = fc.tuple(fc.integer({ min: -400, max: 400 }), fc.integer({ min: 0, max: 3 }));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 900 }), (changes) => {
        const levels = new Levels();
        const map = new Map<number, number>();
        for (const [key, size] of changes) {
          assert.equal(levels.set(key, size), map.get(key) ?? 0);
          if (size > 0) map.set(key, size);
          else map.delete(key);
        }
        const sorted = [...map].sort(([a], [b]) => a - b);
        const held = Array.from({ length: levels.count }, (_, i) => [levels.keys[i], levels.sizes[i]]);
        assert.deepEqual(held, sorted);
        if (sorted.length > 0) assert.equal(levels.best, sorted.at(-1)?.[0]);
        for (const [key] of changes) assert.equal(levels.get(key), map.get(key) ?? 0);
      }),
    );
  });
});

function document(name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(new URL(`${name}.json`, PRESETS), 'utf8')) as Record<string, unknown>;
}

/** Ogata's thinning, apart from the market's own. */
function simulated(truth: HawkesParameters, seconds: number, seed: number): OrderFlow {
  const random = stream(seed, 'test/hawkes');
  const times: number[] = [];
  const directions: number[] = [];
  const excited = [new Float64Array(2), new Float64Array(2)];
  const rate = (direction: number) => truth.base + excited[0][direction] + excited[1][direction];
  for (let time = 0; ; ) {
    const bound = rate(0) + rate(1);
    const wait = random.exponential(bound);
    time += wait;
    if (time > seconds) break;
    for (let k = 0; k < 2; k++) for (let d = 0; d < 2; d++) excited[k][d] *= Math.exp(-truth.decay[k] * wait);
    const at = random.uniform() * bound;
    if (at >= rate(0) + rate(1)) continue;
    const direction = at < rate(0) ? 0 : 1;
    times.push(time);
    directions.push(direction);
    for (let k = 0; k < 2; k++) {
      excited[k][direction] += truth.same[k] * truth.decay[k];
      excited[k][1 - direction] += truth.cross[k] * truth.decay[k];
    }
  }
  return {
    times: Float64Array.from(times),
    directions: Uint8Array.from(directions),
    factors: new Float64Array(times.length).fill(1),
    seconds,
  };
}
