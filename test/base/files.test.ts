import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs, {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AtomicFile,
  appendToFile,
  claimFolder,
  refuseSameFile,
  removeFolder,
  writeFileAtomic,
} from '../../base/files.ts';

const FILES = new URL('../../base/files.ts', import.meta.url).href;

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

  it('refuse the name of a device or a pipe, whose place they would take', function () {
    if (process.platform === 'win32') this.skip();
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    assert.throws(() => new AtomicFile(pipe), { code: 'cannot-write', value: pipe });
    assert.ok(lstatSync(pipe).isFIFO());
    assert.deepEqual(readdirSync(folder), ['pipe']);
  });

  it('refuse a folder within one that takes none, and leave nothing of what was made for it', function () {
    if (!existsSync('/proc/self')) this.skip();
    // In a process of its own, which can be ended: it may try for ever.
    const program = `
      import { writeFileAtomic } from ${JSON.stringify(FILES)};
      writeFileAtomic('/proc/none/such/a.txt', '');`;
    const child = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
      timeout: 20_000,
      killSignal: 'SIGKILL',
      encoding: 'utf8',
    });
    assert.equal(child.signal, null);
    assert.match(child.stderr, /Cannot write \/proc\/none\/such\/a\.txt/);

    const made = join(folder, 'made');
    const mkdir = fs.mkdirSync;
    fs.mkdirSync = ((path: string) => {
      if (path.endsWith('none')) throw Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT' });
      return mkdir(path);
    }) as typeof mkdir;
    syncBuiltinESMExports();
    try {
      assert.throws(() => new AtomicFile(join(made, 'none', 'a.txt')), { code: 'cannot-write' });
    } finally {
      fs.mkdirSync = mkdir;
      syncBuiltinESMExports();
    }
    assert.equal(existsSync(made), false);
  }).timeout(30_000);

  it('leave no partial file when they cannot take their name', () => {
    const file = new AtomicFile(join(folder, 'a'));
    mkdirSync(join(folder, 'a'));
    assert.throws(() => file.commit(), { code: 'cannot-write' });
    assert.deepEqual(readdirSync(folder), ['a']);
  });

  it('take the folders made for them along when discarded, but none that holds something else', () => {
    const [one, other] = ['a.txt', 'b.txt'].map((name) => new AtomicFile(join(folder, 'new', 'deep', name)));
    one.discard();
    other.discard();
    assert.deepEqual(readdirSync(folder), []);
    const lone = new AtomicFile(join(folder, 'new', 'a.txt'));
    writeFileAtomic(join(folder, 'new', 'kept.txt'), 'x');
    lone.discard();
    assert.deepEqual(readdirSync(join(folder, 'new')), ['kept.txt']);
  });

  it('are not to be what is read, by whatever name', () => {
    const input = join(folder, 'recording.gz');
    writeFileAtomic(input, 'precious');
    symlinkSync(input, join(folder, 'link'));
    for (const out of [input, join(folder, 'link'), join(folder, '.', 'x', '..', 'recording.gz')]) {
      assert.throws(() => refuseSameFile(out, '--out', [join(folder, 'other'), input]), {
        code: 'same-file',
        field: '--out',
        value: out,
      });
    }
    refuseSameFile(join(folder, 'tape.arrow'), '--out', [input]);
  });
});

describe('a folder that is claimed', () => {
  it('is the first that is free, is gone again with those around it where what it was made for failed', () => {
    const around = mkdtempSync(join(tmpdir(), 'makergym-'));
    try {
      const name = (n: number): string => join(around, 'runs', `train-${n}`);
      assert.deepEqual([claimFolder(name), claimFolder(name)], [name(1), name(2)]);
      writeFileSync(join(name(2), 'x'), '');
      removeFolder(name(2));
      removeFolder(name(1));
      assert.deepEqual(readdirSync(join(around, 'runs')), ['train-2']);
      rmSync(name(2), { recursive: true });
      assert.equal(claimFolder(name), name(1));
      removeFolder(name(1));
      assert.deepEqual(readdirSync(around), []);
      writeFileSync(join(around, 'runs'), '');
      assert.throws(() => claimFolder(name), { code: 'cannot-write', value: name(1) });
    } finally {
      rmSync(around, { recursive: true });
    }
  });
});

describe('a file that grows', () => {
  it('says that the disk is full', () => {
    const appendFileSync = fs.appendFileSync;
    fs.appendFileSync = () => {
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    };
    syncBuiltinESMExports();
    try {
      assert.throws(() => appendToFile('progress.csv', '1,2\n'), {
        code: 'disk-full',
        value: 'progress.csv',
      });
    } finally {
      fs.appendFileSync = appendFileSync;
      syncBuiltinESMExports();
    }
  });
});
