/** A graph that is being written: nodes, initializers, and the values of both recordings by the names that they have in it. */
import * as ops from '../../../ops';
import type { DType } from '../../../tensor/dtype';
import type { Tensor } from '../../../tensor/tensor';
import type { AttributeProto, NodeProto, TensorProto } from '../schema';
import { numberOf, protoOf } from '../tensors';
import type { Call, Operand } from './record';
import { sizeOf, type Axis } from './sizes';

type Attribute =
  number | string | readonly number[] | readonly string[] | Float | Partial<TensorProto>;
/** A number that is a float attribute, whatever its value. */
export class Float {
  constructor(readonly value: number) {}
}
export const float = (value: number): Float => new Float(value);

function attributeOf(name: string, value: Attribute): AttributeProto {
  const empty = { name, floats: [], ints: [], strings: [] };
  if (value instanceof Float) return { ...empty, type: 1, f: value.value };
  if (typeof value === 'number') return { ...empty, type: 2, i: value };
  if (typeof value === 'string') return { ...empty, type: 3, s: Buffer.from(value) };
  if (!Array.isArray(value)) return { ...empty, type: 4, t: value as TensorProto };
  if (typeof value[0] === 'string') {
    return { ...empty, type: 8, strings: (value as string[]).map((text) => Buffer.from(text)) };
  }
  return { ...empty, type: 7, ints: value as number[] };
}

/** Writes nodes for an operation, and names its results. */
export type Writer = (pair: Pair) => void;

/** What cannot be written. */
export class Unwritten extends Error {}

const sameValues = (a: Tensor, b: Tensor): boolean => {
  if (a.dtype !== b.dtype || a.shape.join() !== b.shape.join()) return false;
  const [x, y] = [a, b].map((each) => each.detach().toTypedArray());
  return x.every((value, i) => Object.is(value, y[i]));
};

/** The same operation in both recordings. */
export class Pair {
  constructor(
    readonly emitter: Emitter,
    readonly a: Call,
    readonly b: Call,
  ) {}

  /** A number of the contexts that must not depend on sizes. */
  fixed<T>(read: (context: never) => T): T {
    const [x, y] = [read(this.a.context as never), read(this.b.context as never)];
    if (JSON.stringify(x) !== JSON.stringify(y)) {
      throw new Unwritten(`takes ${JSON.stringify(x)} and, of other sizes, ${JSON.stringify(y)}`);
    }
    return x;
  }
  has(i: number): boolean {
    return i < this.a.inputs.length && this.a.inputs[i] !== null;
  }
  tensor(i: number): Tensor {
    return this.a.inputs[i] as Tensor;
  }
  /** Sizes of an operand in both recordings. */
  shapes(i: number): readonly (readonly [number, number])[] {
    return pairs((this.a.inputs[i] as Tensor).shape, (this.b.inputs[i] as Tensor).shape);
  }
  outShapes(i = 0): readonly (readonly [number, number])[] {
    return pairs(this.a.results[i].shape, this.b.results[i].shape);
  }
  /** The name of an operand; a number becomes a tensor of `dtype`. */
  input(i: number, dtype?: DType): string {
    return this.emitter.operand(this.a.inputs[i], this.b.inputs[i], dtype);
  }
  /** The name of a tensor of the contexts. */
  other(read: (context: never) => Operand): string {
    return this.emitter.operand(read(this.a.context as never), read(this.b.context as never));
  }
  results(...names: readonly string[]): void {
    this.allResults(names);
  }
  /** The same of any number of them. */
  allResults(names: readonly string[]): void {
    names.forEach((name, i) => this.emitter.name(name, this.a.results[i], this.b.results[i]));
  }
}

function pairs(a: readonly number[], b: readonly number[]): (readonly [number, number])[] {
  if (a.length !== b.length)
    throw new Unwritten('has another number of dimensions for other sizes');
  return a.map((size, d) => [size, b[d]]);
}

export class Emitter {
  readonly nodes: NodeProto[] = [];
  readonly initializers: Partial<TensorProto>[] = [];
  readonly #a = new Map<Tensor, [name: string, version: number]>();
  readonly #b = new Map<Tensor, string>();
  readonly #weights: ReadonlyMap<Tensor, string>;
  readonly #buffers: ReadonlySet<Tensor>;
  readonly #added = new Map<string, string>();
  readonly #taken: Set<string>;
  #count = 0;

  constructor(
    weights: ReadonlyMap<Tensor, string>,
    buffers: ReadonlySet<Tensor>,
    /** Dynamic axes, with the input that each is read from. */
    readonly axes: readonly (Axis & { readonly input: string; readonly dim: number })[],
    names: readonly string[],
  ) {
    this.#weights = weights;
    this.#buffers = buffers;
    this.#taken = new Set([...names, ...weights.values()]);
  }

