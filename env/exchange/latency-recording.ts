import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Table, tableFromIPC, type Vector } from 'apache-arrow';
import { firstContent, readDecompressed } from '../../base/decompress.ts';
import { InputError, nearestMatch } from '../../base/errors.ts';
import { requireFile } from '../../base/files.ts';
import { parseTime } from '../../base/time.ts';
import { LATEST_TIME } from '../../market/binance/receive-clock.ts';
import { openTape } from '../../market/tape/reader.ts';
import { Flag, type Tape, timeAt } from '../../market/tape/rows.ts';

/** Travel times, µs, by the time a message set out, µs, which never decreases. */
export interface Series {
  readonly time: Float64Array;
  readonly value: Float64Array;
}

/** Recorded travel times, leg by leg. */
export interface LatencyRecording {
  readonly source: string;
  /** When the first message set out and when the last, µs: beyond that the recording is repeated, all series alike. */
  readonly start: number;
  readonly end: number;
  readonly entry: Series;
  readonly response: Series;
  /** Null where it tells nothing of market data. */
  readonly feed: Series | null;
  /** When the sender of a request set out then learnt that it was refused, µs after it; NaN between two requests that
   * were served. Null where all were. */
  readonly refusal: Series | null;
}

const COLUMNS = ['request', 'exchange', 'response'] as const;
/** hftbacktest's names for them. */
const ALIASES: Readonly<Record<string, (typeof COLUMNS)[number]>> = {
  req_ts: 'request',
  exch_ts: 'exchange',
  resp_ts: 'response',
};

/** Times of one request, µs; 0 or less where there is none. */
interface Sample {
  readonly request: number;
  readonly exchange: number;
  readonly response: number;
}

/** Characters of a file that an error repeats. */
const LONGEST_VALUE = 200;

/** Samples that are kept of a tape; of a longer one every second is left out, as often as needed. */
const MOST_SAMPLES = 1 << 18;

/** Recordings that were read, by path: all lanes and episodes share one. */
const known = new Map<string, { readonly version: string; readonly recording: LatencyRecording }>();

/**
 * Reads what messages took from a tape (local less exchange time of each message, on every leg), or from a CSV or Arrow
 * file with the columns request, exchange and response, µs since the epoch or ISO 8601. A request without an exchange or a
 * response time (empty, 0 or negative) was refused; its sender learnt so at the response, or `timeoutMs` after the
 * request. Throws an InputError naming the row that cannot be.
 */
export function readLatencyRecording(path: string, timeoutMs: number): LatencyRecording {
  requireFile(path, 'latency');
  const stat = statSync(path);
  if (!stat.isFile()) throw unusable(path, 'it is no file', 'a file of request, exchange and response times');
  const { size, mtimeMs } = stat;
  const key = `${resolve(path)}|${timeoutMs}`;
  const version = `${size}|${mtimeMs}`;
  const before = known.get(key);
  if (before?.version === version) return before.recording;
  const recording = read(path, 1000 * timeoutMs);
  known.set(key, { version, recording });
  return recording;
}

function read(path: string, timeout: number): LatencyRecording {
  const head = Buffer.from(firstContent(path)).toString('latin1');
  if (head.startsWith('ARROW1') && head.includes('makergym')) return ofTape(path);
  const chunks: Uint8Array[] = [];
  readDecompressed(path, 'latency', (chunk) => chunks.push(chunk.slice()));
  const bytes = Buffer.concat(chunks);
  const samples = head.startsWith('ARROW1') ? ofArrow(bytes, path) : ofText(bytes.toString('utf8'), path);
  return ofSamples(samples, path, timeout);
}

function ofTape(path: string): LatencyRecording {
  const tape = openTape(path);
  try {
    const series = delaysOf(tape);
    if (series.time.length === 0) throw unusable(path, 'the tape holds no message', 'a tape with messages');
    if (!series.value.some((delay) => delay > 0)) {
      throw unusable(
        path,
        "its recorder's clock was behind the exchange's",
        'a tape whose messages took time',
      );
    }
    const [start, end] = [series.time[0], series.time[series.time.length - 1]];
    return { source: path, start, end, entry: series, response: series, feed: series, refusal: null };
  } finally {
    tape.close();
  }
}

/** How long the messages of a tape were on their way. Reads it once, in constant memory. */
export function delaysOf(tape: Tape): Series {
  let time: number[] = [];
  let value: number[] = [];
  let resolution = 0;
  let next = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < tape.batches; index++) {
    const { length, localTime, exchangeTime, flags } = tape.readBatch(index);
    for (let row = 0; row < length; row++) {
      if ((flags[row] & Flag.messageEnd) === 0 || (flags[row] & Flag.carried) !== 0) continue;
      const local = timeAt(localTime, row);
      if (local < next) continue;
      next = local + resolution;
      time.push(local);
      value.push(Math.max(local - timeAt(exchangeTime, row), 0));
      if (time.length < MOST_SAMPLES) continue;
      resolution = Math.max(2 * resolution, (2 * (local - time[0])) / MOST_SAMPLES);
      time = time.filter((_, i) => i % 2 === 0);
      value = value.filter((_, i) => i % 2 === 0);
    }
  }
  return { time: Float64Array.from(time), value: Float64Array.from(value) };
}

function ofArrow(bytes: Uint8Array, path: string): Sample[] {
  const table = readTable(bytes, path);
  const names = table.schema.fields.map(({ name }) => name);
  const columns = COLUMNS.map((column) => {
    const index = columnIndex(names, column, path);
    return table.getChildAt(index) as Vector;
  });
  const isTimestamp = columns.map(({ type }) => String(type).startsWith('Timestamp'));
  return Array.from({ length: table.numRows }, (_, row) => {
    const [request, exchange, response] = columns.map((column, i) => {
      const value: unknown = column.get(row);
      if (value === null || value === undefined) return 0;
      // Arrow tells every timestamp in ms, with what is below as a fraction.
      if (typeof value === 'number' || typeof value === 'bigint') {
        return isTimestamp[i] ? Math.round(1000 * Number(value)) : Number(value);
      }
      return timeOf(String(value), path, row + 1, COLUMNS[i]);
    });
    return { request, exchange, response };
  });
}

