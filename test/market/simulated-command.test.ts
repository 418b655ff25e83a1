import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InputError } from '../../base/errors.ts';
import type { Arguments, CommandContext } from '../../cli/command.ts';
import { DEFAULT_CONFIG } from '../../cli/config.ts';
import { run as inspect } from '../../cli/run/inspect.ts';
import { run as simulateMarket } from '../../cli/run/simulate.ts';
import { LATEST_TIME } from '../../market/binance/receive-clock.ts';
import { importCaptures } from '../../market/import.ts';
import { LONGEST_SECONDS, openMarket } from '../../market/simulated/open-market.ts';
import { openTape } from '../../market/tape/reader.ts';

describe('simulate and inspect', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'makergym-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const context: CommandContext = {
    given: new Set<string>(),
    config: DEFAULT_CONFIG,
    seed: 3,
    signal: new AbortController().signal,
    progress: () => ({ update() {}, done() {} }),
    log() {},
    print() {},
  };
  const simulate = (args: Arguments) => simulateMarket({ market: 'queue-reactive', ...args }, context);

  it('writes the same rows whether to a tape at once or to a capture that is then imported', async () => {
    const direct = join(folder, 'direct.arrow');
    const capture = join(folder, 'capture.gz');
    const imported = join(folder, 'imported.arrow');
    const fields = await simulate({ duration: '30s', out: direct });
    assert.deepEqual({ ...fields, out: capture }, await simulate({ duration: '30s', out: capture }));
    await importCaptures({ captures: [capture], out: imported });
    assert.deepEqual(readdirSync(folder).sort(), ['capture.gz', 'direct.arrow', 'imported.arrow']);
    const [a, b] = [openTape(direct), openTape(imported)];
    assert.equal(a.info.checksum, b.info.checksum);
    a.close();
    b.close();
  });

  it('gives the fields that scripts rely on', async () => {
    const out = join(folder, 'tape.arrow');
    const summary = await simulate({ duration: '1m', out });
    assert.deepEqual(Object.keys(summary).sort(), ['durationSeconds', 'market', 'messages', 'out', 'trades']);
    const found = await inspect({ TAPE: [out] }, context);
    for (const field of ['instrument', 'rows', 'span', 'spreadTicks', 'trades', 'signals', 'ofiRegression']) {
      assert.ok(field in found, field);
    }
    assert.equal(found.trades, summary.trades);
    assert.ok(!JSON.stringify(found).includes('NaN'));
  });

  it('writes tapes for the seeds whose markets live last', async () => {
    for (const [market, seed] of [
      ['queue-reactive', 1999],
      ['spot-nexousdt', 1799],
    ] as const) {
      assert.ok(openMarket(market).startTime(seed) + LONGEST_SECONDS * 1e6 <= LATEST_TIME);
      const out = join(folder, `${market}.arrow`);
      await simulateMarket({ market, duration: '10s', out }, { ...context, seed });
      const { start } = openTape(out).info;
      assert.ok(start >= openMarket(market).startTime(seed));
    }
  });

  it('writes a tape of a moment in which nothing happens but the snapshot', async () => {
    for (const market of ['queue-reactive', 'spot-nexousdt']) {
      const out = join(folder, `${market}.arrow`);
      const { messages } = await simulate({ duration: '1us', out, market });
      assert.equal(messages, 1);
      const tape = openTape(out);
      assert.ok(tape.info.rows > 10);
      tape.close();
    }
  });

  it('touches no file but the one it writes, and not the market file it reads', async () => {
    const out = join(folder, 'tape.arrow');
    const other = `${out}.capture`;
    writeFileSync(other, 'a recording of mine');
    await simulate({ duration: '10s', out });
    assert.equal(readFileSync(other, 'utf8'), 'a recording of mine');
    assert.deepEqual(readdirSync(folder).sort(), ['tape.arrow', 'tape.arrow.capture']);
    const market = join(folder, 'market.json');
    cpSync(new URL('../../configs/markets/spot-nexousdt.json', import.meta.url), market);
    const before = readFileSync(market, 'utf8');
    await assert.rejects(
      simulate({ duration: '10s', out: market, market }),
      (e: InputError) => e.code === 'same-file',
    );
    assert.equal(readFileSync(market, 'utf8'), before);
  });

  it('refuses what it cannot read or write, by name', async () => {
    const out = join(folder, 'x.gz');
    await assert.rejects(
      simulate({ duration: '10 parsecs', out }),
      (e: InputError) => e.field === 'duration',
    );
    await assert.rejects(
      simulate({ duration: '10s', out, market: 'queue' }),
      (e: InputError) => e.field === 'market',
    );
    await assert.rejects(
      simulate({ duration: '10s', out: '/dev/null/x.gz' }),
      (e: InputError) => e.field === 'out',
    );
    await assert.rejects(
      simulate({ duration: '10s', out: '/dev/null/x.arrow' }),
      (e: InputError) => e.field === 'out' && e.value === '/dev/null/x.arrow',
    );
    await assert.rejects(
      simulate({ duration: '10s', out: join(folder, 'new', 'x.arrow'), market: 'queue' }),
      (e: InputError) => e.field === 'market',
    );
    await assert.rejects(inspect({ TAPE: [out] }, context), InputError);
    assert.deepEqual(readdirSync(folder), []);
  });
});
