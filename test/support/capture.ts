import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** 2024-01-02T03:04:05Z in µs: the local time of the first line of {@link CaptureBuilder}. */
export const CAPTURE_START = 1_704_164_645_000_000;

type Level = readonly [price: string, quantity: string];

/** Writes captures of Binance spot for tests, line by line: a message every 100 ms, ids counted. */
export class CaptureBuilder {
  readonly lines: string[] = [];
  symbol = 'TESTUSDT';
  time = CAPTURE_START;
  #id: number;
  #tradeId = 0;

  constructor(firstId = 1000) {
    this.#id = firstId;
  }

  get lastId(): number {
    return this.#id;
  }

  snapshot(bids: readonly Level[], asks: readonly Level[], id = this.#id): this {
    return this.json({ lastUpdateId: id, bids, asks });
  }

  /** A depth update that connects; `skip` ids are lost before it. */
  depth(bids: readonly Level[], asks: readonly Level[], skip = 0): this {
    const first = this.#id + 1 + skip;
    this.#id = first;
    return this.event('depthUpdate', { U: first, u: first, b: bids, a: asks });
  }

  trade(price: string, quantity: string, more: Readonly<Record<string, unknown>> = {}, type = 'trade'): this {
    const id = ++this.#tradeId;
    return this.event(type, { [type === 'trade' ? 't' : 'a']: id, p: price, q: quantity, m: false, ...more });
  }

  ticker(bid: Level, ask: Level, id = this.#id): this {
    return this.json({ u: id, s: this.symbol, b: bid[0], B: bid[1], a: ask[0], A: ask[1] });
  }

  event(type: string, fields: Readonly<Record<string, unknown>>): this {
    return this.json({ e: type, E: Math.floor(this.time / 1000) - 3, s: this.symbol, ...fields });
  }

  json(payload: unknown): this {
    return this.raw(`${this.time} ${JSON.stringify(payload)}`);
  }

  raw(line: string): this {
    this.lines.push(line);
    this.time += 100_000;
    return this;
  }

  text(): string {
    return `${this.lines.join('\n')}\n`;
  }
}

/** A folder that goes away with the tests. */
export class TestFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'makergym-'));

  write(name: string, content: string | Uint8Array): string {
    const path = join(this.path, name);
    writeFileSync(path, content);
    return path;
  }

  gzip(name: string, content: string): string {
    return this.write(name, gzipSync(content));
  }

  at(name: string): string {
    return join(this.path, name);
  }

  /** Expects work to fail with a code and a message, and to leave nothing half-written behind. */
  async refuses(work: Promise<unknown>, code: string, text: RegExp): Promise<void> {
    await assert.rejects(work, (error: Error & { code?: string }) => {
      assert.equal(error.code, code, error.message);
      assert.match(error.message, text);
      return true;
    });
    assert.ok(readdirSync(this.path).every((name) => !name.endsWith('.partial')));
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** A zstd frame that stores its content uncompressed (RFC 8878), so that tests need no compressor. */
export function zstdFrame(content: string | Uint8Array): Buffer {
  const data = Buffer.from(content);
  const head = Buffer.alloc(9);
  head.writeUInt32LE(0xfd2fb528, 0);
  // Single segment, content size in four bytes.
  head[4] = 0xa0;
  head.writeUInt32LE(data.length, 5);
  const blocks: Buffer[] = [head];
  const size = 100_000;
  for (let at = 0; at < data.length; at += size) {
    const block = data.subarray(at, at + size);
    const last = at + size >= data.length ? 1 : 0;
    const header = Buffer.alloc(3);
    header.writeUIntLE((block.length << 3) | last, 0, 3);
    blocks.push(header, block);
  }
  return Buffer.concat(blocks);
}
