import protobuf from 'protobufjs/minimal.js';
import type { Histogram } from '../histogram.ts';

/**
 * The Event message of TensorFlow (event.proto, summary.proto) as far as TensorBoard needs it. Field numbers:
 * Event {1 double wall_time, 2 int64 step, 3 string file_version, 5 Summary summary, 7 SessionLog session_log};
 * Summary {1 repeated Value}; Value {1 string tag, 2 float simple_value, 5 HistogramProto histo};
 * HistogramProto {1 min, 2 max, 3 num, 4 sum, 5 sum_squares, 6 packed bucket_limit, 7 packed bucket, all double};
 * SessionLog {1 enum status, START = 1}.
 */
const WIRE_VARINT = 0;
const WIRE_DOUBLE = 1;
const WIRE_BYTES = 2;
const WIRE_FLOAT = 5;
const SESSION_START = 1;

type Writer = protobuf.Writer;

function field(writer: Writer, number: number, wire: number): Writer {
  return writer.uint32((number << 3) | wire);
}

function event(wallTime: number): Writer {
  return field(protobuf.Writer.create(), 1, WIRE_DOUBLE).double(wallTime);
}

/** The first event of a file. `wallTime` in seconds since the epoch. */
export function versionEvent(wallTime: number): Uint8Array {
  return field(event(wallTime), 3, WIRE_BYTES).string('brain.Event:2').finish();
}

/** Tells TensorBoard that training was restarted: it hides what earlier files say of `step` and beyond. */
export function restartEvent(wallTime: number, step: number): Uint8Array {
  const writer = field(event(wallTime), 2, WIRE_VARINT).int64(step);
  field(writer, 7, WIRE_BYTES).fork();
  return field(writer, 1, WIRE_VARINT).int32(SESSION_START).ldelim().finish();
}

/** Scalars and histograms of one step. */
export function summaryEvent(
  wallTime: number,
  step: number,
  scalars: ReadonlyMap<string, number>,
  histograms: ReadonlyMap<string, Histogram>,
): Uint8Array {
  const writer = field(event(wallTime), 2, WIRE_VARINT).int64(step);
  field(writer, 5, WIRE_BYTES).fork();
  for (const [tag, value] of scalars) {
    field(writer, 1, WIRE_BYTES).fork();
    field(writer, 1, WIRE_BYTES).string(tag);
    field(writer, 2, WIRE_FLOAT).float(value).ldelim();
  }
  for (const [tag, histogram] of histograms) {
    field(writer, 1, WIRE_BYTES).fork();
    field(writer, 1, WIRE_BYTES).string(tag);
    field(writer, 5, WIRE_BYTES).fork();
    writeHistogram(writer, histogram);
    writer.ldelim().ldelim();
  }
  return writer.ldelim().finish();
}

function writeHistogram(writer: Writer, histogram: Histogram): void {
  const { minimum, maximum, count, sum, sumOfSquares, counts } = histogram;
  [minimum, maximum, count, sum, sumOfSquares].forEach((value, i) => {
    field(writer, i + 1, WIRE_DOUBLE).double(value);
  });
  field(writer, 6, WIRE_BYTES).fork();
  for (let bin = 0; bin < counts.length; bin++) writer.double(histogram.edge(bin));
  writer.ldelim();
  field(writer, 7, WIRE_BYTES).fork();
  for (const bin of counts) writer.double(bin);
  writer.ldelim();
}
