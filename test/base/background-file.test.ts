import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs, { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BackgroundFile } from '../../base/background-file.ts';
import { FileThread } from '../../base/file-thread/file-thread.ts';

describe('files written in the background', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'makergym-background-'));
    path = join(folder, 'a.bin');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('hold what was written, in order, whatever became of the bytes, and appear only when whole', async () => {
    const file = new BackgroundFile(path);
    const written: Buffer[] = [];
    const part = Buffer.alloc(700_001);
    for (let i = 0; i < 20; i++) {
      part.fill(i);
      file.write(part.subarray(0, part.length - i));
      written.push(Buffer.from(part.subarray(0, part.length - i)));
      await file.room();
    }
    part.fill(0xff);
    assert.equal(existsSync(path), false);
    await file.commit();
    assert.ok(readFileSync(path).equals(Buffer.concat(written)));
    assert.deepEqual(readdirSync(folder), ['a.bin']);
  });

  it('leave nothing when discarded while they are written', async () => {
    const file = new BackgroundFile(path);
    file.write(new Uint8Array(5 << 20));
    await file.discard();
    assert.deepEqual(readdirSync(folder), []);
  });

  for (const beside of [false, true]) {
    it(`have the checksum of what was to be checked${beside ? ', with a thread' : ''}`, async () => {
      const thread = beside ? FileThread.lease(1 << 30) : undefined;
      const file = new BackgroundFile(path, thread);
      const hash = createHash('sha256');
      const written: Buffer[] = [];
      for (let i = 0; i < 20; i++) {
        const part = Buffer.alloc(300_001, i);
        file.write(part, i % 3 > 0);
        written.push(part);
        if (i % 3 > 0) hash.update(part);
        await file.room();
      }
      assert.equal(await file.checksum(), hash.digest('hex'));
      file.write(Buffer.from('footer'));
      await file.commit();
      thread?.release();
      assert.ok(readFileSync(path).equals(Buffer.concat([...written, Buffer.from('footer')])));
      assert.deepEqual(readdirSync(folder), ['a.bin']);
    });
  }

  for (const step of ['room', 'write', 'checksum', 'commit'] as const) {
    it(`say at the next ${step} that the disk is full and remove what was written`, async () => {
      const { writeSync } = fs;
      fs.writeSync = (() => {
        throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
      }) as unknown as typeof fs.writeSync;
      syncBuiltinESMExports();
      try {
        const file = new BackgroundFile(path);
        file.write(new Uint8Array(step === 'commit' || step === 'checksum' ? 1000 : 12 << 20));
        await assert.rejects(async () => file[step](new Uint8Array(1)), { code: 'disk-full', value: path });
      } finally {
        fs.writeSync = writeSync;
        syncBuiltinESMExports();
      }
      assert.deepEqual(readdirSync(folder), []);
    });
  }

  it('say what a thread could not write, and remove what was written', async () => {
    const thread = FileThread.lease(1 << 30) as FileThread;
    const file = new BackgroundFile(path, thread);
    // Of a file that is open for reading only.
    const descriptor = fs.openSync(new URL(import.meta.url), 'r');
    await thread.request({ kind: 'create', descriptor });
    file.write(new Uint8Array(12 << 20));
    await assert.rejects(file.checksum(), { code: 'cannot-write', value: path });
    await assert.rejects(file.room(), { code: 'cannot-write' });
    await file.discard();
    fs.closeSync(descriptor);
    thread.release();
    assert.deepEqual(readdirSync(folder), []);
  });
});
