/** The part of the WebAssembly interface that is used here; Node has it whole. */
interface WebAssemblyInterface {
  validate(bytes: Uint8Array): boolean;
  readonly Memory: new (descriptor: {
    readonly initial: number;
    readonly maximum: number;
  }) => WebAssemblyMemory;
  readonly Module: new (bytes: Uint8Array) => CompiledModule;
  readonly Instance: new (
    module: CompiledModule,
    imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  ) => { readonly exports: Readonly<Record<string, unknown>> };
}

export interface WebAssemblyMemory {
  readonly buffer: ArrayBuffer;
}

/** A module of assembler.ts, compiled; its instances share the code and nothing else. */
export type CompiledModule = object;

const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: WebAssemblyInterface | undefined };

const PAGE = 65_536;

/** Memory of at least `bytes`, all zero; it does not grow, so that views of it stay valid. */
export function createMemory(bytes: number): WebAssemblyMemory {
  const pages = Math.max(1, Math.ceil(bytes / PAGE));
  return new (available().Memory)({ initial: pages, maximum: pages });
}

/** Whether there is WebAssembly here with the instructions of the module. */
export function canCompile(bytes: Uint8Array): boolean {
  return WebAssembly?.validate(bytes) ?? false;
}

export function compile(bytes: Uint8Array): CompiledModule {
  return new (available().Module)(bytes);
}

/** The function of a module that imports this memory; `Result` is `number` where it has one. */
export function instantiate<Result extends number | undefined = undefined>(
  module: CompiledModule,
  memory: WebAssemblyMemory,
): (...parameters: number[]) => Result {
  const instance = new (available().Instance)(module, { host: { memory } });
  return instance.exports.run as (...parameters: number[]) => Result;
}

function available(): WebAssemblyInterface {
  if (WebAssembly === undefined) throw new Error('no WebAssembly');
  return WebAssembly;
}
