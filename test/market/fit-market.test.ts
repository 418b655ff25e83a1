import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { InputError } from '../../base/errors.ts';
import { importCaptures } from '../../market/import.ts';
import { simulateCapture } from '../../market/simulated/capture.ts';
import { fitMarket } from '../../market/simulated/fit/fit-market.ts';
import { readMarketFile } from '../../market/simulated/market-file.ts';
import { openTape } from '../../market/tape/reader.ts';
import { TestFolder } from '../support/capture.ts';
import { makergym, makergymJson } from '../support/cli.ts';

const PRESETS = new URL('../../configs/markets/', import.meta.url);

describe('fit-market', () => {
  let folder: TestFolder;
  beforeEach(() => {
    folder = new TestFolder();
  });
  afterEach(() => folder.remove());

  it('a pause between two captures of a tape is no time without orders', async () => {
    const captures = [0, 1].map((seed) => folder.at(`${seed}.txt`));
    for (const [seed, out] of captures.entries()) {
      await simulateCapture({ market: 'usdm-btcusdt', seed, durationSeconds: 300, out });
      // An exchange's ids go on.
      const later = (_: string, name: string, id: string) => `"${name}":${Number(id) + 1e9 * seed}`;
      const text = readFileSync(out, 'utf8').replace(/"(lastUpdateId|U|u|pu|t)":(\d+)/g, later);
      folder.write(`${seed}.txt`, text);
    }
    const fitOf = async (out: string, ...parts: string[]) => {
      await importCaptures({ captures: parts, out: folder.at(out) });
      return fitMarket(openTape(folder.at(out)));
    };
    const [one, two] = [await fitOf('one.arrow', captures[0]), await fitOf('two.arrow', ...captures)];
    // A month lies between them. Counted as time it took the base rate to 0 and the branching ratio to its bound.
    assert.ok(two.events.seconds > 1.9 * one.events.seconds && two.events.seconds < 2.1 * one.events.seconds);
    const { orders } = two.parameters;
    assert.ok(Math.abs(orders.base / one.parameters.orders.base - 1) < 0.5, `${orders.base}`);
    assert.ok(Math.abs(two.hawkes.branchingRatio - one.hawkes.branchingRatio) < 0.15);
    assert.ok(two.orderFactor > 0.8 && two.orderFactor < 1.25, `${two.orderFactor}`);
  });

  it('fits a tape whose spread is one tick at every message: it closes faster than can be told', async () => {
    const { parameters } = readMarketFile(new URL('spot-nexousdt.json', PRESETS).pathname);
    const { spread } = parameters;
    const all = (value: number) => spread.follow.map(() => value);
    const tight = { ...spread, follow: all(1e9), followFull: all(1), back: all(0) };
    const market = { ...document('spot-nexousdt'), parameters: { ...parameters, spread: tight } };
    folder.write('market.json', JSON.stringify(market));
    const out = folder.at('tight.gz');
    await simulateCapture({ market: folder.at('market.json'), seed: 1, durationSeconds: 8 * 3600, out });
    const tape = folder.at('tight.arrow');
    await importCaptures({ captures: [out], out: tape });
    const fit = fitMarket(openTape(tape));
    const found = fit.parameters.spread;
    assert.ok(
      found.follow.every((rate) => Number.isFinite(rate) && rate > 1e3),
      `${found.follow}`,
    );
    assert.ok(found.back.every((rate) => rate === 0));
    assert.equal(fit.theta, 1);
  });

  it('refuses a tape that is too short, saying what it needs', async () => {
    const out = folder.at('short.gz');
    await simulateCapture({ market: 'spot-btcusdt', seed: 1, durationSeconds: 30, out });
    await importCaptures({ captures: [out], out: folder.at('short.arrow') });
    assert.throws(
      () => fitMarket(openTape(folder.at('short.arrow'))),
      (error: InputError) =>
        error.code === 'tape-too-short' && /at least 60 s .* 300 market orders/.test(error.expected ?? ''),
    );
  });

  it('refuses a stretch that nothing of the tape lies in, and prints no NaN for an error that is unknown', async () => {
    const { parameters } = readMarketFile(new URL('usdm-btcusdt.json', PRESETS).pathname);
    // Faster than a millisecond: the kernel ends at the edge of what is searched.
    const orders = { ...parameters.orders, decay: [5000, 1], same: [0.5, 0.1] };
    folder.write(
      'fast.json',
      JSON.stringify({ ...document('usdm-btcusdt'), parameters: { ...parameters, orders } }),
    );
    const tape = folder.at('fast.arrow');
    await makergym('simulate', '--market', folder.at('fast.json'), '--duration', '5m', '--out', tape);
    const fitted = (...words: string[]) =>
      makergymJson('fit-market', tape, '--out', folder.at('f.json'), ...words);
    for (const [words, field] of [
      [['--start', '2110-01-01T00:00:00Z'], '--start'],
      [['--end', '2023-01-01T00:00:00Z'], '--end'],
      [['--start', '2100-01-01T00:03:00Z', '--end', '2100-01-01T00:02:00Z'], '--start'],
    ] as const) {
      const { code, document: told } = await fitted(...words);
      const error = told.error as { code: string; field: string };
      assert.deepEqual([code, error.code, error.field], [2, 'empty-stretch', field]);
    }
    const { code, stdout } = await makergym('fit-market', tape, '--out', folder.at('f.json'), '--quiet');
    assert.equal(code, 0);
    assert.match(stdout, /its error unknown/);
    assert.doesNotMatch(stdout, /NaN/);
  });
});

function document(name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(new URL(`${name}.json`, PRESETS), 'utf8')) as Record<string, unknown>;
}
