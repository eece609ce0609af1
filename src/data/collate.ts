/** Collating: a list of samples as one batch. */
import { types } from 'node:util';
import {
  checkDepth,
  describe,
  describeOfAnotherCopy,
  isArray,
  isPlain,
  refuse,
  surplus,
} from '../check';
import { stack, tensor } from '../ops';
import { sameShape, showShape } from '../tensor/shape';
import { isTensor } from '../tensor/rules';
import { sizesOf, type Tensor } from '../tensor/tensor';

/**
 * Makes a batch out of samples (torch.utils.data.default_collate): tensors are stacked, numbers become a tensor
 * (integers int32, others float32), booleans a bool tensor; arrays and objects are collated part by part; strings and
 * anything else stay an array.
 * @throws TypeError for what is no array and samples of different kinds; RangeError for tensors of different shapes, samples of
 * different parts, and what holds itself.
 * @example data.defaultCollate([[1, true], [2, false]]) // [[1, 2], [true, false]]
 */
export function defaultCollate(samples: readonly unknown[]): unknown {
  if (arguments.length > 1) surplus('defaultCollate', arguments, 1, 'samples');
  if (!isArray(samples)) refuse('defaultCollate', 'samples', 'an array', samples);
  if (samples.length === 0) throw new RangeError('defaultCollate: there are no samples');
  return collate(Array.from(samples), 'sample');
}

function collate(items: readonly unknown[], where: string, depth = 0): unknown {
  checkDepth('defaultCollate', 'a sample', depth);
  const [first] = items;
  if (isTensor(first)) return stackTensors(items, where);
  if (typeof first === 'number') {
    check(items, where, 'number');
    const numbers = items as readonly number[];
    return tensor(numbers, { dtype: numbers.every(Number.isInteger) ? 'int32' : 'float32' });
  }
  if (typeof first === 'boolean') {
    check(items, where, 'boolean');
    return tensor(items as readonly boolean[]);
  }
  if (ArrayBuffer.isView(first)) {
    return stackTensors(
      items.map((item) => tensor(item as Float32Array)),
      where,
    );
  }
  if (isArray(first)) {
    const rows = items.map((item) => (isArray(item) ? Array.from(item) : null));
    const { length } = rows[0]!;
    for (const [i, row] of rows.entries()) {
      if (row?.length !== length) {
        throw new RangeError(
          `defaultCollate: ${where} 0 has ${length} parts, ${where} ${i} has ${row?.length ?? 'none'}`,
        );
      }
    }
    return Array.from({ length }, (_, part) =>
      collate(
        rows.map((row) => row![part]),
        `part ${part} of ${where}`,
        depth + 1,
      ),
    );
  }
  if (isPlain(first)) {
    for (const [i, item] of items.entries()) {
      if (isPlain(item)) continue;
      throw new TypeError(
        `defaultCollate: ${where} 0 is an object, ${where} ${i} is ${describe(item)}`,
      );
    }
    return Object.fromEntries(
      Object.keys(first).map((key) => [
        key,
        collate(partsOf(items, key, where), `${key} of ${where}`, depth + 1),
      ]),
    );
  }
  for (const [i, item] of items.entries()) {
    const foreign = describeOfAnotherCopy(item) ?? unusable(item);
    if (foreign === undefined) continue;
    throw new TypeError(`defaultCollate: ${where} ${i} is ${foreign}`);
  }
  return [...items];
}

/** What is said of a sample that no batch can hold. */
function unusable(item: unknown): string | undefined {
  if (item === undefined) return 'undefined';
  return types.isPromise(item) ? 'a promise; a dataset gives its samples at once' : undefined;
}

function partsOf(items: readonly unknown[], key: string, where: string): unknown[] {
  return items.map((item, i) => {
    if (Object.hasOwn(item as object, key)) return (item as Record<string, unknown>)[key];
    throw new RangeError(`defaultCollate: ${where} 0 has the part ${key}, ${where} ${i} has not`);
  });
}

function check(items: readonly unknown[], where: string, kind: string): void {
  const other = items.findIndex((item) => typeof item !== kind);
  if (other >= 0) {
    throw new TypeError(
      `defaultCollate: ${where} 0 is a ${kind}, ${where} ${other} is ${describe(items[other])}`,
    );
  }
}

function stackTensors(items: readonly unknown[], where: string): Tensor {
  const first = items[0] as Tensor;
  for (const [i, item] of items.entries()) {
    if (!isTensor(item)) {
      throw new TypeError(
        `defaultCollate: ${where} 0 is a tensor, ${where} ${i} is ${describe(item)}`,
      );
    }
    if (!sameShape(sizesOf(item), sizesOf(first))) {
      throw new RangeError(
        `defaultCollate: samples must have one shape to be stacked: ${where} 0 is ${showShape(sizesOf(first))}, ${where} ${i} is ${showShape(sizesOf(item))}; pad sequences of unequal length with collateFn: data.paddingCollate()`,
      );
    }
  }
  return stack(items as Tensor[], 0);
}
