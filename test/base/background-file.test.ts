import assert from 'node:assert/strict';
import fs, { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BackgroundFile } from '../../base/background-file.ts';

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

  for (const step of ['room', 'write', 'commit'] as const) {
    it(`say at the next ${step} that the disk is full and remove what was written`, async () => {
      const { write } = fs;
      fs.write = ((_file: number, _data: Uint8Array, ...rest: ((error: Error) => void)[]) => {
        const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
        setImmediate(() => rest.at(-1)?.(full));
      }) as unknown as typeof fs.write;
      syncBuiltinESMExports();
      try {
        const file = new BackgroundFile(path);
        file.write(new Uint8Array(step === 'commit' ? 1000 : 12 << 20));
        if (step === 'write') await file.room().catch(() => undefined);
        await assert.rejects(async () => file[step](new Uint8Array(1)), { code: 'disk-full', value: path });
      } finally {
        fs.write = write;
        syncBuiltinESMExports();
      }
      assert.deepEqual(readdirSync(folder), []);
    });
  }
});
