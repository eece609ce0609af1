/** Lengths of the sequences of a batch, as users give them. */
import { count, isArray, refuse } from '../../check';
import { isTensor } from '../../tensor/rules';
import type { Tensor } from '../../tensor/tensor';

/** How many positions of each sequence count. */
export type Lengths = Tensor | readonly number[] | Int32Array;

// By its tag, which arrays of other realms have as well.
const isInt32Array = (value: unknown): value is Int32Array =>
  ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === '[object Int32Array]';

/** Whether a value is of a kind that lengths may be given in. */
export const isLengths = (value: unknown): value is Lengths =>
  isTensor(value) || isArray(value) || isInt32Array(value);

// What int32 holds.
const longest = 2 ** 31 - 1;

/** What lengths are called, and what the most of them is. */
interface Naming {
  readonly name: string;
  readonly most: string;
}
const plain: Naming = { name: 'lengths', most: 'the steps of the batch' };

function refuseLength(
  operation: string,
  naming: Naming,
  n: number,
  length: unknown,
  most: number | undefined,
): never {
  const name = `${naming.name}[${n}]`;
  count.check(operation, name, length);
  const limit = most === undefined ? `${longest}` : `${most} (${naming.most})`;
  refuse(operation, name, `an integer from 0 to ${limit}`, length, RangeError);
}

/**
 * Lengths that were read once, each from 0 to `most`, the steps of the batch unless named otherwise.
 * @throws TypeError, RangeError for what are no lengths.
 */
export function lengthsOf(
  operation: string,
  lengths: Lengths,
  most?: number,
  naming = plain,
): Int32Array {
  const { name } = naming;
  const must = 'an array of numbers or a 1-dimensional tensor';
  if (isTensor(lengths)) {
    if (lengths.ndim !== 1) refuse(operation, name, must, lengths, RangeError);
  } else if (!isLengths(lengths)) refuse(operation, name, must, lengths);
  const given = isTensor(lengths) ? lengths.toTypedArray() : lengths;
  if (isInt32Array(given)) {
    const list = isTensor(lengths) ? given : given.slice();
    const limit = most ?? longest;
    for (let n = 0; n < list.length; n++) {
      // A negative one is above every limit without its sign.
      if (list[n] >>> 0 > limit) refuseLength(operation, naming, n, list[n], most);
    }
    return list;
  }
  // No memory for more than there is: an array's length may be above the number of its elements.
  const list: number[] = [];
  for (const length of given) {
    const fits = Number.isInteger(length) && length >= 0 && length <= (most ?? longest);
    if (!fits) refuseLength(operation, naming, list.length, length, most);
    list.push(length);
  }
  return new Int32Array(list);
}
