import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { cannotWrite, makeFolder, refuseSameFile, removeFolder } from '../../base/files.ts';
import { MICROSECONDS, parseDuration } from '../../base/time.ts';
import { type SimulationOptions, simulateCapture } from '../../market/simulated/capture.ts';
import { openMarket } from '../../market/simulated/open-market.ts';
import type { Command, CommandContext } from '../command.ts';

export const run: Command['run'] = async (args, context) => {
  const out = String(args.out);
  const market = String(args.market);
  if (existsSync(market)) refuseSameFile(out, '--out', [market]);
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
  const source = openMarket(options.market);
  // A moment of a market may hold no message that names it.
  const { venue, symbol } = source.instrument ?? source.create(options.seed).instrument;
  // In a folder of its own: beside the tape there may be a file of any name.
  const folder = folderBeside(options.out);
  const capture = join(folder, `${basename(options.out)}.capture`);
  try {
    const summary = await simulateCapture({ ...options, out: capture });
    const known = { venue, symbol, ...source.instrument };
    await importCaptures({ captures: [capture], out: options.out, ...known, signal: context.signal });
    return summary;
  } finally {
    rmSync(folder, { recursive: true, force: true });
    removeFolder(dirname(options.out));
  }
}

function folderBeside(path: string): string {
  try {
    makeFolder(dirname(path));
    return mkdtempSync(join(dirname(path), `.${basename(path)}.`));
  } catch (cause) {
    removeFolder(dirname(path));
    throw cannotWrite(path, cause);
  }
}
