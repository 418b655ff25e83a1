import assert from 'node:assert/strict';
import fs, {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { loadCheckpoint, saveCheckpoint } from '../../checkpoints/checkpoint.ts';
import { whileReading } from '../support/while-reading.ts';

describe('a checkpoint', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'makergym-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

  it('lists each part with its SHA-256 and size, also of one that is streamed', () => {
    const at = join(folder, 'step_1');
    saveCheckpoint(at, {
      'a.txt': 'abc',
      'deep/b.bin': (sink) => {
        sink.write('a');
        sink.write(Uint8Array.of(98, 99));
      },
    });
    const checkpoint = loadCheckpoint(at);
    assert.deepEqual(checkpoint.manifest.files, [
      { path: 'a.txt', sha256: ABC, bytes: 3 },
      { path: 'deep/b.bin', sha256: ABC, bytes: 3 },
    ]);
    assert.equal(readFileSync(checkpoint.path('deep/b.bin'), 'utf8'), 'abc');
    assert.throws(() => checkpoint.path('c'), /has no c/);
  });

  it('names a part that was changed, with the hash expected and found', () => {
    const at = join(folder, 'step_1');
    saveCheckpoint(at, { 'a.txt': 'abc' });
    writeFileSync(join(at, 'a.txt'), 'abd');
    assert.throws(
      () => loadCheckpoint(at),
      (error: InputError) => {
        assert.ok(error instanceof InputError);
        assert.equal(error.code, 'wrong-hash');
        assert.match(error.message, /a\.txt/);
        assert.ok(error.expected?.includes(ABC));
        assert.equal(String(error.value).length, 64);
        return true;
      },
    );
    writeFileSync(join(at, 'a.txt'), 'ab');
    assert.throws(() => loadCheckpoint(at), /expected 3 bytes, found 2 bytes/);
  });

  it('leaves the old one untouched and nothing partial when a part fails', () => {
    const at = join(folder, 'step_1');
    saveCheckpoint(at, { 'a.txt': 'old' });
    assert.throws(() =>
      saveCheckpoint(at, {
        'a.txt': 'new',
        b: () => {
          throw new Error('boom');
        },
      }),
    );
    assert.equal(readFileSync(loadCheckpoint(at).path('a.txt'), 'utf8'), 'old');
    assert.deepEqual(readdirSync(folder), ['step_1']);
    saveCheckpoint(at, { 'a.txt': 'new' });
    assert.equal(readFileSync(loadCheckpoint(at).path('a.txt'), 'utf8'), 'new');
    assert.deepEqual(readdirSync(folder), ['step_1']);
  });

  for (const [file, count] of [
    ['manifest.json', 1],
    ['a.txt', 1],
    ['b.txt', 1],
  ] as const) {
    it(`is read whole beside a process that replaces it before ${file} is read`, () => {
      const at = join(folder, 'best');
      saveCheckpoint(at, { 'a.txt': 'old', 'b.txt': 'old' });
      const replace = () => saveCheckpoint(at, { 'a.txt': 'new', 'b.txt': 'newer' });
      const checkpoint = whileReading(file, count, replace, () => loadCheckpoint(at));
      assert.deepEqual(
        checkpoint.manifest.files.map(({ bytes }) => bytes),
        [3, 5],
      );
      assert.equal(readFileSync(checkpoint.path('b.txt'), 'utf8'), 'newer');
    });
  }

  it('is read where another process is about to replace it, or was killed at it', () => {
    const at = join(folder, 'best');
    saveCheckpoint(at, { 'a.txt': 'old' });
    const old = join(folder, '.best.0badcafe.old');
    renameSync(at, old);
    assert.equal(readFileSync(loadCheckpoint(at).path('a.txt'), 'utf8'), 'old');
    const replace = () => {
      saveCheckpoint(at, { 'a.txt': 'new' });
      assert.deepEqual(readdirSync(folder), ['best']);
    };
    const checkpoint = whileReading('a.txt', 1, replace, () => loadCheckpoint(at));
    assert.equal(readFileSync(checkpoint.path('a.txt'), 'utf8'), 'new');
  });

  it('says so when it is replaced between loading and use', () => {
    const at = join(folder, 'best');
    saveCheckpoint(at, { 'a.txt': 'old' });
    const checkpoint = loadCheckpoint(at);
    saveCheckpoint(at, { 'a.txt': 'new' });
    assert.throws(() => checkpoint.path('a.txt'), { code: 'replaced-meanwhile' });
  });

  it('keeps aside only the latest while it is replaced', () => {
    const at = join(folder, 'best');
    saveCheckpoint(at, { 'a.txt': 'old' });
    // Of a process that was killed right after its replacement.
    mkdirSync(join(folder, '.best.0badcafe.old'));
    const rename = fs.renameSync;
    fs.renameSync = (from, to) => {
      rename(from, to);
      if (from === at) assert.deepEqual(readFileSync(join(String(to), 'a.txt'), 'utf8'), 'old');
      if (from === at) assert.equal(readdirSync(folder).filter((name) => name.endsWith('.old')).length, 1);
    };
    syncBuiltinESMExports();
    try {
      saveCheckpoint(at, { 'a.txt': 'new' });
    } finally {
      fs.renameSync = rename;
      syncBuiltinESMExports();
    }
    assert.deepEqual(readdirSync(folder), ['best']);
  });

  it('is told from other folders', () => {
    assert.throws(() => loadCheckpoint(folder), /No such file.*manifest\.json/);
    writeFileSync(join(folder, 'manifest.json'), '{"format":"other"}');
    assert.throws(() => loadCheckpoint(folder), /not a checkpoint.*"other"/);
    writeFileSync(join(folder, 'manifest.json'), '{"format":"makergym-checkpoint","version":9,"files":[]}');
    assert.throws(() => loadCheckpoint(folder), /version 9/);
    writeFileSync(join(folder, 'manifest.json'), '{"form');
    assert.throws(() => loadCheckpoint(folder), /not a JSON object/);
  });
});
