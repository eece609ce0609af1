/**
 * Functions of one tensor that are rarer than those of unary.ts: inverse, hyperbolic and gamma functions. Integers are computed as
 * float32.
 */
import { integerFrom, surplus } from '../../check';
import { family } from '../../native/families';
import { runPolygamma } from '../../native/calls';
import type { Tensor } from '../../tensor/tensor';
import { checkTensor } from '../arguments/check';
import { floating } from '../arguments/floating';
import { gradient } from '../declare/gradient';
import { inPlace as changeInPlace } from '../inplace/inplace';
import { applyUnary, pick } from '../kernels/launch';
import { emptyAs } from '../kernels/result';
import { inPlace, unary, type Unary } from './declaration';

type InPlace = (x: Tensor) => Tensor;

const positive = [0.3, 3] as const;
// e^(−x²)
const bell = (x: Tensor): Tensor => x.square().neg().exp();

/**
 * 2ˣ (torch.exp2).
 * @throws TypeError unless `x` is a tensor.
 * @example exp2(tensor([0, 3])) // [1, 8]
 */
export const exp2: Unary = unary('exp2', {
  saves: 'y',
  grad: (g, y) => g.mul(y.mul(Math.LN2)),
});
/**
 * x = 2ˣ; returns x (torch.exp2_).
 * @throws TypeError unless `x` is a tensor of a type that holds the result; Error on a leaf that requires
 * gradients.
 * @example tensor([0, 3]).exp2_() // [1, 8]
 */
export const exp2_: InPlace = inPlace(exp2);

/**
 * Hyperbolic sine (eˣ − e⁻ˣ) / 2 (torch.sinh).
 * @throws TypeError unless `x` is a tensor.
 * @example sinh(tensor([0, 1])) // [0, 1.1752]
 */
export const sinh: Unary = unary('sinh', {
  saves: 'x',
  grad: (g, x) => g.mul(x.cosh()),
});
/**
 * x = sinh x; returns x (torch.sinh_).
 * @throws TypeError unless `x` is a tensor of a type that holds the result; Error on a leaf that requires
 * gradients.
 * @example tensor([0, 1]).sinh_() // [0, 1.1752]
 */
export const sinh_: InPlace = inPlace(sinh);

/**
 * Hyperbolic cosine (eˣ + e⁻ˣ) / 2 (torch.cosh).
 * @throws TypeError unless `x` is a tensor.
 * @example cosh(tensor([0, 1])) // [1, 1.5431]
 */
export const cosh: Unary = unary('cosh', {
  saves: 'x',
  grad: (g, x) => g.mul(x.sinh()),
});
/**
 * x = cosh x; returns x (torch.cosh_).
 * @throws TypeError unless `x` is a tensor of a type that holds the result; Error on a leaf that requires
 * gradients.
 * @example tensor([0, 1]).cosh_() // [1, 1.5431]
 */
export const cosh_: InPlace = inPlace(cosh);

/**
 * Arcsine, from −π/2 to π/2 (torch.asin): NaN unless −1 ≤ x ≤ 1.
 * @throws TypeError unless `x` is a tensor.
 * @example asin(tensor([0, 1])) // [0, 1.5708]
 */
export const asin: Unary = unary('asin', {
  saves: 'x',
  grad: (g, x) => g.mul(x.square().rsub(1).rsqrt()),
  domain: [-0.9, 0.9],
});
/**
 * x = arcsin x; returns x (torch.asin_).
 * @throws TypeError unless `x` is a tensor of a type that holds the result; Error on a leaf that requires
 * gradients.
 * @example tensor([0, 1]).asin_() // [0, 1.5708]
 */
export const asin_: InPlace = inPlace(asin);

/**
 * Arccosine, from 0 to π (torch.acos): NaN unless −1 ≤ x ≤ 1.
 * @throws TypeError unless `x` is a tensor.
 * @example acos(tensor([0, 1])) // [1.5708, 0]
 */
export const acos: Unary = unary('acos', {
  saves: 'x',
  grad: (g, x) => g.mul(x.square().rsub(1).rsqrt().neg()),
  domain: [-0.9, 0.9],
});
/**
 * x = arccos x; returns x (torch.acos_).
 * @throws TypeError unless `x` is a tensor of a type that holds the result; Error on a leaf that requires
 * gradients.
 * @example tensor([0, 1]).acos_() // [1.5708, 0]
 */
export const acos_: InPlace = inPlace(acos);

/**
 * Arctangent, from −π/2 to π/2 (torch.atan).
 * @throws TypeError unless `x` is a tensor.
 * @example atan(tensor([0, 1])) // [0, 0.7854]
 */
