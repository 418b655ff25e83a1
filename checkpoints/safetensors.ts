import { readFileSync } from 'node:fs';
import { InputError } from '../base/errors.ts';
import { requireFile, writeFileAtomic } from '../base/files.ts';

/** Numbers a tensor may hold here, and their names in the format. Halves and 64-bit integers are refused. */
export type TensorData =
  | Float32Array
  | Float64Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array;

export interface Tensor<Data extends TensorData = TensorData> {
  readonly shape: readonly number[];
  readonly data: Data;
}

export interface SafetensorsFile {
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** Free text pairs under `__metadata__`. */
  readonly metadata: Readonly<Record<string, string>>;
}

const TYPES = {
  F64: Float64Array,
  F32: Float32Array,
  I32: Int32Array,
  U32: Uint32Array,
  I16: Int16Array,
  U16: Uint16Array,
  I8: Int8Array,
  U8: Uint8Array,
} as const;
type TypeName = keyof typeof TYPES;

/** The format's own bound on the header, against absurd lengths in foreign files. */
const MAX_HEADER_BYTES = 100_000_000;

/**
 * Encodes named tensors in the safetensors format: u64 header length, JSON header padded to eight bytes, then the
 * data, widest type first, so that every tensor is aligned. The same tensors always give the same bytes.
 */
export function encodeSafetensors(
  tensors: Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const entries = Object.entries(tensors)
    .map(([name, tensor]) => ({ name, tensor, type: typeOf(name, tensor) }))
    .sort(
      (a, b) =>
        b.tensor.data.BYTES_PER_ELEMENT - a.tensor.data.BYTES_PER_ELEMENT ||
        (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
    );
  const header: Record<string, unknown> = {};
  if (Object.keys(metadata).length > 0) header.__metadata__ = metadata;
  let end = 0;
  for (const { name, tensor, type } of entries) {
    header[name] = {
      dtype: type,
      shape: tensor.shape,
      data_offsets: [end, end + tensor.data.byteLength],
    };
    end += tensor.data.byteLength;
  }
  const json = Buffer.from(JSON.stringify(header));
  const headerBytes = Math.ceil(json.byteLength / 8) * 8;
  const bytes = new Uint8Array(8 + headerBytes + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.fill(0x20, 8, 8 + headerBytes);
  bytes.set(json, 8);
  let offset = 8 + headerBytes;
  for (const { tensor } of entries) {
    const { buffer, byteOffset, byteLength } = tensor.data;
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), offset);
    offset += byteLength;
  }
  return bytes;
}

/**
 * Decodes a safetensors file; `source` names it in errors. Tensors are copies, safe to keep and change.
 * Throws an InputError for anything that is not exactly the format: truncation, holes, overlap, a wrong length.
 */
export function decodeSafetensors(bytes: Uint8Array, source: string): SafetensorsFile {
  if (bytes.byteLength < 8) throw notSafetensors(source, `it has ${bytes.byteLength} bytes, fewer than 8`);
  const headerBytes = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (headerBytes > MAX_HEADER_BYTES || headerBytes > bytes.byteLength - 8) {
    throw notSafetensors(
      source,
      `its header claims ${headerBytes} bytes where ${bytes.byteLength - 8} follow (truncated or foreign)`,
    );
  }
  const header = parseHeader(bytes.subarray(8, 8 + headerBytes), source);
  const data = bytes.subarray(8 + headerBytes);
  const tensors: Record<string, Tensor> = {};
  const spans: (readonly [number, number])[] = [];
  let metadata: Readonly<Record<string, string>> = {};
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') {
      metadata = entry as Readonly<Record<string, string>>;
      continue;
    }
    const { type, shape, start, end } = checkEntry(name, entry, source);
    const TensorArray = TYPES[type];
    const count = shape.reduce((product, size) => product * size, 1);
    if (end - start !== count * TensorArray.BYTES_PER_ELEMENT) {
      throw notSafetensors(source, `tensor ${name} has ${end - start} bytes for ${count} values of ${type}`);
    }
    if (end > data.byteLength) {
      throw notSafetensors(source, `tensor ${name} ends at ${end} of ${data.byteLength} bytes (truncated)`);
    }
    spans.push([start, end]);
    // A copy starts at offset 0 of its own buffer, so it is aligned whatever the file was (and a Buffer's `slice`
    // would be no copy).
    tensors[name] = { shape, data: new TensorArray(new Uint8Array(data.subarray(start, end)).buffer) };
  }
  spans.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  let position = 0;
  for (const [start, end] of spans) {
    if (start !== position)
      throw notSafetensors(source, `its data has a hole or overlap at byte ${position}`);
    position = end;
  }
  if (position !== data.byteLength) {
    throw notSafetensors(source, `${data.byteLength - position} bytes follow the last tensor`);
  }
  return { tensors, metadata };
}

