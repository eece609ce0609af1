/** The messages of ONNX (onnx/onnx.proto) that are read and written: names, numbers and kinds of their fields. */
import { many, one, type Schema } from './wire';

export interface EntryProto {
  readonly key?: string;
  readonly value?: string;
}
const entry: Schema<EntryProto> = { key: one(1, 'text'), value: one(2, 'text') };

export interface TensorProto {
  readonly dims: readonly number[];
  readonly dataType?: number;
  readonly segment?: object;
  readonly floatData: readonly number[];
  readonly int32Data: readonly number[];
  readonly int64Data: readonly number[];
  readonly name?: string;
  readonly rawData?: Uint8Array;
  readonly doubleData: readonly number[];
  readonly uint64Data: readonly number[];
  readonly docString?: string;
  readonly externalData: readonly EntryProto[];
  readonly dataLocation?: number;
}
export const tensorProto: Schema<TensorProto> = {
  dims: many(1, 'int'),
  dataType: one(2, 'int'),
  segment: one(3, () => nothing),
  floatData: many(4, 'float'),
  int32Data: many(5, 'int'),
  int64Data: many(7, 'int'),
  name: one(8, 'text'),
  rawData: one(9, 'bytes'),
  doubleData: many(10, 'double'),
  uint64Data: many(11, 'int'),
  docString: one(12, 'text'),
  externalData: many(13, () => entry),
  dataLocation: one(14, 'int'),
};
const nothing: Schema<object> = {};

export interface AttributeProto {
  readonly name?: string;
  readonly f?: number;
  readonly i?: number;
  readonly s?: Uint8Array;
  readonly t?: TensorProto;
  readonly g?: GraphProto;
  readonly floats: readonly number[];
  readonly ints: readonly number[];
  readonly strings: readonly Uint8Array[];
  readonly type?: number;
  readonly refAttrName?: string;
}
export const attributeProto: Schema<AttributeProto> = {
  name: one(1, 'text'),
  f: one(2, 'float'),
  i: one(3, 'int'),
  s: one(4, 'bytes'),
  t: one(5, () => tensorProto),
  g: one(6, () => graphProto),
  floats: many(7, 'float'),
  ints: many(8, 'int'),
  strings: many(9, 'bytes'),
  type: one(20, 'int'),
  refAttrName: one(21, 'text'),
};

export interface NodeProto {
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly name?: string;
  readonly opType?: string;
  readonly attribute: readonly AttributeProto[];
  readonly domain?: string;
}
export const nodeProto: Schema<NodeProto> = {
  input: many(1, 'text'),
  output: many(2, 'text'),
  name: one(3, 'text'),
  opType: one(4, 'text'),
  attribute: many(5, () => attributeProto),
  domain: one(7, 'text'),
};

export interface DimensionProto {
  readonly dimValue?: number;
  readonly dimParam?: string;
}
export interface TypeProto {
  readonly tensorType?: {
    readonly elemType?: number;
    readonly shape?: { readonly dim: readonly DimensionProto[] };
  };
}
const dimension: Schema<DimensionProto> = { dimValue: one(1, 'int'), dimParam: one(2, 'text') };
const shapeProto: Schema<{ readonly dim: readonly DimensionProto[] }> = {
  dim: many(1, () => dimension),
};
const tensorType: Schema<NonNullable<TypeProto['tensorType']>> = {
  elemType: one(1, 'int'),
  shape: one(2, () => shapeProto),
};
const typeProto: Schema<TypeProto> = { tensorType: one(1, () => tensorType) };

export interface ValueInfoProto {
  readonly name?: string;
  readonly type?: TypeProto;
}
const valueInfo: Schema<ValueInfoProto> = { name: one(1, 'text'), type: one(2, () => typeProto) };

export interface GraphProto {
  readonly node: readonly NodeProto[];
  readonly name?: string;
  readonly initializer: readonly TensorProto[];
  readonly input: readonly ValueInfoProto[];
  readonly output: readonly ValueInfoProto[];
  readonly sparseInitializer: readonly object[];
}
export const graphProto: Schema<GraphProto> = {
  node: many(1, () => nodeProto),
  name: one(2, 'text'),
  initializer: many(5, () => tensorProto),
  input: many(11, () => valueInfo),
  output: many(12, () => valueInfo),
  sparseInitializer: many(15, () => nothing),
};

export interface OperatorSetProto {
  readonly domain?: string;
  readonly version?: number;
}
const operatorSet: Schema<OperatorSetProto> = { domain: one(1, 'text'), version: one(2, 'int') };

export interface ModelProto {
  readonly irVersion?: number;
  readonly producerName?: string;
  readonly producerVersion?: string;
  readonly graph?: GraphProto;
  readonly opsetImport: readonly OperatorSetProto[];
  readonly functions: readonly object[];
}
export const modelProto: Schema<ModelProto> = {
  irVersion: one(1, 'int'),
  producerName: one(2, 'text'),
  producerVersion: one(3, 'text'),
  graph: one(7, () => graphProto),
  opsetImport: many(8, () => operatorSet),
  functions: many(25, () => nothing),
};
