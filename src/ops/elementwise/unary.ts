/**
 * Functions of one tensor without parameters. Integers are computed as float32 where a result is real. Where a gradient
 * reads the result, that is because the result is alive anyway.
 */
import { integer, optionsTable } from '../../check';
import { isFloat } from '../../tensor/dtype';
import type { Tensor } from '../../tensor/tensor';
import { inPlace, unary, type Unary, type UnaryWith } from './declaration';

type InPlace<Options = undefined> = [Options] extends [undefined]
  ? (x: Tensor) => Tensor
  : (x: Tensor, options?: Options) => Tensor;

/**
 * −x (torch.neg).
 * @throws TypeError for bool.
 * @example neg(tensor([1, -2])) // [-1, 2]
 */
export const neg: Unary = unary('neg', { grad: (g) => g.neg() });
/**
 * x = −x; returns x (torch.neg_).
 * @throws TypeError unless `x` is a tensor of a type that holds the result; Error on a leaf that requires
 * gradients.
 * @example tensor([1, -2]).neg_() // [-1, 2]
 */
export const neg_: InPlace = inPlace(neg);

/**
 * |x| (torch.abs). The gradient at 0 is 0.
 * @throws TypeError unless `x` is a tensor.
 * @example abs(tensor([1, -2])) // [1, 2]
 */
export const abs: Unary = unary('abs', {
  saves: 'x',
  grad: (g, x) => g.mul(x.sign()),
  fused: 'abs_backward',
  kinks: [0],
});
/**
 * x = |x|; returns x (torch.abs_).
 * @throws TypeError unless `x` is a tensor of a type that holds the result; Error on a leaf that requires
 * gradients.
 * @example tensor([1, -2]).abs_() // [1, 2]
 */
export const abs_: InPlace = inPlace(abs);

/**
 * −1, 0 or 1 (torch.sign); 0 for NaN; bool stays what it is. Its gradient is 0.
 * @throws TypeError unless `x` is a tensor.
 * @example sign(tensor([3, 0, -2])) // [1, 0, -1]
 */
export const sign: Unary = unary('sign', { grad: 0, kinks: [0], bool: 'unchanged' });
/**
 * x = sign x; returns x (torch.Tensor.sign_).
 * @throws TypeError unless `x` is a tensor of a type that holds the result; Error on a leaf that requires
 * gradients.
 * @example tensor([3, 0, -2]).sign_() // [1, 0, -1]
 */
export const sign_: InPlace = inPlace(sign);

/**
 * x² (torch.square); int32 of bool.
 * @throws TypeError unless `x` is a tensor.
 * @example square(tensor([1, -3])) // [1, 9]
 */
export const square: Unary = unary('square', {
  node: 'PowBackward0',
  saves: 'x',
  grad: (g, x) => g.mul(x.mul(2)),
  bool: 'int32',
});
/**
 * x = x²; returns x (torch.square_).
 * @throws TypeError unless `x` is a tensor of a type that holds the result; Error on a leaf that requires
 * gradients.
 * @example tensor([1, -3]).square_() // [1, 9]
 */
export const square_: InPlace = inPlace(square);

/**
 * max(x, 0) (torch.relu). The gradient at 0 is 0.
 * @throws TypeError unless `x` is a tensor.
 * @example relu(tensor([-1, 2])) // [0, 2]
 */
export const relu: Unary = unary('relu', {
  saves: 'y',
  // y ≤ 0 where and only where x ≤ 0
  grad: (g, y) => g.maskedFill(y.le(0), 0),
  fused: 'relu_backward',
  kinks: [0],
});
/**
 * x = max(x, 0); returns x (torch.relu_).
 * @throws TypeError unless `x` is a tensor of a type that holds the result; Error on a leaf that requires
 * gradients.
 * @example tensor([-1, 2]).relu_() // [0, 2]
 */
export const relu_: InPlace = inPlace(relu);

/**
 * eˣ (torch.exp).
 * @throws TypeError unless `x` is a tensor.
 * @example exp(tensor([0, 1])) // [1, 2.7183]
 */
export const exp: Unary = unary('exp', { saves: 'y', grad: (g, y) => g.mul(y) });
/**
 * x = eˣ; returns x (torch.exp_).
 * @throws TypeError unless `x` is a tensor of a type that holds the result; Error on a leaf that requires
 * gradients.
 * @example tensor([0, 1]).exp_() // [1, 2.7183]
 */
export const exp_: InPlace = inPlace(exp);