export function writeSafetensors(
  path: string,
  tensors: Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
): void {
  writeFileAtomic(path, encodeSafetensors(tensors, metadata));
}

/** Reads a file; throws an InputError where it is missing or not the format. */
export function readSafetensors(path: string): SafetensorsFile {
  requireFile(path, 'path');
  return decodeSafetensors(readFileSync(path), path);
}

/** The tensors of a file where all must be float32, as learners' states are. */
export function float32Tensors(file: SafetensorsFile, source: string): Record<string, Tensor<Float32Array>> {
  const result: Record<string, Tensor<Float32Array>> = {};
  for (const [name, { shape, data }] of Object.entries(file.tensors)) {
    if (!(data instanceof Float32Array)) {
      throw notSafetensors(source, `tensor ${name} is ${data.constructor.name}, not Float32Array`);
    }
    result[name] = { shape, data };
  }
  return result;
}

function typeOf(name: string, tensor: Tensor): TypeName {
  const count = tensor.shape.reduce((product, size) => product * size, 1);
  if (count !== tensor.data.length) {
    throw new InputError({
      code: 'bad-tensor',
      message: `Tensor ${name} of shape [${tensor.shape}] has ${tensor.data.length} values.`,
      field: name,
      value: tensor.data.length,
      expected: `${count} values`,
    });
  }
  for (const [type, TensorArray] of Object.entries(TYPES)) {
    if (tensor.data instanceof TensorArray) return type as TypeName;
  }
  throw new InputError({
    code: 'bad-tensor',
    message: `Tensor ${name} has a type that is not written.`,
    field: name,
    expected: `one of ${Object.keys(TYPES).join(', ')}`,
  });
}

function parseHeader(bytes: Uint8Array, source: string): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw notSafetensors(source, 'its header is not JSON');
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) {
    throw notSafetensors(source, 'its header is not a JSON object');
  }
  return header as Record<string, unknown>;
}

function checkEntry(name: string, entry: unknown, source: string) {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  const whole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
  if (!Array.isArray(shape) || !shape.every(whole)) {
    throw notSafetensors(source, `tensor ${name} has no shape`);
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(whole) || offsets[0] > offsets[1]) {
    throw notSafetensors(source, `tensor ${name} has no data offsets`);
  }
  if (typeof dtype !== 'string' || !Object.hasOwn(TYPES, dtype)) {
    throw new InputError({
      code: 'unsupported-tensor-type',
      message: `Tensor ${name} of ${source} has type ${String(dtype)}, which is not read.`,
      field: name,
      value: dtype,
      expected: `one of ${Object.keys(TYPES).join(', ')}`,
      hint: 'Convert it to float32.',
    });
  }
  return {
    type: dtype as TypeName,
    shape: shape as number[],
    start: offsets[0] as number,
    end: offsets[1] as number,
  };
}

function notSafetensors(source: string, reason: string): InputError {
  return new InputError({
    code: 'bad-safetensors',
    message: `${source} is not a whole safetensors file: ${reason}.`,
    field: 'path',
    value: source,
    expected: 'a safetensors file',
    hint: 'Take it from its source again.',
  });
}