export const atan: Unary = unary('atan', {
  saves: 'x',
  grad: (g, x) => g.div(x.square().add(1)),
});
/**
 * x = arctan x; returns x (torch.atan_).
 * @throws TypeError unless `x` is a tensor of a type that holds the result; Error on a leaf that requires
 * gradients.
 * @example tensor([0, 1]).atan_() // [0, 0.7854]
 */
export const atan_: InPlace = inPlace(atan);

/**
 * Inverse of sinh, ln(x + √(x² + 1)) (torch.asinh).
 * @throws TypeError unless `x` is a tensor.
 * @example asinh(tensor([0, 1])) // [0, 0.8814]
 */
export const asinh: Unary = unary('asinh', {
  saves: 'x',
  grad: (g, x) => g.mul(x.square().add(1).rsqrt()),
});
/**
 * x = arsinh x; returns x (torch.asinh_).
 * @throws TypeError unless `x` is a tensor of a type that holds the result; Error on a leaf that requires
 * gradients.
 * @example tensor([0, 1]).asinh_() // [0, 0.8814]
 */
export const asinh_: InPlace = inPlace(asinh);

/**
 * Inverse of cosh, ln(x + √(x² − 1)) (torch.acosh): NaN below 1.
 * @throws TypeError unless `x` is a tensor.
 * @example acosh(tensor([1, 2])) // [0, 1.317]
 */
export const acosh: Unary = unary('acosh', {
  saves: 'x',
  grad: (g, x) => g.mul(x.square().sub(1).rsqrt()),
  domain: [1.2, 4],
});
/**
 * x = arcosh x; returns x (torch.acosh_).
 * @throws TypeError unless `x` is a tensor of a type that holds the result; Error on a leaf that requires
 * gradients.
 * @example tensor([1, 2]).acosh_() // [0, 1.317]
 */
export const acosh_: InPlace = inPlace(acosh);

/**
 * Inverse of tanh, ln((1 + x) / (1 − x)) / 2 (torch.atanh): NaN unless −1 ≤ x ≤ 1.
 * @throws TypeError unless `x` is a tensor.
 * @example atanh(tensor([0, 0.5])) // [0, 0.5493]
 */
export const atanh: Unary = unary('atanh', {
  saves: 'x',
  grad: (g, x) => g.div(x.square().rsub(1)),
  domain: [-0.9, 0.9],
});
/**
 * x = artanh x; returns x (torch.atanh_).
 * @throws TypeError unless `x` is a tensor of a type that holds the result; Error on a leaf that requires
 * gradients.
 * @example tensor([0, 0.5]).atanh_() // [0, 0.5493]
 */
export const atanh_: InPlace = inPlace(atanh);

/**
 * 1 − erf(x), exact far above 0 too (torch.erfc).
 * @throws TypeError unless `x` is a tensor.
 * @example erfc(tensor([0, 1])) // [1, 0.1573]
 */
export const erfc: Unary = unary('erfc', {
  saves: 'x',
  grad: (g, x) => g.mul(bell(x).mul(-2 / Math.sqrt(Math.PI))),
});
/**
 * x = 1 − erf x; returns x (torch.erfc_).
 * @throws TypeError unless `x` is a tensor of a type that holds the result; Error on a leaf that requires
 * gradients.
 * @example tensor([0, 1]).erfc_() // [1, 0.1573]
 */
export const erfc_: InPlace = inPlace(erfc);

/**
 * The y with erf(y) = x (torch.erfinv): NaN unless −1 ≤ x ≤ 1.
 * @throws TypeError unless `x` is a tensor.
 * @example erfinv(tensor([0, 0.5])) // [0, 0.4769]
 */
export const erfinv: Unary = unary('erfinv', {
  saves: 'y',
  grad: (g, y) =>
    g.mul(
      y
        .square()
        .exp()
        .mul(Math.sqrt(Math.PI) / 2),
    ),
  domain: [-0.9, 0.9],
});
/**
 * x = the y with erf y = x; returns x (torch.Tensor.erfinv_).
 * @throws TypeError unless `x` is a tensor of a type that holds the result; Error on a leaf that requires
 * gradients.
 * @example tensor([0, 0.5]).erfinv_() // [0, 0.4769]
 */
export const erfinv_: InPlace = inPlace(erfinv);

/**
 * ln |Γ(x)| (torch.lgamma): Infinity at 0, −1, −2, ….
 * @throws TypeError unless `x` is a tensor.
 * @example lgamma(tensor([1, 5])) // [0, 3.1781]
 */
export const lgamma: Unary = unary('lgamma', {
  saves: 'x',
  grad: (g, x) => g.mul(x.digamma()),
  domain: positive,
});
/**
 * x = ln |Γ(x)|; returns x (torch.Tensor.lgamma_).
 * @throws TypeError unless `x` is a tensor of a type that holds the result; Error on a leaf that requires
 * gradients.
 * @example tensor([1, 5]).lgamma_() // [0, 3.1781]
 */
export const lgamma_: InPlace = inPlace(lgamma);

