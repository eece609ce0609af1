/** Rules for what tensors have: an argument that is one, an element type. */
import { rule } from '../check';
import { dtypes, isFloat, type DType } from './dtype';
import { sizesOf, Tensor } from './tensor';

/**
 * `value instanceof Tensor`, which a revoked Proxy would answer by throwing, and made by the constructor, which
 * `Object.create(Tensor.prototype)` is not.
 */
export function isTensor(value: unknown): value is Tensor {
  try {
    return value instanceof Tensor && sizesOf(value) !== undefined;
  } catch {
    return false;
  }
}

export const anyTensor = rule<Tensor>('a Tensor', isTensor);

const words = (names: readonly string[]): string =>
  `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;

const isOf =
  (names: readonly unknown[]) =>
  (value: unknown): boolean =>
    names.includes(value);

/** The name of an element type. */
export const dtype = rule<DType>(words(dtypes), isOf(dtypes));

const floats = dtypes.filter(isFloat);
/** The name of a floating element type: that of parameters. */
export const floatDType = rule<DType>(words(floats), isOf(floats));
