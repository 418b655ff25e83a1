/** Tapes of the shared recordings, imported into a temporary folder that is gone with the process. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importCaptures } from '../market/import.ts';

export type Recording = 'usdm-btcusdt' | 'spot-nexousdt';

/** Highest price of hftbacktest's vector of prices, which begins at 0, quote currency. */
export const TOP_PRICE: Readonly<Record<Recording, number>> = {
  'usdm-btcusdt': 100_000,
  'spot-nexousdt': 10,
};

let folder: string | undefined;

/** A folder for what a bench makes. */
export function scratchFolder(): string {
  if (folder === undefined) {
    const made = mkdtempSync(join(tmpdir(), 'makergym-bench-'));
    process.once('exit', () => rmSync(made, { recursive: true, force: true }));
    folder = made;
  }
  return folder;
}

/** Paths of a recording's capture files, in order. */
export function capturesOf(data: string, recording: Recording): readonly string[] {
  const path = join(data, 'binance', recording);
  return readdirSync(path)
    .sort()
    .map((name) => join(path, name));
}

const tapes = new Map<Recording, string>();

/** Path of a recording's tape. */
export async function tapeOf(data: string, recording: Recording): Promise<string> {
  let path = tapes.get(recording);
  if (path === undefined) {
    path = join(scratchFolder(), `${recording}.arrow`);
    await importCaptures({ captures: capturesOf(data, recording), out: path });
    tapes.set(recording, path);
  }
  return path;
}
