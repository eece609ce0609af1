/** Batches that are objects, as a step takes them: `compile.step` knows tensors, constants and arrays of these. */
import { isArray, isPlain } from '../../check';
import type { Argument } from '../../compile';

/** Whether there is an object in the batch that an array can stand for. */
export const hasObjects = (value: unknown): boolean =>
  isPlain(value) || (isArray(value) && value.some(hasObjects));

const arrayTag = '[';
const objectTag = '{';

/** Objects as arrays of their keys and values, and what is an array with a mark in front; everything else as it is. */
export function withoutObjects(value: unknown): Argument {
  if (isArray(value)) return [arrayTag, ...value.map(withoutObjects)];
  if (!isPlain(value)) return value as Argument;
  return [objectTag, ...Object.entries(value).flatMap(([key, one]) => [key, withoutObjects(one)])];
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
