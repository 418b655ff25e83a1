/** The part of the WebAssembly interface that is used here; Node has it whole. */
interface WebAssemblyInterface {
  readonly Memory: new (descriptor: { readonly initial: number }) => { readonly buffer: ArrayBuffer };
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  ) => { readonly exports: Readonly<Record<string, unknown>> };
}

const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: WebAssemblyInterface };

const PAGE = 65_536;

/** Memory of at least `bytes`, all zero. */
export function createMemory(bytes: number): { readonly buffer: ArrayBuffer } {
  return new WebAssembly.Memory({ initial: Math.max(1, Math.ceil(bytes / PAGE)) });
}

/** Compiles a module that imports its memory as `market.memory`; returns its function `step`. */
export function instantiate(bytes: Uint8Array, memory: object): () => void {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { market: { memory } });
  return instance.exports.step as () => void;
}
