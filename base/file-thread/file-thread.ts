import { Worker } from 'node:worker_threads';
import { CHUNK_BYTES, CHUNK_SLACK } from '../inflate/layout.ts';
import type { Answer, Request } from './requests.ts';

/** Bytes of a buffer that is handed over. */
export const BUFFER_BYTES = CHUNK_BYTES + CHUNK_SLACK;
/** Buffers that are kept for the next file. */
const KEPT = 16;
/** Bytes of files to read, compressed, that a thread is worth handing over to. */
const SMALL = 1 << 18;
/**
 * And those that it is worth starting for, where nobody has asked before: that takes 20 ms of a core, at a time at which Node
 * compiles on all of them.
 */
const LARGE = 1 << 24;

interface Waiting {
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

/** Threads that nobody has. */
const idle: FileThread[] = [];
let asked = 0;

/**
 * A thread that inflates the file that is read and writes the one that is made of it. It lasts as long as the process does,
 * which it does not keep from ending. Buffers are handed over and back: memory that both threads share would save a copy, but
 * V8 copies from it, and to it, word by word.
 */
export class FileThread {
  readonly #worker: Worker;
  readonly #waiting: Waiting[] = [];
  readonly #buffers: ArrayBuffer[] = [];
  #ended: Error | undefined;

  /**
   * One for the caller alone, until its `release`; undefined where none is worth its while for so many bytes or there may be
   * no more threads.
   */
  static lease(bytes: number): FileThread | undefined {
    if (bytes < SMALL) return undefined;
    if (asked++ === 0 && bytes < LARGE) return undefined;
    try {
      return idle.pop() ?? new FileThread();
    } catch {
      return undefined;
    }
  }

  private constructor() {
    this.#worker = startWorker();
    this.#worker.on('message', (answer: Answer) => this.#take(answer));
    this.#worker.on('error', ({ message }) => this.#end(message));
    this.#worker.on('exit', (code) => this.#end(`exit code ${code}`));
    this.#worker.unref();
  }

  /** Requests are done in order. Rejects with what the request threw; nothing is unhandled where nobody looks. */
  request(request: Request): Promise<Answer> {
    const answer = new Promise<Answer>((resolve, reject) => {
      if (this.#ended !== undefined) return reject(this.#ended);
      if (this.#waiting.length === 0) this.#worker.ref();
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(request, 'buffer' in request ? [request.buffer] : []);
    });
    answer.catch(() => undefined);
    return answer;
  }

  /** A buffer of {@link BUFFER_BYTES}, whatever is in it. */
  takeBuffer(): ArrayBuffer {
    return this.#buffers.pop() ?? new ArrayBuffer(BUFFER_BYTES);
  }

  giveBuffer(buffer: ArrayBuffer | undefined): void {
    if (buffer !== undefined && this.#buffers.length < KEPT) this.#buffers.push(buffer);
  }

  /** Others may have it. Only when all requests have been answered. */
  release(): void {
    if (this.#ended === undefined) idle.push(this);
  }

  #take(answer: Answer): void {
    const waiting = this.#waiting.shift();
    if (this.#waiting.length === 0) this.#worker.unref();
    const { failure, buffer } = answer;
    if (failure === undefined) {
      waiting?.resolve(answer);
      return;
    }
    this.giveBuffer(buffer);
    waiting?.reject(Object.assign(new Error(failure.message), { code: failure.code }));
  }

  #end(reason: string): void {
    this.#ended ??= new Error(`The thread that reads and writes files has ended: ${reason}.`);
    for (const { reject } of this.#waiting.splice(0)) reject(this.#ended);
    const index = idle.indexOf(this);
    if (index >= 0) idle.splice(index, 1);
  }
}

/** From sources, as tests run, the thread needs the loader that the process has. */
function startWorker(): Worker {
  const name = 'makergym files';
  return import.meta.url.endsWith('.ts')
    ? new Worker(new URL('worker-from-source.mjs', import.meta.url), { name, execArgv: [] })
    : new Worker(new URL('worker.js', import.meta.url), { name });
}
