import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { compareFacts } from '../../market/comparison/compare.ts';
import { Distribution, kolmogorovSmirnov, wasserstein } from '../../market/comparison/distribution.ts';
import { marketFacts } from '../../market/comparison/facts.ts';
import { TestFolder } from '../support/capture.ts';
import { makergymJson } from '../support/cli.ts';
import { type ScriptMessage, scriptTape } from '../support/script-tape.ts';
import { syntheticTape } from '../support/synthetic-tape.ts';

const of = (...values: number[]): Distribution => {
  const distribution = new Distribution();
  for (const value of values) distribution.add(value);
  return distribution;
};
const near = (found: number | null, expected: number, tolerance = 1e-9) =>
  assert.ok(found !== null && Math.abs(found - expected) <= tolerance, `${found} for ${expected}`);

describe('Distribution', () => {
  it('Kolmogorov–Smirnov and Wasserstein of 1…4 and 3…6 are a half and two', () => {
    near(kolmogorovSmirnov(of(1, 2, 3, 4), of(3, 4, 5, 6)), 0.5);
    near(wasserstein(of(1, 2, 3, 4), of(3, 4, 5, 6)), 2);
  });

  it('weights are times: two ticks for a third of the time are not two ticks for a third of the messages', () => {
    const spread = new Distribution();
    spread.add(1, 20);
    spread.add(2, 10);
    near(spread.mean, 4 / 3);
    near(spread.share(1), 2 / 3);
    assert.equal(spread.quantile(0.5), 1);
    assert.equal(spread.quantile(0.9), 2);
  });

  it('what never comes is beyond every time', () => {
    const times = of(1, 2, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
    near(times.share(60), 0.5);
    assert.equal(times.quantile(0.75), Number.POSITIVE_INFINITY);
    near(kolmogorovSmirnov(times, of(1, 2, 3, 4)), 0.5);
  });

  it('distances are 0 to itself, the same both ways, and a shift moves all mass by the shift', () => {
    const list = fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(list, list, fc.integer({ min: 0, max: 90 }), (a, b, shift) => {
        const [one, other] = [of(...a), of(...b)];
        assert.equal(kolmogorovSmirnov(one, of(...a)), 0);
        near(wasserstein(one, of(...a)), 0);
        assert.equal(kolmogorovSmirnov(one, other), kolmogorovSmirnov(other, one));
        near(wasserstein(one, of(...a.map((x) => x + shift))), shift, 1e-6);
        const ks = kolmogorovSmirnov(one, other) ?? -1;
        assert.ok(ks >= 0 && ks <= 1);
      }),
    );
  });

  it('an empty one has no distance', () => {
    assert.equal(kolmogorovSmirnov(of(), of(1)), null);
    assert.equal(wasserstein(of(1), of()), null);
    assert.equal(of().mean, null);
  });
});

