/** Nested arrays of numbers and booleans, as `tensor(…)` and lists of indices are given: each array is read once. */
import { describe, isArray } from '../../check';
import { largestRank } from '../../tensor/shape';

/** Nested arrays, read: their sizes, and the elements in row-major order with true as 1 and false as 0. */
export interface Nested {
  readonly shape: number[];
  readonly values: number[];
  /** How many of the values were booleans. */
  readonly booleans: number;
}

/** Throws the error for an element that is neither a number nor a boolean. */
export type RefuseElement = (element: unknown) => never;

const refusing =
  (operation: string): RefuseElement =>
  (element) => {
    throw new TypeError(
      `${operation}: every element must be a number or a boolean, got ${describe(element)}`,
    );
  };

/**
 * @throws TypeError for elements of another kind and rows of different depth; RangeError for rows of different
 * length, or deeper than a tensor can be (an array that holds itself).
 */
export function readNested(
  operation: string,
  data: unknown,
  refuseElement: RefuseElement = refusing(operation),
): Nested {
  const shape: number[] = [];
  const values: number[] = [];
  let booleans = 0;
  let ndim = -1;
  const unequal = (depth: number, found: string): never => {
    throw new RangeError(
      `${operation}: rows must have equal lengths: expected ${shape[depth]} elements at depth ${depth}, got ${found}`,
    );
  };
  const walk = (value: unknown, depth: number): void => {
    if (!isArray(value)) {
      if (depth < shape.length) unequal(depth, describe(value));
      ndim = depth;
      if (typeof value === 'number') values.push(value);
      else if (typeof value === 'boolean') {
        values.push(value ? 1 : 0);
        booleans++;
      } else refuseElement(value);
      return;
    }
    if (depth === ndim) {
      throw new TypeError(
        `${operation}: every element must be a number or a boolean, got an array: rows differ in depth`,
      );
    }
    if (depth === largestRank) {
      throw new RangeError(
        `${operation}: arrays are nested more than ${largestRank} deep, or one holds itself`,
      );
    }
    const { length } = value;
    if (depth === shape.length) shape.push(length);
    else if (length !== shape[depth]) unequal(depth, String(length));
    for (let i = 0; i < length; i++) walk(value[i], depth + 1);
  };
  walk(data, 0);
  return { shape, values, booleans };
}
