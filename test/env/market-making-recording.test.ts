import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { V15 } from '../../agents/v15.ts';
import { checkEnv } from '../../env/check-env.ts';
import { MarketMakingEnv } from '../../env/market-making/environment.ts';
import type { Quoter } from '../../env/quoter.ts';
import { DEFAULT_MARKET_MAKING } from '../../env/settings.ts';
import { importCaptures } from '../../market/import.ts';
import { openTape } from '../../market/tape/reader.ts';
import { DEFAULT_SAFETY } from '../../safety/limits.ts';
import { SafetyLayer } from '../../safety/safety-layer.ts';
import { recordings } from '../support/recordings.ts';

describe('MarketMaking-v0 on a recorded market', () => {
  const data = recordings();
  let folder: string | undefined;

  after(() => {
    if (folder !== undefined) rmSync(folder, { recursive: true });
  });

  it('keeps the contract, and its raw features are finite and moderate', async function () {
    if (data === null) {
      console.warn('      no recorded data: set MAKERGYM_DATA to its folder');
      this.skip();
    }
    folder = mkdtempSync(join(tmpdir(), 'makergym-env-'));
    const out = join(folder, 'usdm.arrow');
    await importCaptures({ captures: [join(data, 'binance/usdm-btcusdt/20240718.gz')], out });
    const protect = (inner: Quoter): Quoter => new SafetyLayer(inner, DEFAULT_SAFETY, null);
    const marketMaking = { ...DEFAULT_MARKET_MAKING, episodeSeconds: 20, warmupSeconds: 10 };
    const env = new MarketMakingEnv({ replay: [openTape(out)], marketMaking, anchor: new V15(), protect });
    checkEnv(env, { steps: 250 });
    let fills = 0;
    for (let seed = 0; seed < 10; seed++) {
      env.reset({ seed });
      for (let over = false; !over; ) {
        const { observation, info, truncated } = env.step(new Float32Array(3));
        assert.ok(observation.every((x) => Math.abs(x) <= 100));
        fills += info.fills as number;
        over = truncated;
      }
    }
    assert.ok(fills > 0);
  });
});
