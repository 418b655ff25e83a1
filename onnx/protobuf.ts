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
  const { values = {} } = description;
  const { node, output, ...rest } = graphProto(graph, values);
  const sequence = sequenceNodes(sequenceOutput, graph.outputs[0].name);
  return modelBytes(description, [graph], {
    ...rest,
    node: [...node, ...sequence],
    input: graph.inputs.map(({ name, tensor }) => valueInfo(name, tensor, values[name])),
    output: [...sequence.flatMap((one) => one.output).map((name) => ({ name })), ...output],
  });
}

/** Name of the input that says whether the first of two graphs is to run. */
export const CHOICE = 'first';
/** Name of the `index`-th result of the graph that runs, of two. */
export const resultOf = (index: number) => `result/${index}`;

/**
 * Encodes two graphs as one ONNX file that runs one of them: the first where the input {@link CHOICE}, a bool, is true.
 * Inputs are those of both, results go by their index ({@link resultOf}); no result may have an input's name.
 */
export function encodeChoice(
  name: string,
  graphs: readonly [Graph, Graph],
  description: ModelDescription,
  { sequenceOutput }: EncodeOptions = {},
): Uint8Array {
  const inputs = new Map(
    graphs.flatMap((graph) => graph.inputs.map((input) => [input.name, input] as const)),
  );
  const count = Math.max(...graphs.map(({ outputs }) => outputs.length));
  const results = Array.from({ length: count }, (_, index) => resultOf(index));
  const branch = (key: string, graph: Graph) => {
    const { node, output, ...rest } = graphProto(graph, {});
    // Profiles and errors tell operations apart by name.
    const named = node.map((one) => ({ ...one, name: `${graph.name}/${one.name}` }));
    // Both have to have as many results.
    const [{ name: first, tensor }] = graph.outputs;
    const copies = results.slice(output.length);
    const identities = copies.map((copy) => ({
      name: copy,
      opType: 'Identity',
      input: [first],
      output: [copy],
    }));
    const g = {
      ...rest,
      node: [...named, ...identities],
      output: [...output, ...copies.map((copy) => valueInfo(copy, tensor))],
    };
    return { name: key, type: ATTRIBUTE_TYPE.graph, g };
  };
  const attribute = [branch('then_branch', graphs[0]), branch('else_branch', graphs[1])];
  const sequence = sequenceNodes(sequenceOutput, results[0]);
  return modelBytes(description, graphs, {
    name,
    node: [{ name, opType: 'If', input: [CHOICE], output: results, attribute }, ...sequence],
    input: [
      { name: CHOICE, type: { tensorType: { elemType: DATA_TYPE.bool, shape: shapeProto([]) } } },
      ...[...inputs.values()].map(({ name, tensor }) => valueInfo(name, tensor)),
    ],
    output: [
      ...sequence.flatMap((one) => one.output).map((output) => ({ name: output })),
      // Which shape a result has depends on which graph runs.
      ...results.map((result) => ({ name: result, type: { tensorType: { elemType: DATA_TYPE.float32 } } })),
    ],
  });
}

function sequenceNodes(name: string | undefined, of: string) {
  return name === undefined ? [] : [{ name, opType: 'SequenceConstruct', input: [of], output: [name] }];
}

function modelBytes(description: ModelDescription, graphs: readonly Graph[], graph: object): Uint8Array {
  const { producer, producerVersion, metadata = {} } = description;
  const usesContrib = graphs.some(({ operations }) =>
    operations.some(({ operation }) => operation.domain === CONTRIB),
  );
  const contrib = usesContrib ? [{ domain: CONTRIB, version: 1 }] : [];
  const model = {
    irVersion: IR_VERSION,
    producerName: producer,
    producerVersion,
    docString: description.description ?? '',
    graph,
    opsetImport: [{ domain: '', version: OPSET }, ...contrib],
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
  };
  return MODEL.encode(MODEL.fromObject(model)).finish();
}

/** A graph without its inputs, which a branch takes from around it. */
function graphProto(graph: Graph, values: Readonly<Record<string, string>>) {
  return {
    name: graph.name,
    node: graph.operations.map(({ name, operation, inputs, output }) => ({
      name,
      opType: operation.type,
      domain: operation.domain ?? '',
      input: inputs,
      output: [output],
      attribute: Object.entries(operation.attributes).map(([key, value]) => attributeProto(key, value)),
    })),
    initializer: graph.constants.map(({ name, tensor }) => tensorProto(name, tensor)),
    output: graph.outputs.map(({ name, tensor }) => valueInfo(name, tensor, values[name])),
  };
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
