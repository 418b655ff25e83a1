import assert from 'node:assert/strict';
import fs, { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makergymJson } from '../support/cli.ts';
import { marketIn, TINY } from '../support/market-folder.ts';

describe('work that cannot be finished', function () {
  this.timeout(60_000);
  let folder: string;
  const at = (name: string) => join(folder, name);
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'makergym-unfinished-'));
    await marketIn(folder, 1, 120);
    const train = ['train', '--tape', at('market-1.arrow'), '--total-timesteps', '100', '--out', at('run')];
    const { code, stdout } = await makergymJson(...train, '--engine', 'tfjs-cpu', ...TINY);
    assert.equal(code, 0, stdout);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** Commands that write under `new`, each with what it may leave there. */
  const commands = (): Readonly<Record<string, readonly string[]>> => ({
    'simulate a capture': ['simulate', '--duration', '2h', '--out', at('new/s.gz')],
    'simulate a tape': ['simulate', '--duration', '2h', '--out', at('new/s.arrow')],
    import: ['import', at('market-1.gz'), '--out', at('new/deep/x.arrow')],
    backtest: [
      'backtest',
      at('market-1.arrow'),
      '--agent',
      'v15',
      '--out',
      at('new/b'),
      '--fills',
      at('new/f'),
    ],
    evaluate: ['evaluate', 'v1', '--tape', at('market-1.arrow'), '--out', at('new/e')],
  });

  describe('because of Ctrl-C', () => {
    /** Presses Ctrl-C as soon as the command listens for it. */
    async function interrupted(...words: readonly string[]) {
      const press = (event: string, listener: () => void) => {
        if (event === 'SIGINT') listener();
      };
      process.on('newListener', press);
      try {
        return await makergymJson(...words);
      } finally {
        process.off('newListener', press);
      }
    }

    for (const name of ['simulate a capture', 'simulate a tape', 'import', 'backtest', 'evaluate']) {
      it(`ends with 130 and leaves nothing: ${name}`, async () => {
        const before = readdirSync(folder).sort();
        const { code, document } = await interrupted(...commands()[name]);
        assert.equal(code, 130, JSON.stringify(document));
        assert.equal((document.error as { code: string }).code, 'interrupted');
        assert.deepEqual(readdirSync(folder).sort(), before);
      });
    }

    it('ends with 130 and leaves a run that goes on: train', async () => {
      const out = ['--out', at('stopped'), '--total-timesteps', '120', '--engine', 'tfjs-cpu', ...TINY];
      const { code, document } = await interrupted('train', '--tape', at('market-1.arrow'), ...out);
      assert.equal(code, 130);
      const { hint } = document.error as { hint: string };
      assert.equal(hint, `Go on with: makergym train --resume ${at('stopped')} --total-timesteps 120`);
      const resumed = await makergymJson(...hint.split(' ').slice(4));
      assert.deepEqual([resumed.code, resumed.document.timesteps], [0, 120]);
    });
  });

  describe('because the disk is full', () => {
    /** Runs a command on a disk that takes so many bytes more. */
    async function onDiskOf(bytes: number, words: readonly string[]) {
      const { write, writeSync } = fs;
      let left = bytes;
      fs.write = ((
        file: number,
        data: Uint8Array,
        offset: number,
        length: number,
        position: null,
        done: (error: Error | null, written: number) => void,
      ) => {
        if (length > left)
          done(Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' }), 0);
        else {
          left -= length;
          write(file, data, offset, length, position, done);
        }
      }) as typeof fs.write;
      fs.writeSync = ((
        file: number,
        data: Uint8Array,
        offset: number = 0,
        length: number = data.byteLength,
      ) => {
        if (length > left)
          throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
        left -= length;
        return writeSync(file, data, offset, length);
      }) as typeof fs.writeSync;
      syncBuiltinESMExports();
      try {
        return await makergymJson(...words);
      } finally {
        Object.assign(fs, { write, writeSync });
        syncBuiltinESMExports();
      }
    }

    for (const [name, bytes] of Object.entries({
      'simulate a capture': 20_000,
      'simulate a tape': 20_000,
      import: 20_000,
      backtest: 5_000,
      evaluate: 5_000,
      export: 12_000,
      report: 10_000,
    })) {
      it(`says so and leaves nothing: ${name}`, async () => {
        const before = readdirSync(folder).sort();
        const more: Readonly<Record<string, readonly string[]>> = {
          export: ['export', at('run'), '--out', at('new/export')],
          report: ['report', at('run'), '--out', at('new/report.html')],
        };
        const { code, document } = await onDiskOf(bytes, more[name] ?? commands()[name]);
        const { error } = document as { error: Record<string, string> };
        assert.deepEqual([code, error?.code], [1, 'disk-full'], JSON.stringify(document).slice(0, 300));
        assert.match(error.message, /The partial file was removed/);
        assert.match(error.hint, /Free some space/);
        assert.deepEqual(readdirSync(folder).sort(), before);
      });
    }

    it('says so and keeps the last good checkpoint: train', async () => {
      const out = ['--out', at('full'), '--total-timesteps', '200', '--engine', 'tfjs-cpu', ...TINY];
      // A run of half the timesteps fits with what its log adds; the second checkpoint does not.
      const files = readdirSync(at('run'), { recursive: true, withFileTypes: true }).filter((entry) =>
        entry.isFile(),
      );
      const sizes = files.map(({ parentPath, name }) => statSync(join(parentPath, name)).size);
      const fits = sizes.reduce((sum, size) => sum + size, 10_000);
      const { code, document } = await onDiskOf(fits, ['train', '--tape', at('market-1.arrow'), ...out]);
      const { error } = document as { error: Record<string, string> };
      assert.deepEqual([code, error?.code], [1, 'disk-full'], JSON.stringify(document).slice(0, 300));
      assert.ok(error.message.includes(`The last good checkpoint is ${at('full/checkpoints/step_100')}`));
      assert.deepEqual(readdirSync(at('full/checkpoints')), ['step_100']);
      assert.ok(!existsSync(at('full/checkpoints/step_200')));
    });
  });
});
