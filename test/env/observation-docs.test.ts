import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { OBSERVATION_NAMES, OBSERVATION_UNITS } from '../../env/market-making/observation.ts';

describe('docs/environment.md', () => {
  it('lists the features of MarketMaking-v0 with their units, in order', () => {
    const text = readFileSync(new URL('../../docs/environment.md', import.meta.url), 'utf8');
    const table = text.slice(text.indexOf('| feature | unit | is |'));
    const rows = [...table.matchAll(/^\| `(\w+)` \| ([^|]+) \|/gm)].map((row) => [row[1], row[2]]);
    assert.deepEqual(
      rows,
      OBSERVATION_NAMES.map((name, i) => [name, OBSERVATION_UNITS[i]]),
    );
  });
});
