import {
  type CompiledModule,
  compile,
  createMemory,
  instantiate,
  type WebAssemblyMemory,
} from '../../base/wasm/web-assembly.ts';
import { appendRowsProgram } from './append-rows.ts';
import { appendRunProgram } from './append-run.ts';
import { copyLevelsProgram } from './copy-levels.ts';
import { gatherFarProgram, listLevelsProgram } from './list-levels.ts';
import { setLevelsProgram } from './set-levels.ts';

/** Cache lines. */
const ALIGNMENT = 64;

/** A function of numbers: addresses in the memory, and others. */
type Kernel<Result extends number | undefined = undefined> = (...parameters: number[]) => Result;

const compiled = new Map<() => Uint8Array, CompiledModule>();

/**
 * Memory in which levels are read, a book is kept and tape rows are gathered, so that WebAssembly can go over them. It runs
 * at speed at once; loops in TypeScript are compiled for about as long as a short import takes. Who finds no room in it, or is
 * given levels from elsewhere, goes the way of TypeScript, which is the same but for the time.
 */
export class LevelMemory {
  readonly memory: WebAssemblyMemory;
  readonly buffer: ArrayBuffer;
  /** What they do stands beside their programs. */
  readonly appendRows: Kernel;
  readonly appendRun: Kernel;
  readonly copyLevels: Kernel;
  readonly gatherFar: Kernel<number>;
  readonly listLevels: Kernel<number>;
  readonly setLevels: Kernel<number>;
  readonly #begin: number;
  #next: number;

  /** With room for so many bytes behind some that are somebody else's. */
  constructor(reserved: number, bytes: number) {
    this.#begin = aligned(reserved);
    this.#next = this.#begin;
    this.memory = createMemory(this.#begin + bytes);
    this.buffer = this.memory.buffer;
    this.appendRows = this.#load(appendRowsProgram);
    this.appendRun = this.#load(appendRunProgram);
    this.copyLevels = this.#load(copyLevelsProgram);
    this.gatherFar = this.#load(gatherFarProgram);
    this.listLevels = this.#load(listLevelsProgram);
    this.setLevels = this.#load(setLevelsProgram);
  }

  /** Address of so many bytes, holding anything; −1 where there is no room left. */
  take(bytes: number): number {
    const start = this.#next;
    if (start + bytes > this.buffer.byteLength) return -1;
    this.#next = aligned(start + bytes);
    return start;
  }

  /** All room is free again: nobody uses any more what was taken before. */
  clear(): void {
    this.#next = this.#begin;
  }

  #load<Result extends number | undefined>(program: () => Uint8Array): Kernel<Result> {
    let module = compiled.get(program);
    if (module === undefined) {
      module = compile(program());
      compiled.set(program, module);
    }
    return instantiate<Result>(module, this.memory);
  }
}

/** Bytes for arrays, holding anything. */
export interface Room {
  readonly buffer: ArrayBuffer;
  /** Where they begin; a multiple of 8. */
  readonly start: number;
  /** What they lie in, if they do. */
  readonly memory: LevelMemory | undefined;
}

/** Room in the memory, or elsewhere where there is none. */
export function roomFor(bytes: number, memory?: LevelMemory): Room {
  const start = memory?.take(bytes) ?? -1;
  if (memory === undefined || start < 0)
    return { buffer: new ArrayBuffer(bytes), start: 0, memory: undefined };
  return { buffer: memory.buffer, start, memory };
}

function aligned(address: number): number {
  return Math.ceil(address / ALIGNMENT) * ALIGNMENT;
}
