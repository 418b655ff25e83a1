import { rmSync } from 'node:fs';
import { MICROSECONDS, parseDuration } from '../../base/time.ts';
import { type SimulationOptions, simulateCapture } from '../../market/simulated/capture.ts';
import { openMarket } from '../../market/simulated/open-market.ts';
import type { Command, CommandContext } from '../command.ts';

export const run: Command['run'] = async (args, context) => {
  const out = String(args.out);
  const market = String(args.market);
  const durationSeconds = parseDuration(String(args.duration), 'duration') / MICROSECONDS;
  const progress = context.progress('Simulating', Math.round(durationSeconds), 's');
  const options: SimulationOptions = {
    market,
    seed: context.seed,
    durationSeconds,
    out,
    signal: context.signal,
    onProgress: (seconds) => progress.update(Math.round(seconds)),
  };
  const summary = out.endsWith('.arrow')
    ? await simulateTape(options, context)
    : await simulateCapture(options);
  progress.done();
  context.print(
    `${out}: ${summary.messages} messages, ${summary.trades} trades in ${durationSeconds} s of ${market}`,
  );
  return { market, out, ...summary };
};

/** Goes through a capture beside the tape, so that a tape from here is the tape that `import` makes of it. */
async function simulateTape(options: SimulationOptions, context: CommandContext) {
  const { importCaptures } = await import('../../market/import.ts');
  const capture = `${options.out}.capture`;
  try {
    const { instrument } = openMarket(options.market);
    const summary = await simulateCapture({ ...options, out: capture });
    await importCaptures({ captures: [capture], out: options.out, ...instrument, signal: context.signal });
    return summary;
  } finally {
    rmSync(capture, { force: true });
  }
}
