/** Functions of one tensor with numbers: nanToNum, logit. */
import { number, optionsTable, probability, surplus } from '../../check';
import { runNanToNum } from '../../native/calls';
import { family } from '../../native/families';
import { isFloat } from '../../tensor/dtype';
import type { Tensor } from '../../tensor/tensor';
import { checkTensor } from '../arguments/check';
import { floating } from '../arguments/floating';
import { clone } from '../copying/clone';
import { gradient } from '../declare/gradient';
import { inPlace as changeInPlace } from '../inplace/inplace';
import { applyBinary, pick } from '../kernels/launch';
import { emptyAs } from '../kernels/result';
import { unrecorded } from '../declare/composed';

/** Options of `nanToNum`. */
export interface NanToNumOptions {
  /** In place of NaN. Default: 0. */
  nan?: number;
  /** In place of Infinity. Default: the largest finite number of the element type. */
  posinf?: number | null;
  /** In place of −Infinity. Default: the smallest finite number of the element type. */
  neginf?: number | null;
}
const nanToNumOptions = optionsTable<NanToNumOptions>('nanToNum', {
  nan: number.or(0),
  posinf: number.orNull.or(null),
  neginf: number.orNull.or(null),
});
const largest = { float32: (2 - 2 ** -23) * 2 ** 127, float64: Number.MAX_VALUE } as const;

const kernels = family('nan_to_num');
const finiteOnly = family('where_finite');
const recordedFinite = gradient<[Tensor], [Tensor]>('nanToNum', {
  saves: ([x]) => [x],
  rule: (g, [x]) => [g.maskedFill(x.isfinite().logicalNot(), 0)],
  fused: (g, [x]) => [applyBinary('nanToNum', finiteOnly, g, x, emptyAs(x))],
});

function finite(operation: string, x: Tensor, options: NanToNumOptions | undefined): Tensor {
  checkTensor(operation, 'x', x);
  const { nan, posinf, neginf } = nanToNumOptions.read(options, operation);
  const { dtype } = x;
  if (!isFloat(dtype)) return clone(x);
  const most = largest[dtype as 'float32' | 'float64'];
  const out = emptyAs(x);
  runNanToNum(pick(operation, kernels, dtype), x, out, nan, posinf ?? most, neginf ?? -most);
  return recordedFinite(out, undefined, x);
}

/**
 * x with other numbers in place of NaN and the infinities (torch.nan_to_num); integers stay what they are. The gradient is 0 there.
 * @throws TypeError unless `x` is a tensor, or for an option of the wrong kind.
 * @example nanToNum(tensor([1, NaN, Infinity]), { posinf: 9 }) // [1, 0, 9]
 */
export function nanToNum(x: Tensor, options?: NanToNumOptions): Tensor {
  if (arguments.length > 2) surplus('nanToNum', arguments, 2, 'options');
  return finite('nanToNum', x, options);
}
/**
 * x = nanToNum(x); returns x (torch.nan_to_num_).
 * @throws TypeError unless `x` is a tensor, or for an option of the wrong kind; Error on a leaf that requires gradients.
 * @example tensor([1, NaN, Infinity]).nanToNum_({ posinf: 9 }) // [1, 0, 9]
 */
export function nanToNum_(x: Tensor, options?: NanToNumOptions): Tensor {
  if (arguments.length > 2) surplus('nanToNum_', arguments, 2, 'options');
  checkTensor('nanToNum_', 'x', x);
  return changeInPlace('nanToNum_', x, [], (before) => finite('nanToNum_', before, options));
}

/** Options of `logit`. */
export interface LogitOptions {
  /** x is limited to eps and 1 − eps first. Default: null, not at all. */
  eps?: number | null;
}
const logitOptions = optionsTable<LogitOptions>('logit', { eps: probability.orNull.or(null) });

const recordedLogit = gradient<[Tensor], [Tensor], number | null>('logit', {
  saves: ([x]) => [x],
  // g / (x (1 − x)); outside of the limits 0, without limits NaN
  rule: (g, [x], eps) => {
    const slope = g.div(x.mul(x.rsub(1)));
    const isOutside = x.lt(eps ?? 0).logicalOr(x.gt(1 - (eps ?? 0)));
    return [slope.maskedFill(isOutside, eps === null ? NaN : 0)];
  },
});

function odds(operation: string, argument: Tensor, options: LogitOptions | undefined): Tensor {
  checkTensor(operation, 'x', argument);
  const { eps } = logitOptions.read(options, operation);
  const x = floating(argument);
  const out = unrecorded(() => {
    const limited = eps === null ? x : x.clamp(eps, 1 - eps);
    return limited.div(limited.rsub(1)).log();
  });
  return recordedLogit(out, eps, x);
}

/**
 * ln(x / (1 − x)), the inverse of sigmoid (torch.logit).
 * @throws TypeError unless `x` is a tensor, or for an option of the wrong kind; RangeError unless `eps` is from 0 to 1.
 * @example logit(tensor([0.5, 0.9])) // [0, 2.1972]
 */
export function logit(x: Tensor, options?: LogitOptions): Tensor {
  if (arguments.length > 2) surplus('logit', arguments, 2, 'options');
  return odds('logit', x, options);
}
/**
 * x = ln(x / (1 − x)); returns x (torch.logit_).
 * @throws TypeError unless `x` is a tensor of floats, or for an option of the wrong kind; RangeError unless `eps` is from 0 to 1; Error
 * on a leaf that requires gradients.
 * @example tensor([0.5, 0.9]).logit_() // [0, 2.1972]
 */
export function logit_(x: Tensor, options?: LogitOptions): Tensor {
  if (arguments.length > 2) surplus('logit_', arguments, 2, 'options');
  checkTensor('logit_', 'x', x);
  return changeInPlace('logit_', x, [], (before) => odds('logit_', before, options));
}