/**
 * eˣ − 1 without cancellation near 0 (torch.expm1).
 * @throws TypeError unless `x` is a tensor.
 * @example expm1(tensor([0, 1])) // [0, 1.7183]
 */
export const expm1: Unary = unary('expm1', { saves: 'y', grad: (g, y) => g.mul(y.add(1)) });
/**
 * x = eˣ − 1; returns x (torch.Tensor.expm1_).
 * @throws TypeError unless `x` is a tensor of a type that holds the result; Error on a leaf that requires
 * gradients.
 * @example tensor([0, 1]).expm1_() // [0, 1.7183]
 */
export const expm1_: InPlace = inPlace(expm1);

const positive = [0.3, 3] as const;

/**
 * Natural logarithm (torch.log): −Infinity at 0, NaN below.
 * @throws TypeError unless `x` is a tensor.
 * @example log(tensor([1, 10])) // [0, 2.3026]
 */
export const log: Unary = unary('log', {
  saves: 'x',
  grad: (g, x) => g.div(x),
  domain: positive,
});
/**
 * x = ln x; returns x (torch.log_).
 * @throws TypeError unless `x` is a tensor of a type that holds the result; Error on a leaf that requires
 * gradients.
 * @example tensor([1, 10]).log_() // [0, 2.3026]
 */
export const log_: InPlace = inPlace(log);

/**
 * ln(1 + x) without cancellation near 0 (torch.log1p).
 * @throws TypeError unless `x` is a tensor.
 * @example log1p(tensor([0, 1])) // [0, 0.6931]
 */
export const log1p: Unary = unary('log1p', {
  node: 'Log1PBackward0',
  saves: 'x',
  grad: (g, x) => g.div(x.add(1)),
  domain: positive,
});
/**
 * x = ln(1 + x); returns x (torch.Tensor.log1p_).
 * @throws TypeError unless `x` is a tensor of a type that holds the result; Error on a leaf that requires
 * gradients.
 * @example tensor([0, 1]).log1p_() // [0, 0.6931]
 */
export const log1p_: InPlace = inPlace(log1p);

/**
 * Logarithm to base 2 (torch.log2).
 * @throws TypeError unless `x` is a tensor.
 * @example log2(tensor([1, 8])) // [0, 3]
 */
export const log2: Unary = unary('log2', {
  saves: 'x',
  grad: (g, x) => g.div(x.mul(Math.LN2)),
  domain: positive,
});
/**
 * x = log₂ x; returns x (torch.Tensor.log2_).
 * @throws TypeError unless `x` is a tensor of a type that holds the result; Error on a leaf that requires
 * gradients.
 * @example tensor([1, 8]).log2_() // [0, 3]
 */
export const log2_: InPlace = inPlace(log2);

/**
 * Logarithm to base 10 (torch.log10).
 * @throws TypeError unless `x` is a tensor.
 * @example log10(tensor([1, 100])) // [0, 2]
 */
export const log10: Unary = unary('log10', {
  saves: 'x',
  grad: (g, x) => g.div(x.mul(Math.LN10)),
  domain: positive,
});
/**
 * x = log₁₀ x; returns x (torch.Tensor.log10_).
 * @throws TypeError unless `x` is a tensor of a type that holds the result; Error on a leaf that requires
 * gradients.
 * @example tensor([1, 100]).log10_() // [0, 2]
 */
export const log10_: InPlace = inPlace(log10);

/**
 * √x (torch.sqrt): NaN below 0.
 * @throws TypeError unless `x` is a tensor.
 * @example sqrt(tensor([4, 9])) // [2, 3]
 */
export const sqrt: Unary = unary('sqrt', {
  saves: 'y',
  grad: (g, y) => g.div(y.mul(2)),
  domain: positive,
});
/**
 * x = √x; returns x (torch.sqrt_).
 * @throws TypeError unless `x` is a tensor of a type that holds the result; Error on a leaf that requires
 * gradients.
 * @example tensor([4, 9]).sqrt_() // [2, 3]
 */
export const sqrt_: InPlace = inPlace(sqrt);

/**
 * 1 / √x (torch.rsqrt).
 * @throws TypeError unless `x` is a tensor.
 * @example rsqrt(tensor([1, 4])) // [1, 0.5]
 */
export const rsqrt: Unary = unary('rsqrt', {
  saves: 'y',
  // y = x^(−1/2): dy/dx = −y³/2
  grad: (g, y) => g.mul(-0.5).mul(y.mul(y.square())),
  domain: positive,
});
/**
 * x = 1 / √x; returns x (torch.rsqrt_).
 * @throws TypeError unless `x` is a tensor of a type that holds the result; Error on a leaf that requires
 * gradients.
 * @example tensor([1, 4]).rsqrt_() // [1, 0.5]
 */
