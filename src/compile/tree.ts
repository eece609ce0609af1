/**
 * Arguments and results as trees: arrays, nested at will, with tensors as leaves; arguments may also hold numbers,
 * strings, booleans, null and undefined, which a trace treats as constants.
 */
import { checkDepth, describe, isArray } from '../check';
import type { DType } from '../tensor/dtype';
import { sameShape, showShape, type Shape } from '../tensor/shape';
import { ValuesAndIndices } from '../ops/declare/named';
import { isTensor } from '../tensor/rules';
import { sizesOf, type Tensor } from '../tensor/tensor';

/** What a compiled function takes. */
export type Argument = Tensor | number | string | boolean | null | undefined | readonly Argument[];
/** What a compiled function returns. */
export type Result = Tensor | null | undefined | ValuesAndIndices | readonly Result[];

/**
 * The tensors of `value` in order; `key` gets a text that says everything else.
 * @param training whether it matters which of them require gradients
 */
export function flattenArguments(
  value: unknown,
  training: boolean,
  tensors: Tensor[],
  key: string[],
  depth = 0,
): void {
  if (isTensor(value)) {
    tensors.push(value);
    key.push(
      `${value.dtype}${showShape(sizesOf(value))}${training && value.requiresGrad ? 'g' : ''}`,
    );
  } else if (isArray(value)) {
    checkDepth('compile', 'an argument', depth);
    key.push('(');
    for (const one of value) flattenArguments(one, training, tensors, key, depth + 1);
    key.push(')');
  } else if (value === null || value === undefined) key.push(String(value));
  else if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string') {
    key.push(
      `${typeof value}:${Object.is(value, -0) ? '-0' : JSON.stringify(value) + String(value)}`,
    );
  } else {
    throw new TypeError(
      `compile: an argument must be a Tensor, a number, a string, a boolean, null, or an array of these, got ${describe(value)}; let the function capture other things`,
    );
  }
}

/** The same tree with `next()` in place of each tensor. */
export function replaceTensors(value: unknown, next: () => Tensor): unknown {
  if (isTensor(value)) return next();
  if (isArray(value)) {
    // Not by a method of the array's, which could be the user's.
    const replaced: unknown[] = [];
    for (const one of value) replaced.push(replaceTensors(one, next));
    return replaced;
  }
  if (value instanceof ValuesAndIndices) return new ValuesAndIndices(next(), next());
  return value;
}

/** The tensors of a result in order. @throws TypeError for what is neither a tensor nor an array of them. */
export function flattenResult(value: unknown, tensors: Tensor[], depth = 0): void {
  checkDepth('compile', "the function's result", depth);
  if (isTensor(value)) tensors.push(value);
  else if (isArray(value)) for (const one of value) flattenResult(one, tensors, depth + 1);
  else if (value instanceof ValuesAndIndices) tensors.push(value.values, value.indices);
  else if (value !== null && value !== undefined) {
    throw new TypeError(
      `compile: the function must return a Tensor or an array of tensors, got ${value instanceof Promise ? 'a promise; it must not be async' : describe(value)}`,
    );
  }
}

/** What a program knows of an argument that is a tensor. */
interface LikeTensor {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly requiresGrad: boolean;
}

/**
 * Whether `value` is what `form` was made of by `replaceTensors`, but for the elements of its tensors, which are like those of
 * `signatures`, in order; `tensors` gets them. Faster than comparing the texts of `flattenArguments`.
 * @param training whether it matters which of them require gradients
 */
export function fitsForm(
  value: unknown,
  form: unknown,
  signatures: readonly LikeTensor[],
  training: boolean,
  tensors: Tensor[],
): boolean {
  if (isTensor(form)) {
    if (!isTensor(value)) return false;
    const { shape, dtype, requiresGrad } = signatures[tensors.length];
    tensors.push(value);
    if (training && value.requiresGrad !== requiresGrad) return false;
    return value.dtype === dtype && sameShape(sizesOf(value), shape);
  }
  if (!isArray(form)) return Object.is(value, form);
  if (!isArray(value) || value.length !== form.length) return false;
  for (let i = 0; i < form.length; i++) {
    if (!fitsForm(value[i], form[i], signatures, training, tensors)) return false;
  }
  return true;
}
