import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { firstContent, readDecompressed } from '../../base/decompress.ts';
import { zstdFrame } from '../support/capture.ts';

describe('reading files as they are kept', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'makergym-decompress-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const text = 'one line after another\n'.repeat(20_000);
  const write = (content: Uint8Array | string) => {
    const path = join(folder, 'file');
    writeFileSync(path, content);
    return path;
  };
  const read = (path: string) => {
    const chunks: Uint8Array[] = [];
    readDecompressed(path, 'file', (chunk) => chunks.push(chunk.slice()));
    return Buffer.concat(chunks).toString();
  };

  for (const [name, pack] of [
    ['plain', (content: string) => Buffer.from(content)],
    ['gzip', (content: string) => gzipSync(content)],
    ['zstd', (content: string) => zstdFrame(content)],
  ] as const) {
    it(`gives the content of a ${name} file, and its beginning alone`, () => {
      const path = write(pack(text));
      assert.equal(read(path), text);
      const beginning = Buffer.from(firstContent(path)).toString();
      assert.ok(beginning.length > 0 && text.startsWith(beginning));
    });
  }

  it('refuses truncated and damaged data, of which the beginning can still be told', () => {
    const packed = gzipSync(text);
    const cut = write(packed.subarray(0, packed.length - 20));
    assert.throws(() => read(cut), { code: 'damaged-file', field: 'file', value: cut });
    assert.ok(text.startsWith(Buffer.from(firstContent(cut)).toString('latin1', 0, 100)));
    assert.throws(() => read(write(zstdFrame(text).subarray(0, 1000))), { code: 'damaged-file' });
    assert.equal(firstContent(write(Buffer.from('1f8b08', 'hex'))).length, 0);
  });

  it('hands on what the taker throws', () => {
    for (const pack of [gzipSync, zstdFrame]) {
      const full = () => {
        throw new Error('disk full');
      };
      assert.throws(() => readDecompressed(write(pack(text)), 'file', full), /disk full/);
    }
  });
});