export const rsqrt_: InPlace = inPlace(rsqrt);

/**
 * 1 / x (torch.reciprocal).
 * @throws TypeError unless `x` is a tensor.
 * @example reciprocal(tensor([2, 4])) // [0.5, 0.25]
 */
export const reciprocal: Unary = unary('reciprocal', {
  saves: 'y',
  grad: (g, y) => g.mul(y.square()).neg(),
  domain: positive,
});
/**
 * x = 1 / x; returns x (torch.reciprocal_).
 * @throws TypeError unless `x` is a tensor of a type that holds the result; Error on a leaf that requires
 * gradients.
 * @example tensor([2, 4]).reciprocal_() // [0.5, 0.25]
 */
export const reciprocal_: InPlace = inPlace(reciprocal);

/**
 * Sine of x in radians (torch.sin).
 * @throws TypeError unless `x` is a tensor.
 * @example sin(tensor([0, 1])) // [0, 0.8415]
 */
export const sin: Unary = unary('sin', { saves: 'x', grad: (g, x) => g.mul(x.cos()) });
/**
 * x = sin x; returns x (torch.sin_).
 * @throws TypeError unless `x` is a tensor of a type that holds the result; Error on a leaf that requires
 * gradients.
 * @example tensor([0, 1]).sin_() // [0, 0.8415]
 */
export const sin_: InPlace = inPlace(sin);

/**
 * Cosine of x in radians (torch.cos).
 * @throws TypeError unless `x` is a tensor.
 * @example cos(tensor([0, 1])) // [1, 0.5403]
 */
export const cos: Unary = unary('cos', { saves: 'x', grad: (g, x) => g.mul(x.sin()).neg() });
/**
 * x = cos x; returns x (torch.cos_).
 * @throws TypeError unless `x` is a tensor of a type that holds the result; Error on a leaf that requires
 * gradients.
 * @example tensor([0, 1]).cos_() // [1, 0.5403]
 */
export const cos_: InPlace = inPlace(cos);

/**
 * Tangent of x in radians (torch.tan).
 * @example tan(tensor([0, Math.PI / 4])) // [0, 1]
 * @throws TypeError unless `x` is a tensor.
 */
export const tan: Unary = unary('tan', {
  saves: 'y',
  grad: (g, y) => g.mul(y.square().add(1)),
  domain: [-1.2, 1.2],
});
/**
 * x = tan x; returns x (torch.tan_).
 * @throws TypeError unless `x` is a tensor of a type that holds the result; Error on a leaf that requires
 * gradients.
 * @example tensor([0, 1]).tan_() // [0, 1.5574]
 */
export const tan_: InPlace = inPlace(tan);

/**
 * Hyperbolic tangent (torch.tanh).
 * @throws TypeError unless `x` is a tensor.
 * @example tanh(tensor([0, 1])) // [0, 0.7616]
 */
export const tanh: Unary = unary('tanh', {
  saves: 'y',
  grad: (g, y) => g.mul(y.square().rsub(1)),
  fused: 'tanh_backward',
});
/**
 * x = tanh x; returns x (torch.tanh_).
 * @throws TypeError unless `x` is a tensor of a type that holds the result; Error on a leaf that requires
 * gradients.
 * @example tensor([0, 1]).tanh_() // [0, 0.7616]
 */
export const tanh_: InPlace = inPlace(tanh);

/**
 * 1 / (1 + e⁻ˣ) (torch.sigmoid).
 * @throws TypeError unless `x` is a tensor.
 * @example sigmoid(tensor([0, 1])) // [0.5, 0.7311]
 */
export const sigmoid: Unary = unary('sigmoid', {
  saves: 'y',
  grad: (g, y) => g.mul(y.mul(y.rsub(1))),
  fused: 'sigmoid_backward',
});
/**
 * x = 1 / (1 + e⁻ˣ); returns x (torch.sigmoid_).
 * @throws TypeError unless `x` is a tensor of a type that holds the result; Error on a leaf that requires
 * gradients.
 * @example tensor([0, 1]).sigmoid_() // [0.5, 0.7311]
 */
export const sigmoid_: InPlace = inPlace(sigmoid);

/**
 * The error function 2/√π ∫₀ˣ e^(−t²) dt (torch.erf).
 * @throws TypeError unless `x` is a tensor.
 * @example erf(tensor([0, 1])) // [0, 0.8427]
 */
