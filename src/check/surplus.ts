/**
 * Arguments beyond the declared ones. JavaScript drops them, so that `new ReLU({ inplace: true })` of a class without options
 * would compute something else than was asked for. The first line of a public function asks for them:
 *
 *     if (arguments.length > 2) surplus('bmm', arguments, 2, 'b');
 *
 * which costs nothing: V8 makes no arguments object for a function that only asks for the length, unless the branch is taken.
 */
import { describe } from './describe';
import { remedy } from './foreign';

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

function isPlain(value: unknown): value is Record<string, unknown> {
  try {
    return isObject(value) && Object.getPrototypeOf(value) === Object.prototype;
  } catch {
    return false;
  }
}

const isArrayHolding = (array: unknown, index: number, value: unknown): boolean => {
  try {
    return Array.isArray(array) && Object.is(array[index], value);
  } catch {
    return false;
  }
};

/**
 * Whether the surplus is what `xs.map(relu)`, `xs.forEach(zeros_)` and `xs.reduce(mul)` pass besides: an index, and the array that
 * holds the last declared argument there.
 */
const isFromArray = (given: ArrayLike<unknown>, most: number): boolean =>
  most > 0 &&
  given.length === most + 2 &&
  typeof given[most] === 'number' &&
  isArrayHolding(given[most + 1], given[most], given[most - 1]);

/** A plain object with its own properties, `{ inplace: true }`; everything else as `describe` has it. */
function shown(value: unknown): string {
  try {
    if (!isPlain(value)) return describe(value);
    const entries = Object.entries(value);
    if (entries.length === 0 || entries.length > 4) return describe(value);
    return `{ ${entries.map(([key, one]) => `${key}: ${describe(one)}`).join(', ')} }`;
  } catch {
    return describe(value);
  }
}

/** What to do without an option of PyTorch's that is among the surplus. */
function instead(values: readonly unknown[]): string {
  const keys = values.filter(isPlain).flatMap((value) => Object.keys(value));
  const found = keys.map((name) => remedy(name)).find((one) => one !== undefined);
  return found === undefined ? '' : `; ${found}`;
}

/**
 * Refuses arguments after the first `most`, of which `last` is the last one's name. Undefined is no argument, and what an
 * array's `map`, `forEach` and `reduce` pass besides the declared ones is let through.
 * @param last none for a function without parameters. Where it is `'options'` and no object was given there, that is
 *   the fault to speak of, and left to the check of the options.
 * @throws TypeError `bmm: takes no argument after b, got { out: 'a Tensor' }`
 */
export function surplus(
  operation: string,
  given: ArrayLike<unknown>,
  most: number,
  last?: string,
): void {
  const values = Array.from(given).slice(most);
  if (values.every((value) => value === undefined) || isFromArray(given, most)) return;
  const options = given[most - 1];
  if (last === 'options' && options !== undefined && !isPlain(options)) return;
  const rule = last === undefined ? 'takes no arguments' : `takes no argument after ${last}`;
  const got = values.map(shown).join(', ');
  throw new TypeError(`${operation}: ${rule}, got ${got}${instead(values)}`);
}
