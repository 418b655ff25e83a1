import { InputError } from '../../base/errors.ts';
import { maskedCrc32c } from './crc32c.ts';

const LENGTH_BYTES = 8;
const CRC_BYTES = 4;
/** What frames a payload: its length, the length's checksum before it and its own after it. */
const FRAME_BYTES = LENGTH_BYTES + CRC_BYTES + CRC_BYTES;

/** Frames a payload as a TFRecord: u64 length, masked CRC of it, payload, masked CRC of it, little-endian. */
export function encodeRecord(payload: Uint8Array): Uint8Array {
  const record = new Uint8Array(FRAME_BYTES + payload.length);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(payload.length), true);
  view.setUint32(LENGTH_BYTES, maskedCrc32c(record.subarray(0, LENGTH_BYTES)), true);
  record.set(payload, LENGTH_BYTES + CRC_BYTES);
  view.setUint32(LENGTH_BYTES + CRC_BYTES + payload.length, maskedCrc32c(payload), true);
  return record;
}

/** Payloads of a file of TFRecords. Throws an InputError at a wrong checksum or a record cut short. */
export function decodeRecords(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const payloads: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (at + LENGTH_BYTES + CRC_BYTES > bytes.length) throw damaged(at, 'it is cut short');
    const length = Number(view.getBigUint64(at, true));
    const start = at + LENGTH_BYTES + CRC_BYTES;
    if (view.getUint32(at + LENGTH_BYTES, true) !== maskedCrc32c(bytes.subarray(at, at + LENGTH_BYTES))) {
      throw damaged(at, 'the checksum of its length is wrong');
    }
    if (start + length + CRC_BYTES > bytes.length) throw damaged(at, 'it is cut short');
    const payload = bytes.subarray(start, start + length);
    if (view.getUint32(start + length, true) !== maskedCrc32c(payload)) {
      throw damaged(at, 'the checksum of its payload is wrong');
    }
    payloads.push(payload);
    at = start + length + CRC_BYTES;
  }
  return payloads;
}

function damaged(at: number, reason: string): InputError {
  return new InputError({
    code: 'bad-record',
    message: `The record at byte ${at} is damaged: ${reason}.`,
    field: 'record',
    value: at,
    expected: 'a file of TFRecords',
  });
}
