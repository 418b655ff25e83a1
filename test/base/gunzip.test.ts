import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { constants, deflateRawSync, gunzipSync, gzipSync, type ZlibOptions } from 'node:zlib';
import fc from 'fast-check';
import { Gunzip, Refused } from '../../base/inflate/gunzip.ts';
import { CHUNK_BYTES, CHUNK_SLACK, INPUT_BYTES } from '../../base/inflate/layout.ts';

const { Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE, Z_FILTERED, Z_DEFAULT_STRATEGY } = constants;

/** What matches are made of: repetitions at every distance, short and long, between bytes of any kind. */
const texts = fc
  .array(
    fc.oneof(
      fc.record({ bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }), times: fc.nat(60) }),
      fc.record({
        bytes: fc.string({ minLength: 1, maxLength: 300 }).map((text) => Buffer.from(text)),
        times: fc.nat(4),
      }),
    ),
    { maxLength: 40 },
  )
  .map((parts) => Buffer.concat(parts.flatMap(({ bytes, times }) => Array(times + 1).fill(bytes))));

const options: fc.Arbitrary<ZlibOptions> = fc.record({
  level: fc.integer({ min: 0, max: 9 }),
  strategy: fc.constantFrom(Z_DEFAULT_STRATEGY, Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE, Z_FILTERED),
  memLevel: fc.integer({ min: 1, max: 9 }),
  windowBits: fc.integer({ min: 9, max: 15 }),
});

describe('gunzip in WebAssembly', () => {
  let folder: string;
  const gunzip = new Gunzip();
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'makergym-gunzip-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  /** All that a file of these bytes holds. */
  function inflate(compressed: Uint8Array): Buffer {
    const path = join(folder, 'a.gz');
    writeFileSync(path, compressed);
    const descriptor = openSync(path, 'r');
    try {
      gunzip.open(descriptor);
      const chunks: Buffer[] = [];
      for (let chunk = gunzip.next(); chunk.length > 0; chunk = gunzip.next()) {
        assert.ok(chunk.length < CHUNK_BYTES + CHUNK_SLACK);
        chunks.push(Buffer.from(chunk));
      }
      return Buffer.concat(chunks);
    } finally {
      closeSync(descriptor);
    }
  }

  const zlib = (compressed: Uint8Array): Buffer | undefined => {
    try {
      return gunzipSync(compressed);
    } catch {
      return undefined;
    }
  };

  it('reads what zlib writes, by any level, strategy and window, member after member', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(texts, options), { minLength: 1, maxLength: 3 }), (members) => {
        const compressed = Buffer.concat(members.map(([text, by]) => gzipSync(text, by)));
        assert.ok(inflate(compressed).equals(Buffer.concat(members.map(([text]) => text))));
      }),
      { numRuns: 80 },
    );
  });

  it('reads what is longer than a chunk, and input longer than its buffer, stored or not', () => {
    const random = new Uint32Array(3 * INPUT_BYTES);
    for (let i = 0, x = 1; i < random.length; i++) {
      x = Math.imul(x, 1664525) + 1013904223;
      // Bytes of which some compress.
      random[i] = i % 3000 < 1500 ? x : x & 0x0f0f0f0f;
    }
    const bytes = Buffer.from(random.buffer);
    for (const level of [0, 1, 6, 9]) assert.ok(inflate(gzipSync(bytes, { level })).equals(bytes));
    const zeros = Buffer.alloc(3 * CHUNK_BYTES + 1);
    assert.ok(inflate(gzipSync(zeros)).equals(zeros));
    const blocks = deflateRawSync(bytes.subarray(0, 1e6), { level: 0 });
    assert.equal(inflate(gzipSync(blocks)).length, blocks.length);
  });

  it('passes the name in a header', () => {
    const plain = gzipSync('ticks');
    plain[3] = 8;
    const named = Buffer.concat([plain.subarray(0, 10), Buffer.from('20240808\0'), plain.subarray(10)]);
    assert.equal(inflate(named).toString(), 'ticks');
  });

  it('reads an empty member and none', () => {
    assert.equal(inflate(gzipSync('')).length, 0);
    assert.equal(inflate(new Uint8Array(0)).length, 0);
  });

  it('refuses what stops before its end, wherever', () => {
    const whole = gzipSync(readFileSync(new URL(import.meta.url)), { level: 9 });
    for (let length = 1; length < whole.length; length++)
      assert.throws(() => inflate(whole.subarray(0, length)), Refused, `${length} bytes`);
  });

  it('reads damaged data as zlib does or refuses it', () => {
    fc.assert(
      fc.property(
        texts,
        options,
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 }),
        (text, by, damages) => {
          const compressed = gzipSync(text, by);
          // Behind the header, which says nothing of the data.
          for (const [at, byte] of damages) compressed[10 + (at % (compressed.length - 10))] ^= byte;
          let read: Buffer | undefined;
          try {
            read = inflate(compressed);
          } catch (error) {
            assert.ok(error instanceof Refused);
            return;
          }
          assert.deepEqual(read, zlib(compressed));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('refuses codes, distances and checksums that are none, and what follows a member', () => {
    const member = gzipSync('ticks');
    const body = (...bytes: number[]) => Buffer.concat([member.subarray(0, 10), Buffer.from(bytes)]);
    assert.throws(() => inflate(body(0x07, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)), Refused, 'block of kind 3');
    assert.throws(
      () => inflate(body(0x01, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0)),
      Refused,
      'length of a stored block',
    );
    assert.throws(() => inflate(body(0x05, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)), Refused, 'codes without an end');
    assert.throws(() => inflate(body(0x03, 0x02, 0, 0, 0, 0, 0, 0, 0, 0)), Refused, 'checksum');
    assert.throws(() => inflate(Buffer.concat([member, Buffer.from('x')])), Refused);
    assert.throws(() => inflate(Buffer.concat([member, Buffer.alloc(8)])), Refused);
    assert.equal(inflate(member).toString(), 'ticks');
  });
});
