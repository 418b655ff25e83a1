import { InputError } from '../../base/errors.ts';
import { parseFaults } from '../../live/exchange/faults.ts';
import { LocalExchange, type LocalExchangeOptions } from '../../live/exchange/local-exchange.ts';
import { marketSource } from '../../live/exchange/market-source.ts';
import type { Venue } from '../../market/instrument.ts';
import { openMarket } from '../../market/simulated/open-market.ts';
import type { Arguments, Command } from '../command.ts';

export const run: Command['run'] = async (args, context) => {
  const exchange = await LocalExchange.start({
    ...played(args, context.seed),
    snapshot: args.snapshot as string | undefined,
    venue: args.venue as Venue | undefined,
    port: args.port as number,
    host: String(args.host),
    speed: parseSpeed(String(args.speed)),
    faults: parseFaults(String(args.faults), context.seed),
    signal: context.signal,
  });
  const { url, rest } = exchange;
  const failure = new Promise<never>((_resolve, reject) => {
    exchange.once('error', reject);
  });
  exchange.on('ended', () => {
    const { session, struck } = exchange;
    context.log(`played ${session?.played ?? 0} messages; faults: ${struck}`);
  });
  context.announce?.({ url, rest });
  try {
    await Promise.race([aborted(context.signal), failure]);
  } finally {
    await exchange.close();
  }
  return { url, rest };
};

/** Captures or a market: one of them. */
function played(args: Arguments, seed: number): Pick<LocalExchangeOptions, 'captures' | 'source'> {
  const captures = args.CAPTURE as readonly string[] | undefined;
  const market = args.market as string | undefined;
  if ((captures === undefined) === (market === undefined)) {
    throw new InputError({
      code: market === undefined ? 'missing-option' : 'too-many-options',
      message: '"serve" plays either captures or a simulated market.',
      field: market === undefined ? 'CAPTURE' : '--market',
      value: market,
      expected: 'CAPTURE… or --market NAME',
      hint: market === undefined ? 'Name a capture, or a market by --market.' : 'Leave one of them out.',
    });
  }
  if (market === undefined) return { captures };
  for (const name of ['snapshot', 'venue'] as const) {
    if (args[name] === undefined) continue;
    throw new InputError({
      code: 'foreign-option',
      message: `--${name} goes with captures only.`,
      field: `--${name}`,
      value: args[name],
      expected: `--${name} beside captures`,
      hint: `Leave --${name} out: a market knows its own.`,
    });
  }
  return { source: marketSource(openMarket(market), seed) };
}

function parseSpeed(text: string): number {
  if (text === 'max') return Number.POSITIVE_INFINITY;
  const speed = /^\d+(\.\d+)?x?$/.test(text) ? Number(text.replace('x', '')) : Number.NaN;
  if (speed > 0) return speed;
  throw new InputError({
    code: 'bad-option',
    message: `--speed ${text} is no speed.`,
    field: 'speed',
    value: text,
    expected: 'a positive number, or max',
    hint: 'For example 1, 20 or max.',
  });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
