import { rmSync } from 'node:fs';
import { MICROSECONDS, parseDuration } from '../../base/time.ts';
import {
  SIMULATED_MARKETS,
  type SimulationOptions,
  simulateCapture,
} from '../../market/simulated/capture.ts';
import type { Command, CommandContext } from '../command.ts';

export const simulateCommand: Command = {
  name: 'simulate',
  describe: "A simulated market, written as a capture in Binance's wire format (or as a tape)",
  examples: [
    [
      'makergym simulate --market queue-reactive --duration 10m --out sim.gz',
      'a capture that `import` reads',
    ],
    ['makergym simulate --market queue-reactive --duration 10m --out sim.arrow', 'the tape of that capture'],
  ],
  options: {
    market: {
      type: 'string',
      describe: 'market to simulate',
      choices: SIMULATED_MARKETS,
      default: SIMULATED_MARKETS[0],
      placeholder: 'NAME',
    },
    duration: { type: 'string', describe: 'how long, such as 10m or 2h', required: true, placeholder: 'D' },
    out: {
      type: 'string',
      describe: 'capture to write, gzipped where the name ends in .gz; a tape where it ends in .arrow',
      required: true,
      placeholder: 'FILE',
    },
  },
  async run(args, context) {
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
  },
};

/** Goes through a capture beside the tape, so that a tape from here is the tape that `import` makes of it. */
async function simulateTape(options: SimulationOptions, context: CommandContext) {
  const { importCaptures } = await import('../../market/import.ts');
  const capture = `${options.out}.capture`;
  try {
    const summary = await simulateCapture({ ...options, out: capture });
    await importCaptures({ captures: [capture], out: options.out, signal: context.signal });
    return summary;
  } finally {
    rmSync(capture, { force: true });
  }
}
