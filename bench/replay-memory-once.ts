/** Replays a tape twice with a lane and prints rows and resident memory: `replay-memory-once.ts TAPE`. */
import { Lane } from '../env/lane.ts';
import { runSession } from '../env/session.ts';
import { DEFAULT_LANE } from '../env/settings.ts';
import { TapeReplay } from '../market/replay.ts';
import { openTape } from '../market/tape/reader.ts';
import { TouchQuoter } from './touch-quoter.ts';

let rows = 0;
for (let pass = 0; pass < 2; pass++) {
  const replay = new TapeReplay([openTape(process.argv[2])]);
  const { instrument } = replay;
  const lane = new Lane({ instrument, settings: DEFAULT_LANE, lot: instrument.stepSize, seed: 0 });
  ({ rows } = await runSession({ replay, lanes: [{ lane, quoter: new TouchQuoter() }] }));
  replay.close();
}
console.log(JSON.stringify({ rows, megabytes: process.memoryUsage().rss / 2 ** 20 }));
