import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { GzipLog, type WriteAt } from '../../live/recorder/gzip-log.ts';
import { readLines } from '../../market/capture/lines.ts';
import { TestFolder } from '../support/capture.ts';

const text = (value: string): Uint8Array => Buffer.from(value);

describe('gzip log', () => {
  let folder: TestFolder;
  before(() => {
    folder = new TestFolder();
  });
  after(() => folder.remove());

  async function linesOf(path: string): Promise<string[]> {
    const lines: string[] = [];
    const take = (bytes: Uint8Array, start: number, end: number): boolean => {
      lines.push(Buffer.from(bytes.slice(start, end)).toString());
      return true;
    };
    await readLines(path, take, { field: 'capture' });
    return lines;
  }

  it('is a whole gzip file after every member', async () => {
    const path = folder.at('whole.gz');
    const log = new GzipLog(path);
    await log.append(text('one\n'));
    assert.equal(gunzipSync(readFileSync(path)).toString(), 'one\n');
    await log.append(text('two\n'));
    await log.close();
    assert.deepEqual(await linesOf(path), ['one', 'two']);
    assert.equal(statSync(path).size, log.length);
  });

  it('ends at the last whole member wherever a write is cut off', async () => {
    const first = gzipSync('one\n');
    const second = gzipSync('two\n'.repeat(50));
    // A member is written from its second byte; the first comes last.
    for (let written = 0; written < second.length; written++) {
      const path = folder.at(`cut-${written}.gz`);
      const descriptor = openSync(path, 'w');
      writeSync(descriptor, first, 0, first.length, 0);
      if (written > 0) writeSync(descriptor, second, 1, written, first.length + 1);
      closeSync(descriptor);
      assert.deepEqual(await linesOf(path), ['one'], `${written} bytes of the second member`);
    }
  });

  it('keeps what was written when the disk is full', async () => {
    const path = folder.at('full.gz');
    let room = 40;
    const write: WriteAt = async (descriptor, bytes, at) => {
      if (room === 0)
        throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
      const count = Math.min(room, bytes.length);
      room -= count;
      return writeSync(descriptor, bytes, 0, count, at);
    };
    const log = new GzipLog(path, write);
    await log.append(text('one\n'));
    await assert.rejects(log.append(text('two\n')), (error: Error & { code?: string }) => {
      assert.equal(error.name, 'RunError');
      assert.equal(error.code, 'disk-full');
      return true;
    });
    await log.close();
    assert.deepEqual(await linesOf(path), ['one']);
  });

  it('never writes over a file', () => {
    const path = folder.write('there.gz', 'old');
    assert.throws(() => new GzipLog(path), { code: 'cannot-write' });
    assert.equal(readFileSync(path, 'utf8'), 'old');
  });
});
