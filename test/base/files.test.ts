import assert from 'node:assert/strict';
import fs, { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AtomicFile, writeFileAtomic } from '../../base/files.ts';

describe('atomic files', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'makergym-files-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('appear under their name only when whole', () => {
    const path = join(folder, 'a.txt');
    const file = new AtomicFile(path);
    file.write('half');
    assert.equal(existsSync(path), false);
    file.write(' and half');
    file.commit();
    assert.equal(readFileSync(path, 'utf8'), 'half and half');
    assert.deepEqual(readdirSync(folder), ['a.txt']);
  });

  it('leave the old content and no partial file when discarded', () => {
    const path = join(folder, 'a.txt');
    writeFileAtomic(path, 'old');
    const file = new AtomicFile(path);
    file.write('new');
    file.discard();
    assert.equal(readFileSync(path, 'utf8'), 'old');
    assert.deepEqual(readdirSync(folder), ['a.txt']);
  });

  it('say that the disk is full and remove what was written', () => {
    const writeSync = fs.writeSync;
    const file = new AtomicFile(join(folder, 'a.txt'));
    file.write('fits');
    fs.writeSync = () => {
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    };
    syncBuiltinESMExports();
    try {
      assert.throws(() => file.write('does not fit'), { code: 'disk-full', value: join(folder, 'a.txt') });
    } finally {
      fs.writeSync = writeSync;
      syncBuiltinESMExports();
    }
    assert.deepEqual(readdirSync(folder), []);
  });

  it('refuse a folder that cannot be made', () => {
    writeFileAtomic(join(folder, 'file'), 'x');
    assert.throws(() => new AtomicFile(join(folder, 'file', 'a.txt')), {
      code: 'cannot-write',
      field: 'out',
    });
  });

  it('refuse a name that is a folder', () => {
    assert.throws(() => new AtomicFile(folder), { code: 'cannot-write', value: folder });
  });

  it('leave no partial file when they cannot take their name', () => {
    const file = new AtomicFile(join(folder, 'a'));
    mkdirSync(join(folder, 'a'));
    assert.throws(() => file.commit(), { code: 'cannot-write' });
    assert.deepEqual(readdirSync(folder), ['a']);
  });
});
