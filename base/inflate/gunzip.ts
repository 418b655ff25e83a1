import { readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { compile, createMemory, instantiate } from '../wasm/web-assembly.ts';
import { BitReader } from './bit-reader.ts';
import { BlockCodes, HEAD_BYTES } from './block-codes.ts';
import * as layout from './layout.ts';
import { INPUT_SLACK, inflateProgram, Stop } from './program.ts';

/** What comes next: a member of the file or nothing, a block, bytes of one that is stored, symbols, or a checksum. */
type Next = 'member' | 'block' | 'stored' | 'symbols' | 'trailer' | 'end';

/** Data that {@link Gunzip} is not sure of: zlib decides what is wrong with it, if anything. */
export class Refused extends Error {}

const MAGIC = 0x8b1f;
const DEFLATE = 8;
const NAMED = 8;
const HEADER_BYTES = 10;
const TRAILER_BYTES = 8;
const MODULO = 2 ** 32;

/**
 * Inflates a gzip file chunk by chunk without allocating: the decoder of RFC 1951 and 1952, in WebAssembly where it counts.
 * It takes what zlib takes, members one after the other included, but for what is rare: of that, and of damaged data, it
 * throws {@link Refused}.
 */
export class Gunzip {
  /** Bytes of the file that have been read. */
  read = 0;
  #descriptor = -1;
  readonly #bytes: Uint8Array;
  readonly #stopped: Int32Array;
  readonly #codes: BlockCodes;
  readonly #input: BitReader;
  readonly #run: (...parameters: number[]) => number;
  #next: Next = 'member';
  /** Address of the end of the input that is there, and whether the file has no more. */
  #end = layout.INPUT;
  #ended = false;
  /** Whether the block is its member's last one. */
  #lastBlock = false;
  /** Bytes left of a block that is stored. */
  #stored = 0;
  /** Of the member so far. */
  #crc = 0;
  #size = 0;
  /** Address of the end of what has been inflated. */
  #written = layout.CHUNK;

  constructor() {
    const memory = createMemory(layout.MEMORY_BYTES);
    const { buffer } = memory;
    this.#bytes = new Uint8Array(buffer);
    this.#stopped = new Int32Array(buffer, layout.STOPPED, 3);
    this.#codes = new BlockCodes(buffer);
    this.#run = instantiate<number>(compile(inflateProgram()), memory);
    this.#input = new BitReader(this.#bytes, layout.INPUT);
  }

  /** From here on a file is inflated, from where it stands. */
  open(descriptor: number): void {
    this.#descriptor = descriptor;
    this.#next = 'member';
    this.#input.at = layout.INPUT;
    this.#input.bit = 0;
    this.#end = layout.INPUT;
    this.#ended = false;
    this.#lastBlock = false;
    this.#size = 0;
    this.#written = layout.CHUNK;
    this.read = 0;
  }

  /**
   * The next bytes, valid until the next call: `layout.CHUNK_BYTES` and less than `layout.CHUNK_SLACK` more where the file
   * has as many, none at its end. Throws what the file system does.
   */
  next(): Uint8Array {
    const history = Math.min(layout.HISTORY_BYTES, this.#size);
    this.#bytes.copyWithin(layout.CHUNK - history, this.#written - history, this.#written);
    this.#written = layout.CHUNK;
    const limit = layout.CHUNK + layout.CHUNK_BYTES;
    /** What matches may reach back to, and what the checksum does not have yet. */
    let first = layout.CHUNK - history;
    let unchecked = layout.CHUNK;
    while (this.#written < limit && this.#next !== 'end') {
      if (this.#next === 'symbols') this.#symbols(limit, first);
      else if (this.#next === 'stored') this.#copyStored(limit);
      else if (this.#next === 'block') this.#block();
      else if (this.#next === 'trailer') {
        this.#check(unchecked);
        unchecked = this.#written;
        this.#trailer();
      } else {
        this.#member();
        first = this.#written;
      }
    }
    this.#check(unchecked);
    return this.#bytes.subarray(layout.CHUNK, this.#written);
  }

  #member(): void {
    const input = this.#input;
    this.#need(HEADER_BYTES + 1);
    if (input.at === this.#end) {
      this.#next = 'end';
      return;
    }
    if (input.read(16) !== MAGIC || input.read(8) !== DEFLATE) throw new Refused('no gzip header');
    const flags = input.read(8);
    if ((flags & ~NAMED) !== 0) throw new Refused('a rare gzip header');
    input.at += HEADER_BYTES - 4;
    if (flags === NAMED) {
      this.#need(HEAD_BYTES);
      const end = this.#bytes.indexOf(0, input.at);
      if (end < 0 || end >= this.#end) throw new Refused('a name without an end');
      input.at = end + 1;
    }
    this.#crc = 0;
    this.#size = 0;
    this.#next = 'block';
  }

  #block(): void {
    const input = this.#input;
    if (this.#lastBlock) {
      this.#lastBlock = false;
      this.#next = 'trailer';
      return;
    }
    this.#need(HEAD_BYTES);
    this.#lastBlock = input.read(1) === 1;
    const kind = input.read(2);
    if (kind === 0) {
      input.align();
      this.#stored = input.read(16);
      if (input.read(16) !== (~this.#stored & 0xffff)) throw new Refused('two lengths');
      this.#next = 'stored';
    } else {
      const known = kind === 1 ? this.#codes.setFixed() : kind === 2 && this.#codes.readDynamic(input);
      if (!known) throw new Refused('no codes');
      this.#next = 'symbols';
    }
    this.#refuseTruncated();
  }

  #symbols(outLimit: number, first: number): void {
    const input = this.#input;
    // Zeros follow the last byte: bits that are read of them are found out afterwards.
    const inLimit = this.#ended ? this.#end + INPUT_SLACK / 2 : this.#end - INPUT_SLACK;
    const stop = this.#run(input.at, input.bit, inLimit, this.#written, outLimit, first);
    [input.at, input.bit, this.#written] = this.#stopped;
    this.#refuseTruncated();
    if (stop === Stop.damaged) throw new Refused('no symbol');
    if (stop === Stop.endOfBlock) this.#next = 'block';
    else if (stop === Stop.input) {
      if (this.#ended) throw new Refused('truncated');
      this.#fill();
    }
  }

  #copyStored(outLimit: number): void {
    const input = this.#input;
    this.#need(1);
    const count = Math.min(this.#stored, this.#end - input.at, outLimit - this.#written);
    if (count === 0 && this.#stored > 0) throw new Refused('truncated');
    this.#bytes.copyWithin(this.#written, input.at, input.at + count);
    input.at += count;
    this.#written += count;
    this.#stored -= count;
    if (this.#stored === 0) this.#next = 'block';
  }

  #trailer(): void {
    const input = this.#input;
    input.align();
    this.#need(TRAILER_BYTES);
    const crc = input.read(16) + 65536 * input.read(16);
    const bytes = input.read(16) + 65536 * input.read(16);
    this.#refuseTruncated();
    if (crc !== this.#crc || bytes !== this.#size % MODULO) throw new Refused('another checksum');
    this.#next = 'member';
  }

  #check(from: number): void {
    if (this.#written === from) return;
    this.#crc = crc32(this.#bytes.subarray(from, this.#written), this.#crc);
    this.#size += this.#written - from;
  }

  /** So many bytes of input are there, unless the file ends before. */
  #need(bytes: number): void {
    if (this.#end - this.#input.at < bytes) this.#fill();
  }

  #refuseTruncated(): void {
    const { at, bit } = this.#input;
    if (at + (bit > 0 ? 1 : 0) > this.#end) throw new Refused('truncated');
  }

  #fill(): void {
    if (this.#ended) return;
    const input = this.#input;
    this.#bytes.copyWithin(layout.INPUT, input.at, this.#end);
    this.#end -= input.at - layout.INPUT;
    input.at = layout.INPUT;
    const limit = layout.INPUT + layout.INPUT_BYTES;
    while (this.#end < limit) {
      const count = readSync(this.#descriptor, this.#bytes, this.#end, limit - this.#end, null);
      this.#ended = count === 0;
      if (this.#ended) break;
      this.#end += count;
      this.read += count;
    }
    if (this.#ended) this.#bytes.fill(0, this.#end, this.#end + layout.INPUT_ZEROS);
  }
}
