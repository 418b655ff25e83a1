import assert from 'node:assert/strict';
import { DEFAULT_LANE } from '../../env/settings.ts';
import { runPairedSession } from '../../evaluation/paired-session.ts';
import { compare } from '../../evaluation/statistics.ts';
import { TapeReplay } from '../../market/replay.ts';
import { scriptedQuoter, scriptTape } from '../support/script-tape.ts';

const HOUR_MS = 3_600_000;

/** Two minutes of a market that hardly moves, from `at` ms on. */
const twoMinutes = (at: number) =>
  scriptTape([
    { at, snapshot: true, bids: [[10, 1]], asks: [[12, 1]] },
    { at: at + 120_000, bids: [[11, 1]] },
  ]);

describe('Agents side by side over several tapes', () => {
  it('are not compared by the years between the tapes, of which nobody knows anything', async () => {
    const idle = () => scriptedQuoter(() => ({}));
    const { scores } = await runPairedSession({
      replay: new TapeReplay([twoMinutes(0), twoMinutes(24 * 365 * 8 * HOUR_MS)]),
      contenders: [
        { name: 'one', role: 'candidate', quoter: idle() },
        { name: 'other', role: 'baseline', quoter: idle() },
      ],
      settings: DEFAULT_LANE,
      seed: 1,
      sharpeIntervalSeconds: 10,
    });
    const [ours, theirs] = scores;
    assert.equal(ours.kpis.durationSeconds, 240);
    const options = { blockSeconds: 60, resamples: 100, significance: 0.05, seed: 1 };
    const { bootstrap, reason } = compare(ours, theirs, options);
    assert.equal(bootstrap.blocks, 4);
    assert.match(reason, /4 blocks of 60 s are too few/);
  });

  it('are not told by Sharpe intervals without end: the shortest that a session bears is named', async () => {
    const settings = DEFAULT_LANE;
    const one = { name: 'one', role: 'candidate', quoter: scriptedQuoter(() => ({})) } as const;
    const of = (sharpeIntervalSeconds: number, hours: number) =>
      runPairedSession({
        replay: new TapeReplay([
          scriptTape([
            { at: 0, snapshot: true, bids: [[10, 1]], asks: [[12, 1]] },
            { at: hours * HOUR_MS, bids: [[11, 1]] },
          ]),
        ]),
        contenders: [one],
        settings,
        seed: 1,
        sharpeIntervalSeconds,
      });
    const refused = { field: 'evaluation.sharpeIntervalSeconds', code: 'bad-interval' };
    await assert.rejects(of(1e-7, 0.01), refused);
    await assert.rejects(of(0.001, 2), refused);
  });
});
