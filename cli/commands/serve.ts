import { InputError } from '../../base/errors.ts';
import { FAULT_KINDS, parseFaults } from '../../live/exchange/faults.ts';
import { LocalExchange, type LocalExchangeOptions } from '../../live/exchange/local-exchange.ts';
import { marketSource } from '../../live/exchange/market-source.ts';
import { VENUES, type Venue } from '../../market/instrument.ts';
import { openMarket } from '../../market/simulated/open-market.ts';
import type { Arguments, Command } from '../command.ts';

export const serveCommand: Command = {
  name: 'serve',
  describe:
    "A capture or a simulated market as Binance's REST and WebSocket endpoints on this machine, with faults",
  examples: [
    ['makergym serve captures/20240808.gz --port 9000', 'at the speed it was recorded'],
    [
      'makergym serve day1.gz day2.gz --port 9000 --speed max --faults random:7',
      'as fast as the client takes it',
    ],
    ['makergym serve day1.gz --port 0 --faults cut,418', 'a free port; sockets that break, bans'],
    [
      'makergym serve --market spot-btcusdt --port 9000',
      'a market that was fitted to a recording, without end',
    ],
  ],
  positionals: [
    { name: 'CAPTURE', describe: 'Capture files of one venue, oldest first', required: false, many: true },
  ],
  options: {
    market: {
      type: 'string',
      describe: 'a simulated market instead, by --seed and without end: a name, or a file of `fit-market`',
      placeholder: 'NAME|FILE',
    },
    port: {
      type: 'number',
      describe: 'port; 0 takes a free one',
      default: 0,
      integer: true,
      minimum: 0,
      maximum: 65535,
    },
    speed: {
      type: 'string',
      describe: 'times the speed it was recorded at, or `max`: as fast as the client takes it',
      default: '1',
      placeholder: 'X',
    },
    faults: {
      type: 'string',
      describe: `none, random:SEED, or kinds with commas: ${FAULT_KINDS.join(', ')}`,
      default: 'none',
      placeholder: 'SPEC',
    },
    host: {
      type: 'string',
      describe: 'address to listen at; anything but loopback can be reached from other machines',
      default: '127.0.0.1',
      placeholder: 'HOST',
    },
    snapshot: { type: 'string', describe: 'REST snapshots that the captures lack', placeholder: 'FILE' },
    venue: { type: 'string', describe: 'where it was recorded; inferred where it can be', choices: VENUES },
  },
  async run(args, context) {
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
      const { session } = exchange;
      const struck = [...(session?.line.struck ?? [])].map(([kind, count]) => `${kind} ${count}`);
      context.log(`played ${session?.played ?? 0} messages; faults: ${struck.join(', ') || 'none'}`);
    });
    context.announce?.({ url, rest });
    try {
      await Promise.race([aborted(context.signal), failure]);
    } finally {
      await exchange.close();
    }
    return { url, rest };
  },
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
