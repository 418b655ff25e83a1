/** A peer that runs beside us: a Python script that answers each line of its stdin with a line of JSON. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Why a Python package cannot be used; undefined where it can. */
export function missingPackage(python: string, name: string): string | undefined {
  const { status, error } = spawnSync(python, ['-c', `import ${name}`], { stdio: 'ignore' });
  if (error !== undefined) return `no ${python}`;
  return status === 0 ? undefined : `${name} is not installed for ${python}`;
}

/** Path of a script, from bench/peers. */
export function peerScript(name: string): string {
  return fileURLToPath(new URL(`peers/${name}`, import.meta.url));
}

/** Runs a script to its end and reads the JSON it prints. */
export function runPeer<Answer>(python: string, script: string, parameters: readonly string[]): Answer {
  const { status, stdout, stderr } = spawnSync(python, [peerScript(script), ...parameters], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`${script} failed: ${stderr}`);
  return JSON.parse(stdout.slice(stdout.lastIndexOf('\n', stdout.length - 2) + 1)) as Answer;
}

/** A script, Python's or Node's, that stays, so that its compilation and loading are over when it is timed. */
export class PeerProcess {
  readonly #script: string;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  #errors = '';

  constructor(interpreter: string, script: string, parameters: readonly string[]) {
    this.#script = script;
    this.#child = spawn(interpreter, [peerScript(script), ...parameters]);
    this.#child.stderr?.on('data', (data) => {
      this.#errors += data;
    });
    // An interpreter that is not there, or a script that ends early, shows when it is asked.
    this.#child.on('error', ({ message }) => {
      this.#errors += message;
    });
    this.#child.stdin?.on('error', () => undefined);
    const { stdout } = this.#child;
    if (stdout === null) throw new Error('a child without stdout');
    this.#lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  }

  async ask<Answer>(request: string): Promise<Answer> {
    this.#child.stdin?.write(`${request}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`${this.#script} ended: ${this.#errors}`);
    return JSON.parse(value) as Answer;
  }

  /** Resolves when the process is gone and the machine is others'. */
  async close(): Promise<void> {
    const exit = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.stdin?.end();
    if (this.#child.exitCode === null && this.#child.signalCode === null) await exit;
  }
}
