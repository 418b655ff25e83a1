import protobuf from 'protobufjs/light.js';
import type { Graph } from './graph.ts';
import { ATTRIBUTE_TYPE, DATA_TYPE, ONNX_SCHEMA } from './schema.ts';
import type { Shape } from './shape.ts';
import { type Attribute, CONTRIB, type Tensor } from './tensor.ts';

/** Operator set the graphs are written against, and the file format's version that goes with it (ONNX 1.12). */
export const OPSET = 17;
export const IR_VERSION = 8;

/** What a file says about itself. */
export interface ModelDescription {
  readonly producer: string;
  readonly producerVersion: string;
  readonly description?: string;
  /** What each input and output means, by name. */
  readonly values?: Readonly<Record<string, string>>;
  /** Free pairs that readers show as metadata. */
  readonly metadata?: Readonly<Record<string, string>>;
}

const MODEL = protobuf.Root.fromJSON(ONNX_SCHEMA).lookupType('ModelProto');

/** What an encoded graph may have besides its outputs. */
export interface EncodeOptions {
  /** Name of a first output that is a sequence, which onnx/in-place.ts says the use of. */
  readonly sequenceOutput?: string;
}

/** Encodes a graph as an ONNX file. The same graph and description always give the same bytes. */
export function encodeModel(
  graph: Graph,
  description: ModelDescription,
  { sequenceOutput }: EncodeOptions = {},
): Uint8Array {
  const { producer, producerVersion, metadata = {}, values = {} } = description;
  const usesContrib = graph.operations.some(({ operation }) => operation.domain === CONTRIB);
  const contrib = usesContrib ? [{ domain: CONTRIB, version: 1 }] : [];
  const sequence = sequenceOutput === undefined ? [] : [sequenceOutput];
  const model = {
    irVersion: IR_VERSION,
    producerName: producer,
    producerVersion,
    docString: description.description ?? '',
    graph: {
      name: graph.name,
      node: [
        ...graph.operations.map(({ name, operation, inputs, output }) => ({
          name,
          opType: operation.type,
          domain: operation.domain ?? '',
          input: inputs,
          output: [output],
          attribute: Object.entries(operation.attributes).map(([key, value]) => attributeProto(key, value)),
        })),
        ...sequence.map((name) => ({
          name,
          opType: 'SequenceConstruct',
          input: [graph.outputs[0].name],
          output: [name],
        })),
      ],
      initializer: graph.constants.map(({ name, tensor }) => tensorProto(name, tensor)),
      input: graph.inputs.map(({ name, tensor }) => valueInfo(name, tensor, values[name])),
      output: [
        ...sequence.map((name) => ({ name })),
        ...graph.outputs.map(({ name, tensor }) => valueInfo(name, tensor, values[name])),
      ],
    },
    opsetImport: [{ domain: '', version: OPSET }, ...contrib],
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
  };
  return MODEL.encode(MODEL.fromObject(model)).finish();
}

/** Decodes an ONNX file into plain objects (the fields of onnx/schema.ts), for looking at it. */
export function decodeModel(bytes: Uint8Array): Record<string, unknown> {
  return MODEL.toObject(MODEL.decode(bytes), { longs: Number });
}

function attributeProto(name: string, attribute: Attribute) {
  const type = ATTRIBUTE_TYPE[attribute.kind];
  switch (attribute.kind) {
    case 'float':
      return { name, type, f: attribute.value };
    case 'int':
      return { name, type, i: attribute.value };
    case 'ints':
      return { name, type, ints: attribute.value };
    case 'string':
      return { name, type, s: new TextEncoder().encode(attribute.value) };
  }
}

function tensorProto(name: string, { shape, type, source }: Tensor) {
  if (source.kind !== 'constant') throw new Error(`${name} is no constant`);
  const { buffer, byteOffset, byteLength } = source.data;
  // Raw data is little-endian, as every machine Node runs TensorFlow.js or ONNX Runtime on.
  return {
    name,
    dims: shape,
    dataType: DATA_TYPE[type],
    rawData: new Uint8Array(buffer, byteOffset, byteLength),
  };
}

function valueInfo(name: string, { shape, type }: Tensor, docString = '') {
  return { name, docString, type: { tensorType: { elemType: DATA_TYPE[type], shape: shapeProto(shape) } } };
}

function shapeProto(shape: Shape) {
  return { dim: shape.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size })) };
}
