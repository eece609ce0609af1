/** An operator's declaration, and what it is given of a node: attributes, which it must read all, and the operator set's version. */
import type { Tensor } from '../../tensor/tensor';
import { cannotRead, refuse, quoted } from '../malformed';
import type { AttributeProto, GraphProto } from './schema';
import { tensorOf, type Context } from './tensors';

export type Given = readonly (Tensor | null)[];
export type Results = Tensor | readonly (Tensor | null)[];
/** What a node computes of its inputs; null is an input or a result that it does not have. */
export type Run = (inputs: Given, branch: (graph: number) => readonly Tensor[]) => Results;

export interface Operator {
  /** How many inputs there are at least and at most. */
  readonly inputs: readonly [least: number, most: number];
  /** How many outputs there are at most; 1 unless given. */
  readonly outputs?: number;
  /** Reads a node's attributes, refusing what is not computed here. */
  readonly make: (node: NodeView) => Run;
}
/** Operators by name, those of other domains behind the domain and a dot. */
export type Operators = Readonly<Record<string, Operator>>;

const utf8 = new TextDecoder();
const kinds: Readonly<Record<number, string>> = {
  ...{ 1: 'float', 2: 'int', 3: 'string', 4: 'tensor', 5: 'graph', 6: 'floats', 7: 'ints' },
  ...{ 8: 'strings', 9: 'tensors', 10: 'graphs' },
};

export class NodeView {
  readonly #attributes = new Map<string, AttributeProto>();
  readonly #context: Context;
  readonly graphs: GraphProto[] = [];

  constructor(
    attributes: readonly AttributeProto[],
    /** Version of the operator set of the node's domain. */
    readonly version: number,
    /** Which inputs the node has. */
    readonly has: readonly boolean[],
    /** How many outputs it has. */
    readonly outputs: number,
    context: Context,
  ) {
    this.#context = context;
    for (const attribute of attributes) {
      const { name = '' } = attribute;
      if (this.#attributes.has(name)) refuse(`there are two attributes ${quoted(name)}`);
      if (attribute.refAttrName) cannotRead(`the attribute ${name} is that of a function`);
      this.#attributes.set(name, attribute);
    }
  }

  #take(name: string, type: number): AttributeProto | undefined {
    const found = this.#attributes.get(name);
    if (found === undefined) return undefined;
    this.#attributes.delete(name);
    if (found.type !== undefined && found.type !== 0 && found.type !== type) {
      refuse(`the attribute ${name} is of type ${kinds[found.type] ?? found.type}, not ${kinds[type]}`); // prettier-ignore
    }
    return found;
  }

  float<D>(name: string, otherwise: D): number | D {
    const found = this.#take(name, 1);
    return found === undefined ? otherwise : (found.f ?? 0);
  }
  int<D>(name: string, otherwise: D): number | D {
    const found = this.#take(name, 2);
    if (found === undefined) return otherwise;
    const value = found.i ?? 0;
    return Number.isSafeInteger(value) ? value : refuse(`the attribute ${name} is ${value}`);
  }
  flag(name: string, otherwise: boolean): boolean {
    return this.int(name, Number(otherwise)) !== 0;
  }
  text<D>(name: string, otherwise: D): string | D {
    const found = this.#take(name, 3);
    return found === undefined ? otherwise : utf8.decode(found.s ?? new Uint8Array());
  }
  floats<D>(name: string, otherwise: D): readonly number[] | D {
    return this.#take(name, 6)?.floats ?? otherwise;
  }
  ints<D>(name: string, otherwise: D): readonly number[] | D {
    const found = this.#take(name, 7)?.ints;
    if (found === undefined) return otherwise;
    for (const value of found) {
      if (!Number.isSafeInteger(value)) refuse(`the attribute ${name} has ${value}`);
    }
    return found;
  }
  texts<D>(name: string, otherwise: D): readonly string[] | D {
    return this.#take(name, 8)?.strings.map((bytes) => utf8.decode(bytes)) ?? otherwise;
  }
  tensor(name: string): Tensor | null {
    const found = this.#take(name, 4);
    if (found === undefined) return null;
    if (found.t === undefined) refuse(`the attribute ${name} has no tensor`);
    return tensorOf(found.t, `the attribute ${name}`, this.#context);
  }
  /** A graph, by its number, with which it is run. */
  graph(name: string): number {
    const found = this.#take(name, 5);
    if (found?.g === undefined) return refuse(`it has no graph ${name}`);
    return this.graphs.push(found.g) - 1;
  }

  /** Refuses an attribute of another value than `only`. */
  fixed(name: string, only: number | string): void {
    const value = typeof only === 'number' ? this.int(name, only) : this.text(name, only);
    if (value !== only) cannotRead(`${name} is ${value}; only ${only} is computed`);
  }
  /** Of what is left. @throws Malformed for attributes that nothing has read */
  close(): void {
    const left = [...this.#attributes.keys()];
    if (left.length > 0) cannotRead(`it has the attribute ${left.join(', ')}, which is not known`);
  }
}

/** An input that the table says is there. */
export const given = (x: Tensor | null): Tensor => x ?? refuse('an input is missing');

/** The integers of a tensor of shapes, axes or lengths. */
export function integersOf(x: Tensor): number[] {
  return Array.from(x.toTypedArray(), Number);
}
/** The one number of a tensor. */
export function numberIn(x: Tensor): number {
  if (x.numel !== 1) throw new RangeError(`takes one number, got shape [${x.shape.join(', ')}]`);
  return Number(x.reshape([]).item());
}

/** An axis counted from the front. */
export function axisOf(axis: number, ndim: number): number {
  if (axis < -ndim || axis >= Math.max(ndim, 1)) {
    throw new RangeError(`axis ${axis} is none of ${ndim} dimensions`);
  }
  return axis < 0 ? axis + ndim : axis;
}
