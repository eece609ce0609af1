/** Batches: those of an array, which are read once, and those that are objects, as a step takes them. */
import { checkDepth, describeOfAnotherCopy, isArray, isInstance, isPlain } from '../../check';
import type { Argument } from '../../compile';
import { PackedSequence } from '../../nn/utils/rnn/packed-sequence';
import { isTensor } from '../../tensor/rules';
import { elementsOf, elementStridesOf, sizesOf, type Tensor } from '../../tensor/tensor';
import type { Batches } from './source';

/**
 * `of` each item of an array, in order: a method of the array's could be the user's, and would leave holes out.
 * @throws RangeError at a depth that only what holds itself has.
 */
export function eachOf<R>(
  list: readonly unknown[],
  depth: number,
  of: (item: unknown, i: number) => R,
): R[] {
  checkDepth('train.fit', 'a batch', depth);
  const found: R[] = [];
  const { length } = list;
  for (let i = 0; i < length; i++) found.push(of(list[i], i));
  return found;
}

/** The same of an object's values: what is found by the names that they have. */
export function eachIn<R>(
  object: Readonly<Record<string, unknown>>,
  depth: number,
  of: (value: unknown, name: string) => R,
): Record<string, R> {
  checkDepth('train.fit', 'a batch', depth);
  return Object.fromEntries(Object.keys(object).map((name) => [name, of(object[name], name)]));
}

/** A copy of a batch's arrays and objects; all else is what it was. */
function copied(where: string, value: unknown, depth: number): unknown {
  if (isArray(value)) {
    return eachOf(value, depth, (one, i) => copied(`${where}[${i}]`, one, depth + 1));
  }
  if (isPlain(value)) {
    return eachIn(value, depth, (one, name) => copied(`${where}.${name}`, one, depth + 1));
  }
  const foreign = describeOfAnotherCopy(value);
  if (foreign !== undefined) throw new TypeError(`train.fit: ${where} is ${foreign}`);
  return value;
}

/**
 * Where the batches of a training come from: an array is copied, so that they are those that it had when it was given; what gives
 * them itself is left to do so.
 * @throws TypeError where a batch in an array has something of another copy of the package; RangeError for one that holds itself.
 */
export const readBatches = (where: string, given: Batches<unknown>): Batches<unknown> =>
  isArray(given) ? (copied(where, given, 0) as unknown[]) : given;

/** Whether there is an object in the batch that an array can stand for. */
export function hasObjects(value: unknown, depth = 0): boolean {
  if (!isArray(value)) return isPlain(value);
  checkDepth('train.fit', 'a batch', depth);
  for (let i = 0; i < value.length; i++) if (hasObjects(value[i], depth + 1)) return true;
  return false;
}

const arrayTag = '[';
const objectTag = '{';

/** Objects as arrays of their keys and values, and what is an array with a mark in front; everything else as it is. */
export function withoutObjects(value: unknown, depth = 0): Argument {
  const inner = (one: unknown): Argument => withoutObjects(one, depth + 1);
  if (isArray(value)) return [arrayTag, ...eachOf(value, depth, inner)];
  if (!isPlain(value)) return value as Argument;
  return [objectTag, ...Object.entries(eachIn(value, depth, inner)).flat()];
}

/** The inverse. */
export function withObjects(value: Argument): unknown {
  if (!isArray(value)) return value;
  const [tag, ...parts] = value;
  if (tag === arrayTag) return parts.map((one) => withObjects(one));
  const found: [string, unknown][] = [];
  for (let i = 0; i < parts.length; i += 2) {
    found.push([parts[i] as string, withObjects(parts[i + 1])]);
  }
  return Object.fromEntries(found);
}

function collect(value: unknown, depth: number, found: Tensor[]): void {
  if (isTensor(value)) found.push(value);
  else if (isInstance(value, PackedSequence)) found.push(value.data);
  else if (isArray(value)) {
    checkDepth('train.fit', 'a batch', depth);
    for (let i = 0; i < value.length; i++) collect(value[i], depth + 1, found);
  } else if (isPlain(value)) {
    checkDepth('train.fit', 'a batch', depth);
    for (const name of Object.keys(value)) collect(value[name], depth + 1, found);
  }
}

/** The tensors of a batch. */
export function tensorsIn(batch: unknown): Tensor[] {
  const found: Tensor[] = [];
  collect(batch, 0, found);
  return found;
}

// How many numbers of a tensor are looked at.
const most = 4;
const numbers = new Float64Array(most);
const words = new Int32Array(numbers.buffer);

/** Notes integers that tell a batch from others: shapes and the first numbers of its tensors. */
export function markBatch(batch: unknown, note: (mark: number) => void): void {
  for (const x of tensorsIn(batch)) {
    const sizes = sizesOf(x);
    const dims = sizes.length;
    note(dims);
    for (let d = 0; d < dims; d++) note(sizes[d]);
    if (x.numel === 0) continue;
    const count = dims === 0 ? 1 : Math.min(most, sizes[dims - 1]);
    const stride = dims === 0 ? 1 : elementStridesOf(x)[dims - 1];
    const elements = elementsOf(x, (count - 1) * stride + 1);
    for (let i = 0; i < count; i++) numbers[i] = Number(elements[i * stride]);
    for (let i = 0; i < 2 * count; i++) note(words[i]);
  }
}