/**
 * The derivative of ln Γ(x) (torch.digamma): −Infinity at 0, NaN at −1, −2, ….
 * @throws TypeError unless `x` is a tensor.
 * @example digamma(tensor([1, 5])) // [-0.5772, 1.5061]
 */
export const digamma: Unary = unary('digamma', {
  saves: 'x',
  grad: (g, x) => g.mul(x.polygamma(1)),
  domain: positive,
});
/**
 * x = the derivative of ln Γ(x); returns x (torch.Tensor.digamma_).
 * @throws TypeError unless `x` is a tensor of a type that holds the result; Error on a leaf that requires
 * gradients.
 * @example tensor([1, 5]).digamma_() // [-0.5772, 1.5061]
 */
export const digamma_: InPlace = inPlace(digamma);

/**
 * sin(πx) / (πx), and 1 at 0 (torch.sinc).
 * @throws TypeError unless `x` is a tensor.
 * @example sinc(tensor([0, 0.5])) // [1, 0.6366]
 */
export const sinc: Unary = unary('sinc', {
  saves: 'x',
  // (cos(πx) − sinc x) / x, 0 at 0
  grad: (g, x) => g.mul(x.mul(Math.PI).cos().sub(x.sinc()).div(x)).maskedFill(x.eq(0), 0),
});
/**
 * x = sin(πx) / (πx); returns x (torch.sinc_).
 * @throws TypeError unless `x` is a tensor of a type that holds the result; Error on a leaf that requires
 * gradients.
 * @example tensor([0, 0.5]).sinc_() // [1, 0.6366]
 */
export const sinc_: InPlace = inPlace(sinc);

/**
 * x without its integer part: x − trunc(x) (torch.frac). Its gradient is that of x.
 * @throws TypeError unless `x` is a tensor of floats.
 * @example frac(tensor([1.5, -1.25])) // [0.5, -0.25]
 */
export const frac: Unary = unary('frac', {
  grad: (g) => g,
  kinks: [-2, -1, 0, 1, 2],
  integers: 'refused',
});
/**
 * x = x − trunc x; returns x (torch.frac_).
 * @throws TypeError unless `x` is a tensor of a type that holds the result; Error on a leaf that requires
 * gradients.
 * @example tensor([1.5, -1.25]).frac_() // [0.5, -0.25]
 */
export const frac_: InPlace = inPlace(frac);

const [polygammaKernels, digammaKernels] = [family('polygamma'), family('digamma')];
const order = integerFrom(0);
const recorded = gradient<[Tensor], [Tensor], number>('polygamma', {
  saves: ([x]) => [x],
  rule: (g, [x], n) => [g.mul(x.polygamma(n + 1))],
});

function derivative(operation: string, argument: Tensor, n: number): Tensor {
  order.check(operation, 'n', n);
  checkTensor(operation, 'x', argument);
  const x = floating(argument);
  const out = emptyAs(x);
  if (n === 0) applyUnary(operation, digammaKernels, x, out);
  else runPolygamma(pick(operation, polygammaKernels, x.dtype), x, out, n);
  return recorded(out, n, x);
}

/**
 * The n-th derivative of digamma (torch.polygamma): (−1)ⁿ⁺¹ n! Σ (x + k)⁻ⁿ⁻¹ over k ≥ 0.
 * @throws TypeError unless `x` is a tensor; RangeError unless `n` is an integer of at least 0.
 * @example polygamma(1, tensor([1, 2])) // [1.6449, 0.6449]
 */
export function polygamma(n: number, x: Tensor): Tensor {
  if (arguments.length > 2) surplus('polygamma', arguments, 2, 'x');
  return derivative('polygamma', x, n);
}

/** `polygamma` and its in-place form as methods, whose tensor is not the first argument. */
export const asMethod = {
  /**
   * The n-th derivative of digamma at each element (torch.Tensor.polygamma).
   * @throws RangeError unless `n` is an integer of at least 0.
   * @example tensor([1, 2]).polygamma(1) // [1.6449, 0.6449]
   */
  polygamma(x: Tensor, n: number): Tensor {
    if (arguments.length > 2) surplus('polygamma', arguments, 2, 'n');
    return derivative('polygamma', x, n);
  },
  /**
   * x = the n-th derivative of digamma; returns x (torch.Tensor.polygamma_).
   * @throws RangeError unless `n` is an integer of at least 0; Error on a leaf that requires gradients.
   * @example tensor([1, 2]).polygamma_(1) // [1.6449, 0.6449]
   */
  polygamma_(x: Tensor, n: number): Tensor {
    if (arguments.length > 2) surplus('polygamma_', arguments, 2, 'n');
    checkTensor('polygamma_', 'x', x);
    return changeInPlace('polygamma_', x, [], (before) => derivative('polygamma_', before, n));
  },
};
