import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { InputError, nearestMatch } from '../../base/errors.ts';
import { requireFile } from '../../base/files.ts';
import { VENUES, type Venue } from '../../market/instrument.ts';

/** Where a shadow session gets its market data from. */
export type ShadowSource =
  | {
      readonly kind: 'live';
      readonly venue: Venue;
      readonly symbol: string;
      /** Base addresses; Binance's own where absent. */
      readonly ws?: string;
      readonly rest?: string;
    }
  | { readonly kind: 'captures'; readonly captures: readonly string[] };

/**
 * Reads `binance-spot:SYMBOL`, `binance-usdm:SYMBOL`, a ws address (with the address of its REST endpoints; venue and
 * symbol are the policy's), a capture file or a folder of them. Throws an InputError that says what was expected.
 */
export function parseSource(
  text: string,
  addresses: { readonly ws?: string; readonly rest?: string },
  trained: { readonly venue: Venue; readonly symbol: string },
): ShadowSource {
  const { ws, rest } = addresses;
  if (/^wss?:\/\//i.test(text)) {
    if (ws !== undefined) throw conflict('ws', ws, 'The source is a ws address itself.');
    if (rest === undefined) throw missing('rest');
    return { kind: 'live', venue: trained.venue, symbol: trained.symbol, ws: text, rest };
  }
  const [head, ...tail] = text.split(':');
  if (tail.length === 1 && !existsSync(text)) {
    const venue = VENUES.find((name) => name === head.toLowerCase());
    if (venue === undefined) throw unknownSource(text, nearestMatch(head, VENUES));
    if ((ws === undefined) !== (rest === undefined)) throw missing(ws === undefined ? 'ws' : 'rest');
    const symbol = tail[0].trim().toUpperCase();
    if (!/^[A-Z0-9_]{2,40}$/.test(symbol)) throw unknownSource(text);
    return { kind: 'live', venue, symbol, ws, rest };
  }
  requireFile(text, 'source');
  for (const [name, value] of [
    ['ws', ws],
    ['rest', rest],
  ] as const) {
    if (value !== undefined) throw conflict(name, value, 'A capture has no address.');
  }
  return { kind: 'captures', captures: statSync(text).isDirectory() ? capturesIn(text) : [text] };
}

/** Capture files of a folder in order of their names, which are in order of time. */
export function capturesIn(folder: string): readonly string[] {
  const captures = readdirSync(folder)
    .filter((name) => !name.startsWith('.') && statSync(join(folder, name)).isFile())
    .sort()
    .map((name) => join(folder, name));
  if (captures.length > 0) return captures;
  throw new InputError({
    code: 'no-capture',
    message: `${folder} holds no file.`,
    field: 'source',
    value: folder,
    expected: 'capture files',
    hint: 'Record some with makergym record.',
  });
}

function unknownSource(text: string, near?: string): InputError {
  return new InputError({
    code: 'unknown-source',
    message: `"${text}" names no source.`,
    field: 'source',
    value: text,
    expected: 'binance-spot:SYMBOL, binance-usdm:SYMBOL, a ws address, or a capture',
    hint: near === undefined ? 'For example binance-spot:BTCUSDT.' : `Did you mean "${near}:…"?`,
  });
}

function missing(name: 'ws' | 'rest'): InputError {
  return new InputError({
    code: 'missing-option',
    message: `--${name} is missing: streams and snapshots must come from the same exchange.`,
    field: name,
    expected: `--${name} URL`,
    hint: 'makergym serve prints both addresses.',
  });
}

function conflict(name: string, value: string, reason: string): InputError {
  return new InputError({
    code: 'unexpected-option',
    message: `--${name} does not go with this source. ${reason}`,
    field: name,
    value,
    hint: `Leave --${name} out.`,
  });
}
