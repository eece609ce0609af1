/** Comparisons of two operands, and tests of one: bool results, no gradients. */
import { surplus, withName } from '../../check';
import { family, type NamesOf } from '../../native/families';
import { isFloat, resultType } from '../../tensor/dtype';
import type { Tensor } from '../../tensor/tensor';
import { checkTensor, type GivenOperand } from '../arguments/check';
import { binary, operandOf, promote } from '../kernels/operands';
import { applyUnary } from '../kernels/launch';
import { emptyAs } from '../kernels/result';
import { fillWith, full } from '../creation/factories';
import { copysign } from './points';
import { unrecorded } from '../declare/composed';
import { noted, watch } from '../declare/watch';

type Comparison = 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge';

function comparison(
  name: string,
  kernel: Comparison = name as Comparison,
): (a: GivenOperand, b: GivenOperand) => Tensor {
  const kernels = family(kernel);
  const watched = `binary:${kernel}`;
  return withName(name, function (left, right) {
    if (arguments.length > 2) surplus(name, arguments, 2, 'b');
    const a = operandOf(name, 'a', left, right);
    const b = operandOf(name, 'b', right, left);
    const dtype = resultType(a, b);
    const x = promote(a, dtype);
    const y = promote(b, dtype);
    const out = binary(name, kernels, x, y, dtype, 'bool');
    return watch.watcher === null ? out : noted(watched, undefined, out, x, y);
  });
}

/**
 * a = b elementwise with broadcasting, as bool (torch.eq). NaN equals nothing.
 * @throws TypeError unless each is a tensor, a number or a boolean; RangeError when the shapes do not broadcast.
 * @example eq(tensor([1, 2, 3]), 2) // [false, true, false]
 */
export const eq = comparison('eq');
/**
 * a ≠ b (torch.ne).
 * @throws TypeError unless each is a tensor, a number or a boolean; RangeError when the shapes do not broadcast.
 * @example ne(tensor([1, 2, 3]), 2) // [true, false, true]
 */
export const ne = comparison('ne');
/**
 * a < b (torch.lt).
 * @throws TypeError unless each is a tensor, a number or a boolean; RangeError when the shapes do not broadcast.
 * @example lt(tensor([1, 2, 3]), 2) // [true, false, false]
 */
export const lt = comparison('lt');
/**
 * a ≤ b (torch.le).
 * @throws TypeError unless each is a tensor, a number or a boolean; RangeError when the shapes do not broadcast.
 * @example le(tensor([1, 2, 3]), 2) // [true, true, false]
 */
export const le = comparison('le');
/**
 * a > b (torch.gt).
 * @throws TypeError unless each is a tensor, a number or a boolean; RangeError when the shapes do not broadcast.
 * @example gt(tensor([1, 2, 3]), 2) // [false, false, true]
 */
export const gt = comparison('gt');
/**
 * a ≥ b (torch.ge).
 * @throws TypeError unless each is a tensor, a number or a boolean; RangeError when the shapes do not broadcast.
 * @example ge(tensor([1, 2, 3]), 2) // [false, true, true]
 */
export const ge = comparison('ge');
/**
 * a ≠ b, as `ne` (torch.not_equal).
 * @throws TypeError unless each is a tensor, a number or a boolean; RangeError when the shapes do not broadcast.
 * @example notEqual(tensor([1, 2, 3]), 2) // [true, false, true]
 */
export const notEqual = comparison('notEqual', 'ne');
/**
 * a < b, as `lt` (torch.less).
 * @throws TypeError unless each is a tensor, a number or a boolean; RangeError when the shapes do not broadcast.
 * @example less(tensor([1, 2, 3]), 2) // [true, false, false]
 */
export const less = comparison('less', 'lt');
/**
 * a ≤ b, as `le` (torch.less_equal).
 * @throws TypeError unless each is a tensor, a number or a boolean; RangeError when the shapes do not broadcast.
 * @example lessEqual(tensor([1, 2, 3]), 2) // [true, true, false]
 */
