import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The program in a process of its own, as a person runs it. */
export class Program {
  readonly process: ChildProcess;
  stdout = '';
  stderr = '';
  readonly ended: Promise<number | null>;

  constructor(...args: readonly string[]) {
    this.process = spawn(process.execPath, ['--import', 'tsx', 'cli/main.ts', ...args], { cwd: ROOT });
    this.process.stdout?.on('data', (chunk) => {
      this.stdout += String(chunk);
    });
    this.process.stderr?.on('data', (chunk) => {
      this.stderr += String(chunk);
    });
    this.ended = new Promise((resolve) => this.process.once('close', resolve));
  }

  /** Resolves when the text is there; fails when the program ends, or after 50 s. */
  async prints(where: 'stdout' | 'stderr', text: string): Promise<void> {
    const deadline = performance.now() + 50_000;
    while (!this[where].includes(text)) {
      if (this.process.exitCode !== null || performance.now() > deadline) {
        assert.fail(`no "${text}" in ${where}: ${this.stdout}${this.stderr}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

/** Programs that a suite or a test runs; none outlives `end`. */
export class Programs {
  #running: Program[] = [];

  run(...args: readonly string[]): Program {
    const program = new Program(...args);
    this.#running.push(program);
    return program;
  }

  async end(): Promise<void> {
    for (const { process: child } of this.#running) if (child.exitCode === null) child.kill('SIGKILL');
    await Promise.all(this.#running.splice(0).map(({ ended }) => ended));
  }
}
