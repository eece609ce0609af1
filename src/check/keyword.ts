/**
 * Arguments given by name where they are given by position: PyTorch's `Softmax(dim=1)` as `new Softmax({ dim: 1 })`. What a sentence says
 * of the refused object, so that it names the right spelling.
 */
import { describe } from './describe';

/** The rows of an operation's table of options, by operation: the last table that was made. */
const optionsOf = new Map<string, object>();

/** @internal A table of options says which there are. */
export function noteOptions(operation: string, fields: object): void {
  optionsOf.set(operation, fields);
}

/** What PyTorch calls an argument that is called otherwise here. */
const others = new Map<string, readonly string[]>([
  ['b', ['other', 'exponent']],
  ['dim', ['dim0', 'startDim', 'dims']],
  ['dims', ['dim']],
  ['shape', ['size', 'dims']],
  ['start', ['end']],
  ['the value', ['fillValue', 'value']],
]);

/** The keys of an object without a class; none of anything else. */
function keysOf(value: unknown): string[] {
  try {
    if (typeof value !== 'object' || value === null) return [];
    const above: unknown = Object.getPrototypeOf(value);
    return above === null || above === Object.prototype ? Object.keys(value) : [];
  } catch {
    return [];
  }
}

function hint(operation: string, name: string, value: unknown): string {
  const keys = keysOf(value);
  if (keys.length === 0) return '';
  const named = [name, ...(others.get(name) ?? [])].find((one) => keys.includes(one));
  if (named !== undefined) {
    const given = describe((value as Record<string, unknown>)[named]);
    const object = `{ ${named}: ${given}${keys.length > 1 ? ', …' : ''} }`;
    return `; ${named} is given by position: ${given} in place of ${object}`;
  }
  const option = keys.find((key) => Object.hasOwn(optionsOf.get(operation) ?? {}, key));
  return option === undefined ? '' : `; options such as { ${option} } come after it`;
}

/** What follows "got" where `value` is refused as the argument `name`. */
export function got(operation: string, name: string, value: unknown): string {
  try {
    return describe(value) + hint(operation, name, value);
  } catch {
    return describe(value);
  }
}