describe('stylised facts', () => {
  const BOOK: ScriptMessage = {
    at: 0,
    snapshot: true,
    bids: [
      [100, 5],
      [99, 8],
    ],
    asks: [
      [101, 5],
      [102, 8],
    ],
  };

  it('a reference order fills when what was in front has traded and one trade more reaches it', () => {
    const facts = marketFacts(
      scriptTape([
        BOOK,
        { at: 1500, sell: [100, 4], bids: [[100, 1]] },
        { at: 2500, sell: [100, 1], bids: [[100, 3]] },
        { at: 2550, sell: [100, 1] },
        { at: 62_600, bids: [[100, 2]] },
      ]),
    );
    // Placed at 0, 1 and 2 s on either side, as far as their minute is over. The bid of 0 s had 5 in front; so had that of
    // 1 s; 1 in front at 2 s.
    const { fillTimes, fillRatioPct } = facts;
    assert.deepEqual(
      [...fillTimes.values].map((t) => Math.round(1000 * t)),
      [550, 1550, 2550, Number.POSITIVE_INFINITY],
    );
    assert.equal(fillTimes.count, 6);
    assert.equal(fillRatioPct, 50);
  });

  it('a trade through its price fills it at once, and so does an opposite best that reaches it', () => {
    const end: ScriptMessage = { at: 60_900, bids: [[99, 7]] };
    const through = marketFacts(scriptTape([BOOK, { at: 300, sell: [99, 1] }, end]));
    assert.deepEqual([...through.fillTimes.values], [0.3, Number.POSITIVE_INFINITY]);
    const crossed = marketFacts(scriptTape([BOOK, { at: 700, asks: [[101, 0]], bids: [[101, 2]] }, end]));
    assert.deepEqual([...crossed.fillTimes.values], [0.7, Number.POSITIVE_INFINITY]);
  });

  it('a reference order counts only where its whole minute is known', () => {
    const fill: ScriptMessage = { at: 300, sell: [99, 1] };
    const ends = marketFacts(scriptTape([BOOK, fill, { at: 59_900, bids: [[99, 7]] }]));
    assert.equal(ends.fillTimes.count, 0);
    assert.equal(ends.fillRatioPct, null);
    const pause: ScriptMessage[] = [
      { at: 59_900, bids: [[99, 7]] },
      { ...BOOK, at: 90_000 },
    ];
    assert.equal(marketFacts(scriptTape([BOOK, fill, ...pause])).fillTimes.count, 0);
  });

  it('orders that alternate have sign correlations of −1 and +1, and fills of one order are one order', () => {
    const trades = Array.from({ length: 40 }, (_, i): ScriptMessage => {
      const at = 100 * (i + 1);
      return i % 2 === 0 ? { at, buy: [101, 0.25] } : { at, sell: [100, 0.25] };
    });
    // Each order prints twice at its time.
    const doubled = trades.flatMap((trade) => [trade, trade]);
    const facts = marketFacts(scriptTape([BOOK, ...doubled, { at: 5000, bids: [[100, 4]] }]));
    assert.equal(facts.orders, 40);
    near(facts.signCorrelation[0], -1, 0.01);
    near(facts.signCorrelation[1], 1, 0.01);
    near(facts.orderGaps.mean, 0.1);
    near(facts.orderSizes.mean, 0.5);
  });

  it('time in which the book was lost is no time between orders, and lowers no rate', () => {
    const day = 86_400_000;
    const half = (from: number): ScriptMessage[] => [
      { ...BOOK, at: from },
      ...Array.from(
        { length: 9 },
        (_, i): ScriptMessage => ({ at: from + 1000 * i + 500, buy: [101, 0.25] }),
      ),
      { at: from + 10_000, bids: [[100, 4]] },
    ];
    // Found at once; not at all, but for the new snapshot; or by the book only, after a trade has come.
    const stray: ScriptMessage[] = [
      { at: day - 100, buy: [101, 0.25] },
      { at: day - 50, gap: true },
    ];
    for (const lost of [[], [{ at: 10_050, gap: true as const }], stray]) {
      const facts = marketFacts(scriptTape([...half(0), ...lost, ...half(day)]));
      assert.equal(facts.orders, 18);
      near(facts.knownSeconds, 20);
      near(facts.orderGaps.quantile(1), 1);
      // Sampled every 0.1 s while the book was heard of, both sides in each.
      assert.ok(facts.spread.count <= 202 && facts.spread.count >= 198, `${facts.spread.count}`);
      assert.ok(facts.inspection.synchronisedPct < 0.1);
      assert.ok(facts.fillTimes.count <= 40);
      assert.ok(facts.inspection.signals.every(({ n }) => n <= 40));
      const rate = compareFacts(facts, facts).find(({ fact }) => fact === 'market orders');
      near(rate?.a ?? null, 0.9);
    }
  });

  it('a tape without trades has no correlation of signs', () => {
    const facts = marketFacts(scriptTape([BOOK, { at: 5000, bids: [[100, 4]] }]));
    const signs = compareFacts(facts, facts).find(({ fact }) => fact === 'autocorrelation of order signs');
    assert.deepEqual([signs?.a, signs?.meanAbsoluteDifference], [null, null]);
  });

  it('a market has no distance to itself, and each distance to another is a number', () => {
    const [a, again, b] = [1, 1, 2].map((seed) => marketFacts(syntheticTape(seed, 120)));
    for (const { fact, relativeDifference, ks, wasserstein: w1, meanAbsoluteDifference } of compareFacts(
      a,
      again,
    )) {
      for (const distance of [relativeDifference, ks, w1, meanAbsoluteDifference]) {
        assert.ok(distance === null || Math.abs(distance) < 1e-9, `${fact}: ${distance}`);
      }
    }
    const text = JSON.stringify(compareFacts(a, b));
    assert.ok(!text.includes('NaN') && !text.includes('null,"b":null'), text);
  });
});

describe('inspect --compare', () => {
  let folder: TestFolder;
  before(() => {
    folder = new TestFolder();
  });
  after(() => folder.remove());

  it('tells facts of two tapes with their distances, and draws them on a page that needs no network', async () => {
    const tapes = [1, 2].map((seed) => folder.at(`market-${seed}.arrow`));
    for (const [i, tape] of tapes.entries()) {
      const args = ['--market', 'usdm-btcusdt', '--duration', '90s', '--seed', String(i + 1), '--quiet'];
      await makergymJson('simulate', ...args, '--out', tape);
    }
    const out = folder.at('page.html');
    const { code, document } = await makergymJson('inspect', '--compare', ...tapes, '--out', out, '--quiet');
    assert.equal(code, 0);
    const { facts, a, b, curves } = document as unknown as {
      facts: { fact: string; ks: number | null; relativeDifference: number | null }[];
      a: { tape: string; orders: number };
      b: { tape: string };
      curves: { signature: { intervalSeconds: number; a: number | null }[]; signCorrelation: unknown[] };
    };
    assert.deepEqual([a.tape, b.tape], tapes);
    assert.ok(a.orders > 100 && facts.length >= 12);
    const ks = facts.find(({ fact }) => fact === 'size of a market order')?.ks ?? 1;
    assert.ok(ks < 0.15, `two samples of one market: ${ks}`);
    assert.equal(curves.signature[0].intervalSeconds, 0.1);
    assert.equal(curves.signCorrelation.length, 50);
    const page = readFileSync(out, 'utf8');
    assert.ok((page.match(/<svg/g) ?? []).length >= 11);
    assert.doesNotMatch(page, /(src|href)="https?:|NaN|undefined/);
  });

  it('refuses one tape, three, a page without --compare, and a page in place of a tape', async () => {
    const tape = folder.at('market-1.arrow');
    for (const [args, code] of [
      [['--compare', tape], 'missing-argument'],
      [['--compare', tape, tape, tape], 'unexpected-argument'],
      [[tape, tape], 'unexpected-argument'],
      [[tape, '--out', folder.at('x.html')], 'foreign-option'],
      [['--compare', tape, folder.at('none.arrow')], 'file-not-found'],
      [['--compare', tape, tape, '--out', tape], 'same-file'],
    ] as const) {
      const run = await makergymJson('inspect', ...args, '--quiet');
      assert.deepEqual([run.code, (run.document.error as { code: string }).code], [2, code]);
    }
  });
});
