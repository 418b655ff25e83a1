import { InputError } from '../../base/errors.ts';
import { Decoder } from '../binance/decoder.ts';
import { Message, MessageKind } from '../binance/message.ts';
import { CaptureLine } from './line.ts';
import { foreign, readLines } from './lines.ts';
import { limitOfUrl, symbolOfUrl } from './probe.ts';

const SPACE = 0x20;
const OPEN_OBJECT = 0x7b;

/** A REST snapshot from a file of its own. */
export interface SnapshotFile {
  readonly message: Message;
  /** Empty where the file does not say. */
  readonly symbol: string;
  /** Receive time in µs; undefined for a bare REST answer, which is used when the stream reaches its id. */
  readonly localTime: number | undefined;
  readonly limit: number | undefined;
}

/**
 * Reads `--snapshot`: a bare REST answer (one JSON document), or capture lines, of which the snapshots are taken
 * (`URL -> time: json` names the symbol of each). In order of time.
 */
export async function readSnapshots(path: string, signal?: AbortSignal): Promise<SnapshotFile[]> {
  const field = 'snapshot';
  const line = new CaptureLine();
  const decoder = new Decoder();
  const snapshots: SnapshotFile[] = [];
  let message = new Message();
  /** Lines of a bare answer, which may be spread over several. */
  const bare: Buffer[] = [];
  const take = (bytes: Uint8Array, start: number, end: number): boolean => {
    if (bare.length > 0 || (snapshots.length === 0 && firstByte(bytes, start, end) === OPEN_OBJECT)) {
      bare.push(Buffer.from(bytes.slice(start, end)), Buffer.from('\n'));
      return true;
    }
    if (line.read(bytes, start, end) !== 'message') return true;
    if (decoder.decode(bytes, line.jsonStart, end, message) !== 'message') return true;
    if (message.kind !== MessageKind.snapshot) return true;
    const { localTime, url } = line;
    const symbol = message.symbol === '' ? symbolOfUrl(url) : message.symbol;
    snapshots.push({ message, symbol, localTime, limit: limitOfUrl(url) });
    message = new Message();
    return true;
  };
  await readLines(path, take, { field, signal });
  if (bare.length > 0) return [decodeBare(Buffer.concat(bare), path)];
  if (snapshots.length === 0)
    throw foreign(path, field, 'it holds no REST snapshot (an object with lastUpdateId)');
  return snapshots.sort((a, b) => (a.localTime ?? 0) - (b.localTime ?? 0));
}

function decodeBare(bytes: Uint8Array, path: string): SnapshotFile {
  const message = new Message();
  const decoder = new Decoder();
  if (
    decoder.decode(bytes, 0, bytes.length, message) === 'message' &&
    message.kind === MessageKind.snapshot
  ) {
    return { message, symbol: message.symbol, localTime: undefined, limit: undefined };
  }
  throw new InputError({
    code: 'bad-snapshot',
    message: `${path} is no REST snapshot: ${decoder.reason || 'it has no lastUpdateId'}.`,
    field: 'snapshot',
    value: path,
    expected: '{"lastUpdateId":…,"bids":[["price","quantity"],…],"asks":[…]}',
    hint: 'Save the answer of /api/v3/depth (spot) or /fapi/v1/depth (USD-M) as it came.',
  });
}

function firstByte(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] <= SPACE) at++;
  return at < end ? bytes[at] : -1;
}
