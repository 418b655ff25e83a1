import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { BUFFER_BYTES, FileThread } from '../../base/file-thread/file-thread.ts';
import { GzipFile } from '../../base/file-thread/gzip-file.ts';

const MUCH = 1 << 30;

describe('a thread for files', () => {
  let folder: string;
  let thread: FileThread;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'makergym-thread-'));
    thread = FileThread.lease(MUCH) as FileThread;
  });
  after(() => {
    thread.release();
    rmSync(folder, { recursive: true });
  });

  function compressed(name: string, bytes: Uint8Array): string {
    const path = join(folder, name);
    writeFileSync(path, gzipSync(bytes, { level: 1 }));
    return path;
  }

  async function readAll(path: string): Promise<Buffer> {
    const file = new GzipFile(path, thread);
    const chunks: Buffer[] = [];
    try {
      for (let chunk = await file.next(); chunk !== undefined; chunk = await file.next())
        chunks.push(Buffer.from(chunk));
    } finally {
      await file.close();
    }
    return Buffer.concat(chunks);
  }

  it('inflates one file after the other, read to its end or not', async () => {
    const numbers = Buffer.from(Uint32Array.from({ length: 2_000_000 }, (_, i) => i * i).buffer);
    const long = compressed('long.gz', numbers);
    const short = compressed('short.gz', Buffer.from('ticks'));
    assert.ok((await readAll(long)).equals(numbers));
    const unread = new GzipFile(long, thread);
    assert.ok(numbers.subarray(0, 1000).equals((await unread.next())?.subarray(0, 1000) ?? Buffer.alloc(0)));
    await unread.close();
    assert.equal((await readAll(short)).toString(), 'ticks');
  });

  it('throws where a file is damaged, and reads the next', async () => {
    const path = join(folder, 'damaged.gz');
    writeFileSync(path, gzipSync(Buffer.alloc(1000, 'ticks')).subarray(0, 20));
    await assert.rejects(readAll(path));
    assert.equal((await readAll(compressed('whole.gz', Buffer.from('ticks')))).toString(), 'ticks');
  });

  it('writes nothing to a file once a write has failed', async () => {
    const path = join(folder, 'readonly.bin');
    writeFileSync(path, '');
    const descriptor = openSync(path, 'r');
    await thread.request({ kind: 'create', descriptor });
    const write = () =>
      thread.request({ kind: 'write', buffer: new ArrayBuffer(BUFFER_BYTES), length: 10, checked: [] });
    await assert.rejects(write(), { code: 'EBADF' });
    closeSync(descriptor);
    const other = openSync(path, 'w');
    await assert.rejects(write());
    closeSync(other);
    assert.equal(readFileSync(path).length, 0);
  });

  it('sums up the parts that are to be checked', async () => {
    const path = join(folder, 'checked.bin');
    const descriptor = openSync(path, 'w');
    const buffer = new ArrayBuffer(BUFFER_BYTES);
    new Uint8Array(buffer).fill(7);
    await thread.request({ kind: 'create', descriptor });
    await thread.request({ kind: 'write', buffer, length: 100, checked: [0, 10, 90, 100] });
    const { checksum } = await thread.request({ kind: 'checksum' });
    closeSync(descriptor);
    assert.equal(checksum, createHash('sha256').update(Buffer.alloc(20, 7)).digest('hex'));
    assert.ok(readFileSync(path).equals(Buffer.alloc(100, 7)));
  });

  it('is for one at a time, for much to read, and started by the second who asks', () => {
    assert.equal(FileThread.lease(1000), undefined);
    const other = FileThread.lease(MUCH);
    assert.ok(other !== undefined && other !== thread);
    other.release();
    assert.equal(FileThread.lease(1 << 20), other);
    other.release();
  });
});