export const erf: Unary = unary('erf', {
  saves: 'x',
  grad: (g, x) =>
    g.mul(
      x
        .square()
        .neg()
        .exp()
        .mul(2 / Math.sqrt(Math.PI)),
    ),
});
/**
 * x = erf x; returns x (torch.Tensor.erf_).
 * @throws TypeError unless `x` is a tensor of a type that holds the result; Error on a leaf that requires
 * gradients.
 * @example tensor([0, 1]).erf_() // [0, 0.8427]
 */
export const erf_: InPlace = inPlace(erf);

const steps = { grad: 0, integers: 'unchanged' } as const;
const atIntegers = [-2, -1, 0, 1, 2];
const betweenIntegers = [-1.5, -0.5, 0.5, 1.5];

/**
 * The largest integer that is not above x (torch.floor). Its gradient is 0, as that of all roundings.
 * @throws TypeError unless `x` is a tensor.
 * @example floor(tensor([1.5, -1.5])) // [1, -2]
 */
export const floor: Unary = unary('floor', { ...steps, kinks: atIntegers });
/**
 * x = ⌊x⌋; returns x (torch.floor_).
 * @throws TypeError unless `x` is a tensor of a type that holds the result; Error on a leaf that requires
 * gradients.
 * @example tensor([1.5, -1.5]).floor_() // [1, -2]
 */
export const floor_: InPlace = inPlace(floor);

/**
 * The smallest integer that is not below x (torch.ceil).
 * @throws TypeError unless `x` is a tensor.
 * @example ceil(tensor([1.5, -1.5])) // [2, -1]
 */
export const ceil: Unary = unary('ceil', { ...steps, kinks: atIntegers });
/**
 * x = ⌈x⌉; returns x (torch.ceil_).
 * @throws TypeError unless `x` is a tensor of a type that holds the result; Error on a leaf that requires
 * gradients.
 * @example tensor([1.5, -1.5]).ceil_() // [2, -1]
 */
export const ceil_: InPlace = inPlace(ceil);

/** Options of `round`. */
export interface RoundOptions {
  /** How many digits after the point are kept; negative rounds to tens, hundreds, … Default: none, for integers. */
  decimals?: number;
}
const roundOptions = optionsTable<RoundOptions, 'decimals'>('round', {
  decimals: integer.optional,
});

// round(x·10^d) / 10^d, in x's own precision, as PyTorch computes it.
function roundTo(operation: string, x: Tensor, decimals: number): Tensor {
  if (!isFloat(x.dtype)) {
    throw new TypeError(`${operation}: decimals are those of float32 or float64, got ${x.dtype}`);
  }
  if (decimals === 0) return x.round();
  const scale = Number(`1e${Math.abs(decimals)}`);
  return decimals > 0 ? x.mul(scale).round().div(scale) : x.div(scale).round().mul(scale);
}

/**
 * The nearest integer, or the nearest number of so many `decimals`, of two the even one (torch.round).
 * @throws TypeError unless `x` is a tensor, of floats where there are decimals.
 * @example
 * round(tensor([0.5, 1.5, 2.4])); // [0, 2, 2]
 * round(tensor([0.126, 2]), { decimals: 2 }); // [0.13, 2]
 */
export const round: UnaryWith<RoundOptions> = unary<RoundOptions>('round', {
  ...steps,
  kinks: betweenIntegers,
  instead: (operation, options) => {
    const { decimals } = roundOptions.read(options, operation);
    return decimals === undefined ? null : (x) => roundTo(operation, x, decimals);
  },
});
/**
 * x rounded to the nearest integer or to so many `decimals`, of two the even one; returns x (torch.round_).
 * @throws TypeError unless `x` is a tensor of a type that holds the result; Error on a leaf that requires
 * gradients.
 * @example tensor([0.5, 1.5, 2.4]).round_() // [0, 2, 2]
 */
export const round_: InPlace<RoundOptions> = inPlace(round);

/**
 * x without its fraction (torch.trunc).
 * @throws TypeError unless `x` is a tensor.
 * @example trunc(tensor([1.5, -1.5])) // [1, -1]
 */
export const trunc: Unary = unary('trunc', { ...steps, kinks: atIntegers });
/**
 * x without its fraction; returns x (torch.trunc_).
 * @throws TypeError unless `x` is a tensor of a type that holds the result; Error on a leaf that requires
 * gradients.
 * @example tensor([1.5, -1.5]).trunc_() // [1, -1]
 */
export const trunc_: InPlace = inPlace(trunc);
