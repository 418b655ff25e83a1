import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { Histogram } from '../../training/histogram.ts';
import { crc32c, maskedCrc32c } from '../../training/tensorboard/crc32c.ts';
import { EventWriter } from '../../training/tensorboard/event-writer.ts';
import { decodeRecords, encodeRecord } from '../../training/tensorboard/record.ts';

describe('CRC-32C', () => {
  it('meets the check value of the CRC catalogue and the vectors of RFC 3720', () => {
    assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283);
    assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa);
    assert.equal(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43);
    assert.equal(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e);
    assert.equal(crc32c(new Uint8Array(0)), 0);
  });

  it('is masked as TFRecord does: rotated right by 15, plus 0xa282ead8', () => {
    assert.equal(maskedCrc32c(new Uint8Array(0)), 0xa282ead8);
    const crc = 0xe3069283;
    const rotated = ((crc >>> 15) | (crc << 17)) >>> 0;
    assert.equal(maskedCrc32c(Buffer.from('123456789')), (rotated + 0xa282ead8) % 2 ** 32);
  });
});

describe('TFRecords', () => {
  it('come back, and a changed or missing byte is noticed', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 5 }),
        fc.nat(),
        (payloads, where) => {
          const bytes = Buffer.concat(payloads.map(encodeRecord));
          assert.deepEqual(
            decodeRecords(bytes).map((payload) => [...payload]),
            payloads.map((payload) => [...payload]),
          );
          const changed = Buffer.from(bytes);
          changed[where % bytes.length] ^= 0x10;
          assert.throws(() => decodeRecords(changed), /damaged/);
          assert.throws(() => decodeRecords(bytes.subarray(0, bytes.length - 1)), /damaged/);
        },
      ),
    );
  });
});

describe('an event file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'makergym-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('begins with its version, then tells where it resumes, then one event a record', () => {
    const writer = new EventWriter(folder, 300);
    const histogram = new Histogram(-1, 1, 4);
    for (const value of [-1, -0.1, 0.2, 0.2, 1]) histogram.add(value);
    writer.write(400, new Map([['train/actor_loss', 0.5]]), new Map([['actions/0', histogram]]));
    writer.close();
    assert.match(writer.path, /events\.out\.tfevents\.\d+\./);
    const [version, restart, summary] = decodeRecords(readFileSync(writer.path)).map((event) => [
      ...event.subarray(9),
    ]);
    assert.equal(Buffer.from(version).toString('latin1'), '\x1a\x0dbrain.Event:2');
    assert.deepEqual(restart, [0x10, 0xad, 0x02, 0x3a, 0x02, 0x08, 0x01]);
    // Step 400, then a summary whose first value is {tag, simple_value: 0.5}.
    assert.deepEqual(summary.slice(0, 4), [0x10, 0x90, 0x03, 0x2a]);
    const tag = Buffer.from('train/actor_loss');
    const value = [0x0a, tag.length, ...tag, 0x15, 0, 0, 0, 0x3f];
    assert.ok(Buffer.from(summary).includes(Buffer.from([0x0a, value.length, ...value])));
    const doubles = (...values: number[]) => Buffer.from(Float64Array.from(values).buffer);
    const limits = Buffer.concat([Buffer.from([0x32, 32]), doubles(-0.5, 0, 0.5, 1)]);
    const counts = Buffer.concat([Buffer.from([0x3a, 32]), doubles(1, 1, 2, 1)]);
    assert.ok(Buffer.from(summary).includes(Buffer.concat([limits, counts])));
  });

  it('never shares its name with another of the same second', () => {
    const writers = [new EventWriter(folder), new EventWriter(folder)];
    assert.notEqual(writers[0].path, writers[1].path);
    for (const writer of writers) writer.close();
  });
});
