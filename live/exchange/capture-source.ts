import { InterruptedError } from '../../base/errors.ts';
import { CaptureLine } from '../../market/capture/line.ts';
import { decompressed, detectCompression, foreign, readError } from '../../market/capture/lines.ts';
import { symbolOfUrl } from '../../market/capture/probe.ts';
import type { Survey } from './survey.ts';

export type StreamKind = 'depth' | 'trade' | 'aggTrade' | 'bookTicker';

/** Fields of Binance's payloads that the exchange needs, as JSON holds them. */
export interface Payload {
  readonly e?: string;
  readonly s?: string;
  readonly E?: number;
  readonly T?: number;
  readonly U?: number;
  readonly u?: number;
  readonly pu?: number;
  readonly t?: number;
  readonly p?: string;
  readonly q?: string;
  readonly m?: boolean;
  readonly X?: string;
  readonly b?: unknown;
  readonly a?: unknown;
  readonly B?: unknown;
  readonly lastUpdateId?: number;
  readonly bids?: readonly WireLevel[];
  readonly asks?: readonly WireLevel[];
}

export type WireLevel = readonly [price: string, quantity: string];

/** A message of a capture: an event of a stream, or a snapshot. */
export interface CapturedMessage {
  readonly kind: StreamKind | 'snapshot';
  readonly symbol: string;
  /** When it was received, µs. */
  readonly localTime: number;
  /** When the exchange did it, µs, −1 where it does not say. */
  readonly exchangeTime: number;
  /** The payload exactly as it was recorded, without the envelope. */
  readonly text: string;
  readonly payload: Payload;
}

const FIELD = 'capture';
const ENVELOPE = /^\s*\{\s*"stream"\s*:\s*"([^"]*)"\s*,\s*"data"\s*:\s*/;
const PARTIAL_DEPTH = /@depth(5|10|20)(@|$)/;
const NEWLINE = 0x0a;

/** What a local exchange plays: what is in it, and its messages from the beginning, as often as asked. */
export interface ExchangeSource {
  survey(): Promise<Survey>;
  messages(): AsyncIterable<CapturedMessage>;
}

/**
 * Messages of capture files in order, snapshots of a file of their own merged in by time. Reads on as it is asked to, in
 * constant memory. What is no market data, or malformed, is left out.
 */
export async function* readMessages(
  captures: readonly string[],
  snapshots: string | undefined,
  signal?: AbortSignal,
): AsyncGenerator<CapturedMessage> {
  const aside = snapshots === undefined ? [] : await collect(fileMessages(snapshots, 'snapshot', signal));
  const pending = aside.filter(({ kind }) => kind === 'snapshot').sort((a, b) => a.localTime - b.localTime);
  for (const path of captures) {
    for await (const message of fileMessages(path, FIELD, signal)) {
      while (pending.length > 0 && pending[0].localTime <= message.localTime) {
        yield pending.shift() as CapturedMessage;
      }
      yield message;
    }
  }
  yield* pending;
}

async function collect(messages: AsyncIterable<CapturedMessage>): Promise<CapturedMessage[]> {
  const all: CapturedMessage[] = [];
  for await (const message of messages) all.push(message);
  return all;
}

async function* fileMessages(
  path: string,
  field: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<CapturedMessage> {
  const line = new CaptureLine();
  let any = false;
  for await (const bytes of lines(path, field, signal)) {
    // A file that is one bare REST answer has no time: it holds from the beginning.
    const bare = !any && field === 'snapshot' && /^\s*\{/.test(bytes.toString('latin1', 0, 16));
    if (!bare && line.read(bytes, 0, bytes.length) !== 'message') continue;
    const text = bytes.toString('utf8', bare ? 0 : line.jsonStart);
    const message = parseMessage(text, bare ? 0 : line.localTime, bare ? '' : line.url);
    if (message === undefined) continue;
    any = true;
    yield message;
  }
  if (!any) throw foreign(path, field, 'it holds no market data');
}

async function* lines(path: string, field: string, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
  const compression = detectCompression(path, field);
  let carry: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of decompressed(path, compression, { field, signal })) {
      if (signal?.aborted) throw new InterruptedError();
      const bytes = Buffer.concat([carry, chunk]);
      let start = 0;
      for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
        yield bytes.subarray(start, end);
        start = end + 1;
      }
      carry = bytes.subarray(start);
    }
  } catch (error) {
    throw readError(error, path, compression, field);
  }
  if (carry.length > 0) yield carry;
}

/** A line of a capture without its time; undefined where it is no market data. */
export function parseMessage(text: string, localTime: number, url: string): CapturedMessage | undefined {
  const envelope = ENVELOPE.exec(text);
  if (envelope !== null && PARTIAL_DEPTH.test(envelope[1])) return undefined;
  const inner =
    envelope === null ? text.trim() : text.slice(envelope[0].length, text.lastIndexOf('}')).trim();
  let payload: Payload;
  try {
    payload = JSON.parse(inner) as Payload;
  } catch {
    return undefined;
  }
  if (typeof payload !== 'object' || payload === null) return undefined;
  const kind = kindOf(payload);
  if (kind === undefined) return undefined;
  const time = payload.T ?? payload.E ?? -1;
  return {
    kind,
    symbol: (payload.s ?? symbolOfUrl(url)).toUpperCase(),
    localTime,
    exchangeTime: time < 0 ? -1 : time < 1e14 ? time * 1000 : time,
    text: inner,
    payload,
  };
}

function kindOf(payload: Payload): CapturedMessage['kind'] | undefined {
  if (payload.e === 'depthUpdate') return 'depth';
  if (payload.e === 'trade' || payload.e === 'aggTrade' || payload.e === 'bookTicker') return payload.e;
  if (payload.e !== undefined) return undefined;
  if (typeof payload.lastUpdateId === 'number' && Array.isArray(payload.bids)) return 'snapshot';
  return typeof payload.B === 'string' && typeof payload.b === 'string' ? 'bookTicker' : undefined;
}