  /** A name that nothing has. */
  fresh(kind: string): string {
    let name: string;
    do name = `${kind}_${this.#count++}`;
    while (this.#taken.has(name));
    this.#taken.add(name);
    return name;
  }

  name(name: string, a: Tensor, b: Tensor): void {
    this.#a.set(a, [name, a.version]);
    this.#b.set(b, name);
  }

  node(
    opType: string,
    input: readonly string[],
    attributes: Record<string, Attribute> = {},
  ): string {
    return this.several(opType, input, 1, attributes)[0];
  }
  /** A node of several outputs. */
  several(
    opType: string,
    input: readonly string[],
    count: number,
    attributes: Record<string, Attribute> = {},
  ): string[] {
    const output = Array.from({ length: count }, () => this.fresh(opType));
    const attribute = Object.entries(attributes).map(([key, value]) => attributeOf(key, value));
    this.nodes.push({ input, output, name: output[0], opType, attribute });
    return output;
  }

  #initializer(name: string, x: Tensor, docString?: string): string {
    this.initializers.push(protoOf(name, x, docString));
    return name;
  }
  /** A constant, written once however often it is used. */
  constant(x: Tensor): string {
    const plain = x.detach();
    const key = plain.numel > 16 ? '' : `${plain.dtype} ${plain.shape.join()}: ${Array.from(plain.toTypedArray(), (v) => (Object.is(v, -0) ? '-0' : String(v))).join()}`; // prettier-ignore
    const known = this.#added.get(key);
    if (key !== '' && known !== undefined) return known;
    const name = this.#initializer(this.fresh('constant'), plain);
    this.#added.set(key, name);
    return name;
  }
  ints(values: readonly number[]): string {
    return this.constant(ops.tensor([...values], { dtype: 'int32' }));
  }
  scalar(value: number, dtype: DType): string {
    return this.constant(ops.full([], dtype === 'bool' ? value !== 0 : value, { dtype }));
  }

  operand(a: Operand, b: Operand, dtype: DType = 'float32'): string {
    if (a === null || b === null) {
      if (a !== b) throw new Unwritten('has another number of operands for other sizes');
      return '';
    }
    if (typeof a === 'number' || typeof b === 'number') {
      if (!Object.is(a, b)) throw new Unwritten(`takes the number ${String(a)}, which depends on the input`); // prettier-ignore
      return this.scalar(a as number, dtype);
    }
    const known = this.#a.get(a);
    if (known !== undefined) {
      const [name, version] = known;
      if (a.version !== version) throw new Unwritten('reads a tensor that was changed in place; use the operation that makes a new one'); // prettier-ignore
      if (this.#b.get(b) !== name) throw new Unwritten('reads another tensor for other sizes');
      return name;
    }
    const weight = this.#weights.get(a);
    if (weight !== undefined && a === b) {
      if (!this.#added.has(`weight ${weight}`)) {
        this.#initializer(weight, a.detach(), this.#buffers.has(a) ? 'buffer' : undefined);
        this.#added.set(`weight ${weight}`, weight);
      }
      return weight;
    }
    return this.#unknown(a, b);
  }

  /** A tensor that no recorded operation has made: a constant, or one value in a size that depends on the input. */
  #unknown(a: Tensor, b: Tensor): string {
    if (sameValues(a, b)) return this.constant(a);
    const [x, y] = [a, b].map((each) => each.detach().toTypedArray());
    const first = x[0] as number | undefined;
    const isFilled = first !== undefined && [...x, ...y].every((value) => Object.is(value, first));
    if (isFilled && a.dtype === b.dtype) {
      const shape = this.shape(pairs(a.shape, b.shape));
      const value = protoOf(undefined, ops.full([1], a.dtype === 'bool' ? first !== 0 : first, { dtype: a.dtype })); // prettier-ignore
      return this.node('ConstantOfShape', [shape], { value });
    }
    const isRange = [x, y].every((values) => values.every((value, i) => Number(value) === i));
    const isLine = (each: Tensor): boolean => each.shape.includes(each.numel);
    if (isRange && isLine(a) && isLine(b) && a.dtype === b.dtype) {
      const count = this.node('Squeeze', [this.size(a.numel, b.numel)]);
      const range = this.node('Range', [this.scalar(0, 'int32'), count, this.scalar(1, 'int32')]);
      const cast =
        a.dtype === 'int32' ? range : this.node('Cast', [range], { to: numberOf[a.dtype] });
      return a.ndim === 1
        ? cast
        : this.node('Reshape', [cast, this.shape(pairs(a.shape, b.shape))]);
    }
    throw new Unwritten(`reads a tensor of shape [${a.shape.join(', ')}] that depends on the input by way of what is not recorded (an operation without an ONNX form, or JavaScript)`); // prettier-ignore
  }

  /** A size as an int64 tensor of one element. */
  size(a: number, b: number): string {
    const found = sizeOf(a, b, this.axes);
    if (found === null) throw new Unwritten(`takes the size ${a}, of other inputs ${b}, which is no simple function of the dynamic axes`); // prettier-ignore
    if (found.axes.length === 0) return this.ints([found.offset]);
    const key = `size ${JSON.stringify(found)}`;
    const known = this.#added.get(key);
    if (known !== undefined) return known;
    const parts = found.axes.map((axis) => {
      const { input, dim } = this.axes.find(({ name }) => name === axis.name)!;
      return this.node('Gather', [this.node('Shape', [input]), this.ints([dim])], { axis: 0 });
    });
    let name = parts.reduce((x, y) => this.node('Mul', [x, y]));
    if (found.factor !== 1) name = this.node('Mul', [name, this.ints([found.factor])]);
    if (found.divisor !== 1) name = this.node('Div', [name, this.ints([found.divisor])]);
    if (found.offset !== 0) name = this.node('Add', [name, this.ints([found.offset])]);
    this.#added.set(key, name);
    return name;
  }
  /** Sizes as an int64 tensor. */
  shape(sizes: readonly (readonly [number, number])[]): string {
    if (sizes.every(([a, b]) => a === b)) return this.ints(sizes.map(([a]) => a));
    return this.node(
      'Concat',
      sizes.map(([a, b]) => this.size(a, b)),
      { axis: 0 },
    );
  }
}
