import { rmSync } from 'node:fs';
import { MICROSECONDS, parseDuration } from '../../base/time.ts';
import { type SimulationOptions, simulateCapture } from '../../market/simulated/capture.ts';
import { EMBEDDED_MARKET, openMarket } from '../../market/simulated/open-market.ts';
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
    [
      'makergym simulate --market spot-btcusdt --duration 1h --out btc.arrow',
      'a market fitted to a recording',
    ],
    ['makergym simulate --market market.json --duration 1h --out mine.arrow', 'one that `fit-market` fitted'],
  ],
  options: {
    market: {
      type: 'string',
      describe: 'market to simulate: queue-reactive, one fitted to a recording, or a file of `fit-market`',
      default: EMBEDDED_MARKET,
      placeholder: 'NAME|FILE',
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
    const { instrument } = openMarket(options.market);
    const summary = await simulateCapture({ ...options, out: capture });
    await importCaptures({ captures: [capture], out: options.out, ...instrument, signal: context.signal });
    return summary;
  } finally {
    rmSync(capture, { force: true });
  }
}