export const lessEqual = comparison('lessEqual', 'le');
/**
 * a > b, as `gt` (torch.greater).
 * @throws TypeError unless each is a tensor, a number or a boolean; RangeError when the shapes do not broadcast.
 * @example greater(tensor([1, 2, 3]), 2) // [false, false, true]
 */
export const greater = comparison('greater', 'gt');
/**
 * a ≥ b, as `ge` (torch.greater_equal).
 * @throws TypeError unless each is a tensor, a number or a boolean; RangeError when the shapes do not broadcast.
 * @example greaterEqual(tensor([1, 2, 3]), 2) // [false, true, true]
 */
export const greaterEqual = comparison('greaterEqual', 'ge');

// Integers and truth values are all finite numbers.
function test(name: string, kernel: NamesOf<'Unary'>, ofIntegers: boolean): (x: Tensor) => Tensor {
  const kernels = family(kernel);
  return withName(name, function (x) {
    if (arguments.length > 1) surplus(name, arguments, 1, 'x');
    checkTensor(name, 'x', x);
    if (!isFloat(x.dtype)) return fillWith(emptyAs(x, 'bool'), Number(ofIntegers));
    return applyUnary(name, kernels, x, emptyAs(x, 'bool'));
  });
}

/**
 * Where x is NaN (torch.isnan).
 * @throws TypeError unless `x` is a tensor.
 * @example isnan(tensor([1, NaN, Infinity])) // [false, true, false]
 */
export const isnan = test('isnan', 'isnan', false);
/**
 * Where x is Infinity or −Infinity (torch.isinf).
 * @throws TypeError unless `x` is a tensor.
 * @example isinf(tensor([1, NaN, Infinity])) // [false, false, true]
 */
export const isinf = test('isinf', 'isinf', false);
/**
 * Where x is neither infinite nor NaN (torch.isfinite).
 * @throws TypeError unless `x` is a tensor.
 * @example isfinite(tensor([1, NaN, Infinity])) // [true, false, false]
 */
export const isfinite = test('isfinite', 'isfinite', true);

// A test by comparisons of bits or values that PyTorch defines for bool and integers too.
function testBy(name: string, holds: (x: Tensor) => Tensor): (x: Tensor) => Tensor {
  return withName(name, function (x) {
    if (arguments.length > 1) surplus(name, arguments, 1, 'x');
    checkTensor(name, 'x', x);
    return unrecorded(() => holds(x));
  });
}

/**
 * Where x is Infinity (torch.isposinf).
 * @throws TypeError unless `x` is a tensor.
 * @example isposinf(tensor([Infinity, -Infinity, 1])) // [true, false, false]
 */
export const isposinf = testBy('isposinf', (x) => eq(x, Infinity));
/**
 * Where x is −Infinity (torch.isneginf).
 * @throws TypeError unless `x` is a tensor.
 * @example isneginf(tensor([Infinity, -Infinity, 1])) // [false, true, false]
 */
export const isneginf = testBy('isneginf', (x) => eq(x, -Infinity));
/**
 * Where x has no imaginary part: everywhere, since tensors here are real (torch.isreal).
 * @throws TypeError unless `x` is a tensor.
 * @example isreal(tensor([1, NaN])) // [true, true]
 */
export const isreal = testBy('isreal', (x) => fillWith(emptyAs(x, 'bool'), 1));
/**
 * Where the sign of x is negative, that of −0 too (torch.signbit).
 * @throws TypeError unless `x` is a tensor.
 * @example signbit(tensor([1, -2, -0])) // [false, true, true]
 */
export const signbit = testBy('signbit', (x) =>
  isFloat(x.dtype) ? lt(copysign(full([], 1, { dtype: x.dtype }), x), 0) : lt(x, 0),
);
