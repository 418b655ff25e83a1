import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { InputError, InterruptedError } from '../../base/errors.ts';
import type { CommandContext } from '../../cli/command.ts';
import { DEFAULT_CONFIG } from '../../cli/config.ts';
import { REPRODUCED } from '../../cli/reproduce/names.ts';
import { type ReproducedRow, row } from '../../cli/reproduce/row.ts';
import { run } from '../../cli/run/reproduce.ts';
import { CaptureBuilder, TestFolder } from '../support/capture.ts';
import { recordings } from '../support/recordings.ts';

function context(seed = 0, aborted = false): CommandContext {
  return {
    config: { ...DEFAULT_CONFIG, seed },
    given: new Set<string>(),
    seed,
    signal: aborted ? AbortSignal.abort() : new AbortController().signal,
    progress: () => ({ update: () => {}, done: () => {} }),
    log: () => {},
    print: () => {},
  };
}

async function reproduce(name: string, more: Readonly<Record<string, string | number>> = {}, seed = 0) {
  const result = await run({ NAME: name, paths: 5000, ...more }, context(seed));
  return result as { readonly rows: readonly ReproducedRow[]; readonly within: boolean };
}

describe('reproduce', () => {
  for (const [name, rows] of [
    ['as2008', 36],
    ['glft', 7],
    ['cartea-jaimungal', 11],
    ['queue', 7],
  ] as const) {
    it(`${name}: every row within its error`, async () => {
      const result = await reproduce(name);
      assert.equal(result.rows.length, rows);
      assert.deepEqual(
        result.rows.filter(({ within }) => !within),
        [],
      );
      assert.equal(result.within, true);
      for (const each of result.rows)
        assert.ok(Number.isFinite(each.measured), `${each.case} ${each.quantity}`);
    });
  }

  it('ofi: order flow explains over a quarter of the variance in the recordings', async function () {
    const data = recordings();
    if (data === null) {
      console.log('      no recordings at ../shared/data or MAKERGYM_DATA');
      this.skip();
    }
    const { rows, within } = await reproduce('ofi', { data });
    assert.equal(rows.length, 6);
    assert.equal(within, true);
  });

  it('the same seed gives the same figures, another seed others', async () => {
    const first = await reproduce('as2008', { paths: 200 }, 3);
    assert.deepEqual(await reproduce('as2008', { paths: 200 }, 3), first);
    assert.notDeepEqual(await reproduce('as2008', { paths: 200 }, 4), first);
  });

  it('a figure that is off is not within', () => {
    const off = row({ case: 'x', quantity: 'y', published: 1, measured: 1.5, standardError: 0.1 });
    assert.equal(off.within, false);
    assert.equal(row({ ...off, standardError: 0.2 }).within, true);
    assert.equal(row({ ...off, measured: Number.NaN }).within, false);
  });

  it('an unknown table is told with the nearest', async () => {
    await assert.rejects(
      reproduce('as208'),
      (error) => error instanceof InputError && error.hint === 'Did you mean "as2008"?',
    );
    assert.ok(REPRODUCED.every((name) => String(name) !== 'as208'));
  });

  it('ofi without recordings says what to do', async () => {
    await assert.rejects(
      reproduce('ofi', { data: tmpdir() }),
      (error) => error instanceof InputError && error.field === 'data' && /--data DIR/.test(error.hint ?? ''),
    );
  });

  it('ofi with recordings of a moment says that they are too short', async () => {
    const folder = new TestFolder();
    try {
      const first = new CaptureBuilder().snapshot([['99.9', '1.5']], [['100.1', '1']]);
      const second = new CaptureBuilder(first.lastId);
      second.time = first.depth([['99.9', '2']], []).time;
      second.depth([], [['100.1', '2']]);
      for (const pair of ['usdm-btcusdt', 'spot-btcusdt']) {
        const [one, other] = pair.startsWith('usdm') ? ['20240718', '20240719'] : ['20240808', '20240809'];
        mkdirSync(folder.at(pair));
        folder.gzip(`${pair}/${one}.gz`, first.text());
        folder.gzip(`${pair}/${other}.gz`, second.text());
      }
      await assert.rejects(reproduce('ofi', { data: folder.path }), { code: 'recordings-too-short' });
    } finally {
      folder.remove();
    }
  });

  it('can be interrupted', async () => {
    await assert.rejects(run({ NAME: 'as2008', paths: 200 }, context(0, true)), InterruptedError);
  });
});
