import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PRELOADED = new URL('../support/full-stream.mjs', import.meta.url).href;

describe('the end of the program', () => {
  let shell: ChildProcess | undefined;
  // A program that does not end would be left behind when its test runs out of time.
  afterEach(() => {
    if (shell?.pid !== undefined && shell.exitCode === null) process.kill(-shell.pid, 'SIGKILL');
  });

  for (const [full, redirected, word, code, printed] of [
    ['stdout', '', '--version', 0, /^\d+\.\d+\.\d+\n$/],
    ['stderr', '2>&1 >&2', 'recrod', 2, /Did you mean "record"/],
  ] as const) {
    it(`comes once all is read of ${full}, however slowly, though a thread lives on`, async () => {
      const program = `"${process.execPath}" --import tsx --import "${PRELOADED}" cli/main.ts ${word}`;
      // A pipe whose reader waits for a line on descriptor 3.
      shell = spawn('sh', ['-c', `{ ${program} ${redirected}; echo $? >&4; } | { read -r line <&3; cat; }`], {
        cwd: ROOT,
        env: { ...process.env, FULL: full },
        stdio: ['ignore', 'pipe', 'ignore', 'pipe', 'pipe'],
        detached: true,
      });
      let [text, said] = ['', ''];
      shell.stdout?.on('data', (chunk) => {
        text += String(chunk);
      });
      const told = shell.stdio[4] as Readable;
      told.on('data', (chunk) => {
        said += String(chunk);
      });
      await once(told, 'data');
      assert.equal(said, 'ended\n');
      (shell.stdio[3] as Writable).end('read\n');
      await once(shell, 'close');
      assert.equal(said, `ended\n${code}\n`);
      assert.match(text.replaceAll('#\n', ''), printed);
    });
  }
});
