import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { importCaptures } from '../../market/import.ts';
import { simulateCapture } from '../../market/simulated/capture.ts';
import { TestFolder } from '../support/capture.ts';
import { type Program, Programs } from '../support/program.ts';

describe('record and serve, as programs', function () {
  // Programs of their own, on a machine that may be busy.
  this.timeout(120_000);
  let folder: TestFolder;
  let capture: string;
  const programs = new Programs();
  before(async () => {
    folder = new TestFolder();
    capture = folder.at('simulated.gz');
    await simulateCapture({ market: 'queue-reactive', seed: 4, durationSeconds: 300, out: capture });
  });
  after(async () => {
    await programs.end();
    folder.remove();
  });

  const run = (...args: readonly string[]): Program => programs.run(...args);

  async function serve(...args: readonly string[]): Promise<{ program: Program; url: string; rest: string }> {
    const program = run('serve', capture, '--port', '0', '--json', ...args);
    await program.prints('stdout', '\n');
    const { command, url, rest } = JSON.parse(program.stdout) as Record<string, string>;
    assert.equal(command, 'serve');
    assert.match(url, /^ws:\/\/127\.0\.0\.1:\d+$/);
    assert.match(rest, /^http:\/\/127\.0\.0\.1:\d+$/);
    return { program, url, rest };
  }

  const record = (out: string, url: string, rest: string, ...args: readonly string[]): Program =>
    run(
      'record',
      '--venue',
      'binance-spot',
      '--symbol',
      'simusdt',
      '--out',
      out,
      '--ws',
      url,
      '--rest',
      rest,
      ...args,
    );

  it('Ctrl-C closes the files and prints the summary; what was recorded imports without a mismatch', async () => {
    const { program, url, rest } = await serve('--speed', 'max', '--faults', 'duplicate,drop');
    const out = folder.at('interrupted');
    const recorder = record(out, url, rest, '--json');
    await program.prints('stderr', 'played ');
    recorder.process.kill('SIGINT');
    assert.equal(await recorder.ended, 0);
    const lines = recorder.stdout.trim().split('\n');
    assert.equal(lines.length, 1, 'one JSON document');
    const summary = JSON.parse(lines[0]) as Record<string, unknown>;
    // A second one where the hour has turned meanwhile.
    assert.ok([1, 2].includes((summary.files as string[]).length));
    for (const field of ['messages', 'gaps', 'resyncs', 'reconnects'])
      assert.equal(typeof summary[field], 'number');
    const imported = await importCaptures({ captures: summary.files as string[], out: folder.at('a.arrow') });
    assert.equal(imported.bookTicker.mismatches, 0);
    assert.equal(imported.gaps.length, summary.gaps);
    // What the exchange says of the instrument is not a message of the market.
    assert.equal(imported.messages, (summary.messages as number) - 1);
    program.process.kill('SIGINT');
    assert.equal(await program.ended, 0);
    assert.equal(program.stdout.trim().split('\n').length, 1);
  });

  it('Ctrl-C that ends whoever reads the messages as well, as `2>&1 | tee` does, still closes the files', async () => {
    const { url, rest } = await serve('--speed', 'max');
    const recorder = record(folder.at('unread'), url, rest, '--json');
    await recorder.prints('stderr', 'book known');
    const { stderr } = recorder.process;
    assert.ok(stderr !== null);
    const closed = new Promise((resolve) => stderr.once('close', resolve));
    stderr.destroy();
    await closed;
    recorder.process.kill('SIGINT');
    assert.equal(await recorder.ended, 0);
    const { files, messages } = JSON.parse(recorder.stdout) as { files: string[]; messages: number };
    const imported = await importCaptures({ captures: files, out: folder.at('unread.arrow') });
    assert.ok(messages > 1);
    assert.equal(imported.messages, messages - 1);
  });

  it('kill -9 in the middle leaves a capture that imports as it is', async () => {
    const { url, rest } = await serve('--speed', '20');
    const out = folder.at('killed');
    const recorder = record(out, url, rest, '--sync-interval', '100ms', '--quiet');
    const deadline = performance.now() + 20_000;
    const path = (): string => join(out, readdirSync(out)[0]);
    const started = (): boolean => {
      try {
        return readdirSync(out).length > 0;
      } catch {
        return false;
      }
    };
    let rows = 0;
    // Enough must be on the disk for a book: try until it imports, which it must at every moment.
    while (rows === 0 && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 300));
      if (!started()) continue;
      rows = await importCaptures({ captures: [path()], out: folder.at('b.arrow') }).then(
        (summary) => summary.rows,
        (error: { code?: string }) => {
          assert.ok(
            ['empty-file', 'no-symbol', 'no-book', 'foreign-file'].includes(error.code ?? ''),
            String(error),
          );
          return 0;
        },
      );
    }
    recorder.process.kill('SIGKILL');
    await recorder.ended;
    const summary = await importCaptures({ captures: [path()], out: folder.at('b.arrow') });
    assert.ok(summary.rows >= rows && rows > 0);
    assert.equal(summary.bookTicker.mismatches, 0);
    assert.deepEqual(summary.gaps, []);
    assert.equal(summary.ignored['malformed-line'], undefined);
  });

  it('names what is wrong', async () => {
    const cases: readonly (readonly [readonly string[], string])[] = [
      [['record', '--venue', 'binance-spot', '--symbol', 'X!', '--out', folder.at('x')], 'bad-symbol'],
      [
        ['record', '--venue', 'binance-spot', '--symbol', 'A1', '--out', folder.at('x'), '--ws', 'ws://h'],
        'missing-option',
      ],
      [['serve', capture, '--faults', 'cutt'], 'unknown-fault'],
      [['serve', capture, '--speed', 'fast'], 'bad-option'],
    ];
    const programs = cases.map(([args]) => run(...args, '--json'));
    for (const [i, program] of programs.entries()) {
      assert.equal(await program.ended, 2, program.stderr);
      const { error } = JSON.parse(program.stdout) as { error: { code: string; hint: string } };
      assert.equal(error.code, cases[i][1]);
    }
    assert.match(programs[2].stdout, /Did you mean \\"cut\\"/);
  });
});
