/**
 * Several results as PyTorch's named tuples: `const [values, indices] = x.sort()` and
 * `const { values, indices } = x.sort()` are the same.
 */
import type { Tensor } from '../../tensor/tensor';

/**
 * Values, and where along a dimension each of them was (int32): by name, or by position as an array.
 * @example
 * const { values, indices } = tensor([3, 1, 2]).sort();
 * const [sorted, order] = tensor([3, 1, 2]).sort();
 */
export class ValuesAndIndices implements Iterable<Tensor> {
  /** @internal */
  constructor(
    /** The values. */
    readonly values: Tensor,
    /** The place of each along the dimension, int32. */
    readonly indices: Tensor,
  ) {}

  /** `values`. */
  get 0(): Tensor {
    return this.values;
  }
  /** `indices`. */
  get 1(): Tensor {
    return this.indices;
  }
  /** 2: the results. */
  get length(): 2 {
    return 2;
  }
  [Symbol.iterator](): IterableIterator<Tensor> {
    return [this.values, this.indices][Symbol.iterator]();
  }
}

/** Tensors that have a position and a name. */
export type Named<Names extends readonly string[]> = Iterable<Tensor> & {
  readonly [K in keyof Names as K extends `${number}` ? K : never]: Tensor;
} & { readonly [K in Names[number]]: Tensor } & { readonly length: Names['length'] };

/** The tensors that are given, by name and in the same order by position. */
export function named<Names extends readonly string[]>(
  tensors: Readonly<Record<Names[number], Tensor>>,
): Named<Names> {
  const list = Object.values<Tensor>(tensors);
  const hidden = Object.fromEntries(
    list.map((value, i) => [i, { value }] as [string | number | symbol, PropertyDescriptor]),
  );
  return Object.defineProperties(
    { ...tensors },
    {
      ...hidden,
      length: { value: list.length },
      [Symbol.iterator]: { value: () => list[Symbol.iterator]() },
    },
  ) as unknown as Named<Names>;
}
