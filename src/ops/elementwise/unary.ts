/**
 * Functions of one tensor without parameters. Integers are computed as float32 where a result is real. Where a gradient
 * reads the result, that is because the result is alive anyway.
 */
import type { Tensor } from '../../tensor/tensor';
import { inPlace, unary, type Unary } from '../define';

type InPlace = (x: Tensor) => Tensor;

/** −x (torch.neg). @throws TypeError for bool. */
export const neg: Unary = unary('neg', { grad: (g) => g.neg() });
/** x = −x; returns x (torch.neg_). */
export const neg_: InPlace = inPlace(neg);

/** |x| (torch.abs). The gradient at 0 is 0. */
export const abs: Unary = unary('abs', {
  saves: 'x',
  grad: (g, x) => g.mul(x.sign()),
  fused: 'abs_backward',
  kinks: [0],
});
/** x = |x|; returns x (torch.abs_). */
export const abs_: InPlace = inPlace(abs);

/** −1, 0 or 1 (torch.sign); 0 for NaN. Its gradient is 0. */
export const sign: Unary = unary('sign', { grad: 0, kinks: [0] });
/** x = sign x; returns x (torch.Tensor.sign_). */
export const sign_: InPlace = inPlace(sign);

/** x² (torch.square). */
export const square: Unary = unary('square', {
  node: 'PowBackward0',
  saves: 'x',
  grad: (g, x) => g.mul(x.mul(2)),
});
/** x = x²; returns x (torch.square_). */
export const square_: InPlace = inPlace(square);

/** max(x, 0) (torch.relu). The gradient at 0 is 0. */
export const relu: Unary = unary('relu', {
  saves: 'y',
  // y ≤ 0 where and only where x ≤ 0
  grad: (g, y) => g.maskedFill(y.le(0), 0),
  fused: 'relu_backward',
  kinks: [0],
});
/** x = max(x, 0); returns x (torch.relu_). */
export const relu_: InPlace = inPlace(relu);

/** eˣ (torch.exp). */
export const exp: Unary = unary('exp', { saves: 'y', grad: (g, y) => g.mul(y) });
/** x = eˣ; returns x (torch.exp_). */
export const exp_: InPlace = inPlace(exp);

/** eˣ − 1 without cancellation near 0 (torch.expm1). */
export const expm1: Unary = unary('expm1', { saves: 'y', grad: (g, y) => g.mul(y.add(1)) });
/** x = eˣ − 1; returns x (torch.Tensor.expm1_). */
export const expm1_: InPlace = inPlace(expm1);

const positive = [0.3, 3] as const;

/** Natural logarithm (torch.log): −Infinity at 0, NaN below. */
export const log: Unary = unary('log', {
  saves: 'x',
  grad: (g, x) => g.div(x),
  domain: positive,
});
/** x = ln x; returns x (torch.log_). */
export const log_: InPlace = inPlace(log);

/** ln(1 + x) without cancellation near 0 (torch.log1p). */
export const log1p: Unary = unary('log1p', {
  node: 'Log1PBackward0',
  saves: 'x',
  grad: (g, x) => g.div(x.add(1)),
  domain: positive,
});
/** x = ln(1 + x); returns x (torch.Tensor.log1p_). */
export const log1p_: InPlace = inPlace(log1p);

/** Logarithm to base 2 (torch.log2). */
export const log2: Unary = unary('log2', {
  saves: 'x',
  grad: (g, x) => g.div(x.mul(Math.LN2)),
  domain: positive,
});
/** x = log₂ x; returns x (torch.Tensor.log2_). */
export const log2_: InPlace = inPlace(log2);

/** Logarithm to base 10 (torch.log10). */
export const log10: Unary = unary('log10', {
  saves: 'x',
  grad: (g, x) => g.div(x.mul(Math.LN10)),
  domain: positive,
});
/** x = log₁₀ x; returns x (torch.Tensor.log10_). */
export const log10_: InPlace = inPlace(log10);

/** √x (torch.sqrt): NaN below 0. */
export const sqrt: Unary = unary('sqrt', {
  saves: 'y',
  grad: (g, y) => g.div(y.mul(2)),
  domain: positive,
});
/** x = √x; returns x (torch.sqrt_). */
export const sqrt_: InPlace = inPlace(sqrt);

