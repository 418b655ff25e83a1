// Only the parts that describe a file: the whole library takes long to load.
import { MetadataVersion } from 'apache-arrow/enum';
import { Field, Schema } from 'apache-arrow/schema';
import { Float64, Int32, Int64, TimestampMicrosecond, Uint8 } from 'apache-arrow/type';
import { InputError } from '../../base/errors.ts';
import { type Instrument, plainInstrument, VENUES, type Venue } from '../instrument.ts';
import { Flag, Kind, type LiveSession, TAPE_VERSION, type TapeInfo } from './rows.ts';

/** Columns of a tape, in order, with their Arrow types as other programs see them. */
export const TAPE_FIELDS = [
  new Field('exchangeTime', new TimestampMicrosecond('UTC'), false),
  new Field('localTime', new TimestampMicrosecond('UTC'), false),
  new Field('kind', new Uint8(), false),
  new Field('price', new Int32(), false),
  new Field('quantity', new Float64(), false),
  new Field('flags', new Uint8(), false),
  new Field('updateId', new Int64(), true),
] as const;

/** Bytes a value of each column takes. */
export const TAPE_WIDTHS = [8, 8, 1, 4, 8, 1, 8] as const;

/** What a reader needs to find its way in a record batch, and to seek, without decoding it. */
export interface BatchEntry {
  readonly rows: number;
  /** Local time of the first row, µs. */
  readonly start: number;
  /** Rows without an update id. */
  readonly nulls: number;
}

/** What is known of a tape when it begins. */
export type TapeHeader = Pick<TapeInfo, 'instrument' | 'source'>;

/** Schema with the metadata that every reader can show: `info` completes it once the rows are known. */
export function tapeSchema(header: TapeHeader, info?: TapeInfo, batches: readonly BatchEntry[] = []): Schema {
  const { instrument, source } = info ?? header;
  const metadata = new Map<string, string>([
    ['format', 'makergym tape'],
    ['formatVersion', String(TAPE_VERSION)],
    ['venue', instrument.venue],
    ['symbol', instrument.symbol],
    ['tickSize', String(instrument.tickSize)],
    ['stepSize', String(instrument.stepSize)],
    ...minimums(instrument),
    ['source', JSON.stringify(source)],
    ['kinds', JSON.stringify(Kind)],
    ['flagBits', JSON.stringify(Flag)],
  ]);
  if (info !== undefined) {
    metadata.set('rows', String(info.rows));
    metadata.set('start', String(info.start));
    metadata.set('end', String(info.end));
    metadata.set('checksum', info.checksum);
    if (info.live !== undefined) metadata.set('live', JSON.stringify(info.live));
    metadata.set('batches', JSON.stringify(batches.map(({ rows, start, nulls }) => [rows, start, nulls])));
  }
  return new Schema([...TAPE_FIELDS], metadata, new Map(), MetadataVersion.V5);
}

function minimums({ minQuantity, minNotional }: Instrument): [string, string][] {
  return [
    ...(minQuantity === undefined ? [] : [['minQuantity', String(minQuantity)] satisfies [string, string]]),
    ...(minNotional === undefined ? [] : [['minNotional', String(minNotional)] satisfies [string, string]]),
  ];
}

/** Reads what {@link tapeSchema} wrote; refuses what is no tape of this version, naming `path`. */
export function readTapeSchema(schema: Schema, path: string): TapeInfo {
  const { metadata } = schema;
  const version = metadata.get('formatVersion');
  if (metadata.get('format') !== 'makergym tape' || version === undefined) {
    throw new InputError({
      code: 'foreign-tape',
      message: `${path} is an Arrow file, but no makergym tape.`,
      field: 'tape',
      value: path,
      expected: 'a tape written by `makergym import`',
      hint: 'Import the captures it comes from.',
    });
  }
  if (Number(version) !== TAPE_VERSION) {
    throw new InputError({
      code: 'tape-version',
      message: `${path} is a tape of version ${version}; this program reads version ${TAPE_VERSION}.`,
      field: 'tape',
      value: version,
      expected: `version ${TAPE_VERSION}`,
      hint: 'Import its captures again with this program.',
    });
  }
  const columns = schema.fields.map(({ name, type }) => `${name}: ${type}`).join(', ');
  const wanted = TAPE_FIELDS.map(({ name, type }) => `${name}: ${type}`).join(', ');
  const info: TapeInfo = {
    version: TAPE_VERSION,
    instrument: plainInstrument({
      venue: metadata.get('venue') as Venue,
      symbol: metadata.get('symbol') ?? '',
      tickSize: Number(metadata.get('tickSize')),
      stepSize: Number(metadata.get('stepSize')),
      minQuantity: Number(metadata.get('minQuantity') ?? 0),
      minNotional: Number(metadata.get('minNotional') ?? 0),
    }),
    source: parseList(metadata.get('source')),
    checksum: metadata.get('checksum') ?? '',
    rows: Number(metadata.get('rows')),
    start: Number(metadata.get('start')),
    end: Number(metadata.get('end')),
    live: parseLive(metadata.get('live')),
  };
  const { venue, symbol, tickSize, stepSize } = info.instrument;
  const sound =
    VENUES.includes(venue) &&
    symbol !== '' &&
    tickSize > 0 &&
    stepSize > 0 &&
    [info.rows, info.start, info.end].every((number) => Number.isSafeInteger(number) && number >= 0);
  if (columns !== wanted || !sound) {
    throw new InputError({
      code: 'damaged-tape',
      message: `${path} says it is a makergym tape, but its columns or metadata are not a tape's.`,
      field: 'tape',
      value: columns,
      expected: wanted,
      hint: 'Import its captures again; do not rewrite a tape with another program.',
    });
  }
  return info;
}

/** Reads the batch list that {@link tapeSchema} wrote. */
export function readBatchEntries(schema: Schema): BatchEntry[] {
  const list = JSON.parse(schema.metadata.get('batches') ?? '[]') as readonly (readonly number[])[];
  return list.map(([rows, start, nulls]) => ({ rows, start, nulls }));
}

function parseLive(text: string | undefined): LiveSession | undefined {
  if (text === undefined) return undefined;
  const { conditions } = JSON.parse(text) as Partial<LiveSession>;
  return { conditions: Array.isArray(conditions) ? conditions : [] };
}

function parseList(text: string | undefined): readonly string[] {
  try {
    const list: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(list) ? list.map(String) : [];
  } catch {
    return [];
  }
}
