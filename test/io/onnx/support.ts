// Files of ONNX made here, field by field.
import { writeFileSync } from 'node:fs';
import {
  modelProto,
  type AttributeProto,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from '../../../src/io/onnx/schema';
import { encodedMessage } from '../../../src/io/onnx/wire';

export const value = (name: string, elemType = 1, sizes?: readonly number[]): ValueInfoProto => ({
  name,
  type: {
    tensorType: { elemType, shape: sizes && { dim: sizes.map((dimValue) => ({ dimValue })) } },
  },
});
export const attribute = (name: string, given: Partial<AttributeProto>): AttributeProto => ({
  ...{ name, floats: [], ints: [], strings: [] },
  ...given,
});
export const node = (
  opType: string,
  input: readonly string[],
  output: readonly string[],
  given: Partial<NodeProto> = {},
): NodeProto => ({ opType, input, output, attribute: [], ...given });
export const floats = (name: string, dims: readonly number[], values: readonly number[]): TensorProto => ({
  ...{ name, dims, dataType: 1, floatData: [], int32Data: [], int64Data: [], doubleData: [] },
  ...{ uint64Data: [], externalData: [], rawData: Buffer.from(Float32Array.from(values).buffer) },
}); // prettier-ignore
export const graphOf = (given: Partial<GraphProto>): GraphProto => ({
  ...{ name: 'g', node: [], initializer: [], input: [], output: [], sparseInitializer: [] },
  ...given,
});

/** The bytes of a file with a graph. */
export const fileOf = (graph: Partial<GraphProto>, model: Partial<ModelProto> = {}): Buffer =>
  Buffer.concat(
    encodedMessage(modelProto, {
      irVersion: 8,
      opsetImport: [{ domain: '', version: 17 }],
      graph: graphOf(graph),
      ...model,
    }),
  );

export function write(path: string, graph: Partial<GraphProto>, model?: Partial<ModelProto>): void {
  writeFileSync(path, fileOf(graph, model));
}