/** 1 / √x (torch.rsqrt). */
export const rsqrt: Unary = unary('rsqrt', {
  saves: 'y',
  // y = x^(−1/2): dy/dx = −y³/2
  grad: (g, y) => g.mul(-0.5).mul(y.mul(y.square())),
  domain: positive,
});
/** x = 1 / √x; returns x (torch.rsqrt_). */
export const rsqrt_: InPlace = inPlace(rsqrt);

/** 1 / x (torch.reciprocal). */
export const reciprocal: Unary = unary('reciprocal', {
  saves: 'y',
  grad: (g, y) => g.mul(y.square()).neg(),
  domain: positive,
});
/** x = 1 / x; returns x (torch.reciprocal_). */
export const reciprocal_: InPlace = inPlace(reciprocal);

/** Sine of x in radians (torch.sin). */
export const sin: Unary = unary('sin', { saves: 'x', grad: (g, x) => g.mul(x.cos()) });
/** x = sin x; returns x (torch.sin_). */
export const sin_: InPlace = inPlace(sin);

/** Cosine of x in radians (torch.cos). */
export const cos: Unary = unary('cos', { saves: 'x', grad: (g, x) => g.mul(x.sin()).neg() });
/** x = cos x; returns x (torch.cos_). */
export const cos_: InPlace = inPlace(cos);

/**
 * Tangent of x in radians (torch.tan).
 * @example tan(tensor([0, Math.PI / 4])) // [0, 1]
 */
export const tan: Unary = unary('tan', {
  saves: 'y',
  grad: (g, y) => g.mul(y.square().add(1)),
  domain: [-1.2, 1.2],
});
/** x = tan x; returns x (torch.tan_). */
export const tan_: InPlace = inPlace(tan);

/** Hyperbolic tangent (torch.tanh). */
export const tanh: Unary = unary('tanh', {
  saves: 'y',
  grad: (g, y) => g.mul(y.square().rsub(1)),
  fused: 'tanh_backward',
});
/** x = tanh x; returns x (torch.tanh_). */
export const tanh_: InPlace = inPlace(tanh);

/** 1 / (1 + e⁻ˣ) (torch.sigmoid). */
export const sigmoid: Unary = unary('sigmoid', {
  saves: 'y',
  grad: (g, y) => g.mul(y.mul(y.rsub(1))),
  fused: 'sigmoid_backward',
});
/** x = 1 / (1 + e⁻ˣ); returns x (torch.sigmoid_). */
export const sigmoid_: InPlace = inPlace(sigmoid);

/** The error function 2/√π ∫₀ˣ e^(−t²) dt (torch.erf). */
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
/** x = erf x; returns x (torch.Tensor.erf_). */
export const erf_: InPlace = inPlace(erf);

const steps = { grad: 0, integers: 'unchanged' } as const;
const atIntegers = [-2, -1, 0, 1, 2];
const betweenIntegers = [-1.5, -0.5, 0.5, 1.5];

/** The largest integer that is not above x (torch.floor). Its gradient is 0, as that of all roundings. */
export const floor: Unary = unary('floor', { ...steps, kinks: atIntegers });
/** x = ⌊x⌋; returns x (torch.floor_). */
export const floor_: InPlace = inPlace(floor);

/** The smallest integer that is not below x (torch.ceil). */
export const ceil: Unary = unary('ceil', { ...steps, kinks: atIntegers });
/** x = ⌈x⌉; returns x (torch.ceil_). */
export const ceil_: InPlace = inPlace(ceil);

/** The nearest integer, of two the even one (torch.round). */
export const round: Unary = unary('round', { ...steps, kinks: betweenIntegers });
/** x rounded to the nearest integer, of two the even one; returns x (torch.round_). */
export const round_: InPlace = inPlace(round);

/** x without its fraction (torch.trunc). */
export const trunc: Unary = unary('trunc', { ...steps, kinks: atIntegers });
/** x without its fraction; returns x (torch.trunc_). */
export const trunc_: InPlace = inPlace(trunc);
