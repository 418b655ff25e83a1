import assert from 'node:assert/strict';
import { PolicyQuoter } from '../../agents/sac/policy-quoter.ts';
import { V15 } from '../../agents/v15.ts';
import { Lane } from '../../env/lane.ts';
import type { LaneListener } from '../../env/lane-listener.ts';
import { resolveLot } from '../../env/lot.ts';
import { CLOCK_FEATURES, OBSERVATION_NAMES, OBSERVATION_SIZE } from '../../env/market-making/observation.ts';
import { ObservationSample } from '../../env/observation-sample.ts';
import { runSession } from '../../env/session.ts';
import { DEFAULT_LANE } from '../../env/settings.ts';
import { DriftDetector } from '../../evaluation/drift.ts';
import { DEFAULT_DRIFT } from '../../evaluation/drift-settings.ts';
import { importCaptures } from '../../market/import.ts';
import { TapeReplay } from '../../market/replay.ts';
import { openTape } from '../../market/tape/reader.ts';
import { DEFAULT_SAFETY } from '../../safety/limits.ts';
import { SafetyLayer } from '../../safety/safety-layer.ts';
import { recording } from '../live/support.ts';
import { TestFolder } from '../support/capture.ts';
import { randomPolicy } from '../support/policy.ts';

const HOURS = 3600e6;

describe('drift on recordings', function () {
  this.timeout(120_000);
  let folder: TestFolder;
  before(() => {
    folder = new TestFolder();
  });
  after(() => folder.remove());

  const { description, weights } = randomPolicy([8]);
  const policy = new PolicyQuoter(weights, description, new V15());

  /** Lets the policy decide over a stretch of a tape, behind its safety layer. */
  async function decide(path: string, from: number, hours: number, listener: LaneListener): Promise<void> {
    const replay = new TapeReplay([openTape(path)]);
    const { instrument } = replay;
    const lot = resolveLot(DEFAULT_LANE, instrument, replay.firstMid());
    const lane = new Lane({ instrument, settings: DEFAULT_LANE, lot, seed: 1, listeners: [listener] });
    const quoter = new SafetyLayer(policy, DEFAULT_SAFETY, new V15());
    const start = replay.start + from * HOURS;
    await runSession({
      replay,
      lanes: [{ lane, quoter }],
      start,
      end: Math.min(replay.end, start + hours * HOURS),
    });
    replay.close();
  }

  it('the stretch itself is like itself; another market is told by what sets it apart', async function () {
    const paths = ['20240723.gz', '20240724.gz'].map((name) => recording('spot-nexousdt', name));
    const other = recording('spot-btcusdt', '20240808.gz');
    if (paths.includes(null) || other === null) {
      console.log('      no recordings here: set MAKERGYM_DATA to their folder to run this test');
      this.skip();
      return;
    }
    const nexo = folder.at('nexo.arrow');
    await importCaptures({ captures: paths as string[], out: nexo });
    const bitcoin = folder.at('bitcoin.arrow');
    await importCaptures({ captures: [other], out: bitcoin });

    const sample = new ObservationSample(OBSERVATION_SIZE);
    await decide(nexo, 1, 3, { onDecision: () => sample.observe(policy.observation) });
    const reference = OBSERVATION_NAMES.map((_, f) => sample.describe(f) ?? assert.fail());
    const detector = (windowSeconds: number) =>
      new DriftDetector({
        names: OBSERVATION_NAMES,
        reference,
        observation: policy.observation,
        settings: { ...DEFAULT_DRIFT, windowSeconds },
        unjudged: CLOCK_FEATURES,
      });

    const same = detector(3 * 3600);
    await decide(nexo, 1, 3, same);
    for (const { feature, psi, level } of same.session()) {
      // The sample is one decision in sixteen.
      assert.ok(psi !== null && psi < 0.02, `${feature} ${psi}`);
      assert.ok(level !== 'alarm' && level !== 'watch', feature);
    }

    const foreign = detector(180);
    await decide(bitcoin, 0, 1, foreign);
    const alarmed = foreign
      .session()
      .filter(({ level }) => level === 'alarm')
      .map(({ feature }) => feature);
    // A spread of one tick that is a thousandth of the price against one of a millionth, and far more flow.
    for (const feature of ['sigma', 'buyCount3s', 'sellCount3s', 'bidDepthL1', 'bidDistanceL5']) {
      assert.ok(alarmed.includes(feature), `${feature}: ${alarmed}`);
    }
    for (const feature of CLOCK_FEATURES) assert.ok(!alarmed.includes(feature));
  });
});