function readTable(bytes: Uint8Array, path: string): Table {
  try {
    return tableFromIPC(bytes);
  } catch {
    throw unusable(path, 'it begins as Arrow files do and cannot be read as one', 'a whole Arrow file');
  }
}

function ofText(text: string, path: string): Sample[] {
  const [header, ...lines] = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  const names = (header ?? '').split(',').map((name) => name.trim().replace(/^"|"$/g, ''));
  const places = COLUMNS.map((column) => columnIndex(names, column, path));
  return lines.map((line, index) => {
    const cells = line.split(',').map((cell) => cell.trim().replace(/^"|"$/g, ''));
    const [request, exchange, response] = places.map((place, i) =>
      timeOf(cells[place] ?? '', path, index + 1, COLUMNS[i]),
    );
    return { request, exchange, response };
  });
}

function columnIndex(names: readonly string[], column: (typeof COLUMNS)[number], path: string): number {
  const index = names.findIndex((name) => (ALIASES[name] ?? name) === column);
  if (index >= 0) return index;
  const near = nearestMatch(column, names);
  throw new InputError({
    code: 'bad-latency-file',
    message: `${path} has no column ${column}.`,
    field: 'latency',
    // What is no table at all may have a first line without end.
    value: names.join(', ').slice(0, LONGEST_VALUE),
    expected: `columns ${COLUMNS.join(', ')}`,
    hint: near === undefined ? 'Name its columns in the first line.' : `Rename its column "${near}".`,
  });
}

/** µs since the epoch; 0 for an empty cell. */
function timeOf(text: string, path: string, row: number, column: string): number {
  if (text === '' || text === 'null') return 0;
  const number = Number(text);
  if (Number.isFinite(number)) return number;
  try {
    return parseTime(text, column);
  } catch {
    throw badRow(path, row, `${column} is "${text}"`, 'µs since the epoch, or an ISO 8601 time');
  }
}

function ofSamples(samples: readonly Sample[], path: string, timeout: number): LatencyRecording {
  if (samples.length === 0) throw unusable(path, 'it holds no request', 'a row for each request');
  for (const [i, { request, exchange, response }] of samples.entries()) {
    const row = i + 1;
    if (!(request > 0)) throw badRow(path, row, 'it has no request time', 'when the request was sent');
    // hftbacktest tells times in ns.
    if (Math.max(request, exchange, response) > LATEST_TIME) {
      throw badRow(path, row, 'a time of it lies beyond the year 2254', 'µs since the epoch, not ns');
    }
    if (request < (samples[i - 1]?.request ?? 0)) {
      throw badRow(path, row, 'its request was sent before the one above', 'requests in order of time');
    }
    if (exchange > 0 && exchange < request) {
      throw badRow(path, row, 'it reached the exchange before it was sent', 'times of clocks that agree');
    }
    if (response > 0 && response < Math.max(exchange, request)) {
      throw badRow(path, row, 'its response came before that', 'times of clocks that agree');
    }
  }
  const isServed = ({ exchange, response }: Sample) => exchange > 0 && response > 0;
  const served = samples.filter(isServed);
  if (served.length === 0) throw unusable(path, 'every request was refused', 'at least one that was served');
  const byExchange = served.toSorted((a, b) => a.exchange - b.exchange);
  const refusals = samples.map(({ request, response }) => (response > 0 ? response - request : timeout));
  return {
    source: path,
    start: samples[0].request,
    end: samples[samples.length - 1].request,
    entry: series(
      served.map(({ request }) => request),
      served.map(({ request, exchange }) => exchange - request),
    ),
    response: series(
      byExchange.map(({ exchange }) => exchange),
      byExchange.map(({ exchange, response }) => response - exchange),
    ),
    feed: null,
    refusal: served.length === samples.length ? null : refusalSeries(samples, isServed, refusals),
  };
}

/**
 * A series that is NaN between two requests that were served. A stretch beside a refused request has the refusals' times
 * at both its ends, so that a request that was served is told twice: as the end of one stretch and as the beginning of
 * another.
 */
function refusalSeries(
  samples: readonly Sample[],
  isServed: (sample: Sample) => boolean,
  refusals: readonly number[],
): Series {
  const time: number[] = [];
  const value: number[] = [];
  for (let i = 0; i + 1 < samples.length; i++) {
    const isBeside = !isServed(samples[i]) || !isServed(samples[i + 1]);
    time.push(samples[i].request, samples[i + 1].request);
    value.push(isBeside ? refusals[i] : Number.NaN, isBeside ? refusals[i + 1] : Number.NaN);
  }
  return series(time, value);
}

function series(time: readonly number[], value: readonly number[]): Series {
  return { time: Float64Array.from(time), value: Float64Array.from(value) };
}

function badRow(path: string, row: number, what: string, expected: string): InputError {
  return new InputError({
    code: 'bad-latency-file',
    message: `${path}, row ${row}: ${what}.`,
    field: 'latency',
    value: row,
    expected,
    hint: 'A request that was refused or lost has an empty exchange or response time.',
  });
}

function unusable(path: string, what: string, expected: string): InputError {
  return new InputError({
    code: 'bad-latency-file',
    message: `${path} cannot tell latencies: ${what}.`,
    field: 'latency',
    value: path,
    expected,
    hint: 'Give another file.',
  });
}
