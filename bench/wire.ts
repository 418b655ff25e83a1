/** Captures as the messages that came over the wire, held in memory. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { TradedInstrument } from '../live/binance/exchange-info.ts';
import { CaptureLine } from '../market/capture/line.ts';
import { importCaptures } from '../market/import.ts';
import { simulateCapture } from '../market/simulated/capture.ts';
import { openTape } from '../market/tape/reader.ts';
import { capturesOf, scratchFolder, tapeOf } from './recordings.ts';

export interface WireMessage {
  readonly bytes: Buffer;
  /** When it was received, µs. */
  readonly localTime: number;
  /** Of a REST answer, empty otherwise. */
  readonly url: string;
}

export interface WireCapture {
  readonly name: string;
  readonly captures: readonly string[];
  readonly instrument: TradedInstrument;
  readonly messages: readonly WireMessage[];
  /** From the first message to the last, s. */
  readonly seconds: number;
}

const SIMULATED_SECONDS = 1800;
const SNAPSHOT = Buffer.from('{"lastUpdateId"');

/** The USD-M BTCUSDT recording where there is one, otherwise half an hour of simulated market. */
export async function wireCapture(data: string | undefined): Promise<WireCapture> {
  const name = data === undefined ? 'simulated market' : 'usdm-btcusdt';
  const captures = data === undefined ? [await simulated()] : capturesOf(data, 'usdm-btcusdt');
  const instrument = await instrumentOf(data, captures);
  const messages = captures.flatMap((path) => readCapture(path, instrument.symbol));
  return {
    name,
    captures,
    instrument,
    messages,
    seconds: (messages[messages.length - 1].localTime - messages[0].localTime) / 1e6,
  };
}

async function simulated(): Promise<string> {
  const out = join(scratchFolder(), 'simulated.gz');
  await simulateCapture({ market: 'queue-reactive', seed: 1, durationSeconds: SIMULATED_SECONDS, out });
  return out;
}

async function instrumentOf(
  data: string | undefined,
  captures: readonly string[],
): Promise<TradedInstrument> {
  let path: string;
  if (data === undefined) {
    path = join(scratchFolder(), 'simulated.arrow');
    await importCaptures({ captures, out: path });
  } else path = await tapeOf(data, 'usdm-btcusdt');
  const tape = openTape(path);
  const { instrument } = tape.info;
  tape.close();
  return { ...instrument, minNotional: 0 };
}

/** Snapshots of the recordings do not say whose they are: they get the address that they were asked for at. */
function readCapture(path: string, symbol: string): WireMessage[] {
  const bytes = gunzipSync(readFileSync(path));
  const line = new CaptureLine();
  const messages: WireMessage[] = [];
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf(0x0a, start);
    const end = found < 0 ? bytes.length : found;
    if (line.read(bytes, start, end) === 'message') {
      const message = bytes.subarray(line.jsonStart, end);
      const isSnapshot = message.subarray(0, SNAPSHOT.length).equals(SNAPSHOT);
      const url = line.url === '' && isSnapshot ? `/depth?symbol=${symbol}&limit=1000` : line.url;
      messages.push({ bytes: message, localTime: line.localTime, url });
    }
    start = end + 1;
  }
  return messages;
}
