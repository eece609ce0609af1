/**
 * Functions of one tensor without parameters: a table of their gradients, and the functions made from it. A
 * function added to `Name` does not compile without its rule. Functions with parameters are in
 * activation.ts.
 */
import { isGradEnabled } from '../../autograd/mode';
import { record, save } from '../../autograd/node';
import { family } from '../../native/kernels';
import { isFloat, suffixOf } from '../../tensor/dtype';
import { empty, type Tensor } from '../../tensor/tensor';
import { le } from '../compare/compare';
import { where } from '../compare/where';
import { add } from '../add';
import { clone } from '../clone';
import { applyBinary, applyUnary, checkTensor } from '../elementwise';
import { zerosLike } from '../factories';
import { floating } from '../floating';
import { mul } from '../mul';
import { rsub } from '../sub';
import { div } from '../binary/div';

type Name =
  | 'neg'
  | 'abs'
  | 'sign'
  | 'square'
  | 'relu'
  | 'exp'
  | 'expm1'
  | 'log'
  | 'log1p'
  | 'log2'
  | 'log10'
  | 'sqrt'
  | 'rsqrt'
  | 'reciprocal'
  | 'sin'
  | 'cos'
  | 'tanh'
  | 'sigmoid'
  | 'logSigmoid'
  | 'silu'
  | 'erf'
  | 'floor'
  | 'ceil'
  | 'round'
  | 'trunc';

interface Rule {
  /** PyTorch's name of the backward node. */
  readonly node: string;
  /** What dx is computed from besides g: the argument, the result, or nothing. */
  readonly saves: 'x' | 'y' | null;
  /** The gradient, in differentiable operations. */
  readonly dx: (g: Tensor, saved: Tensor) => Tensor;
  /** Kernel that computes dx(g, saved) in one pass. */
  readonly fused?: string;
  /** Kernel of the function, where it is not named as the function is. */
  readonly kernel?: string;
  /** What integers do where the kernel takes floats only: they become float32, or are their own result. */
  readonly integers?: 'unchanged';
}

const ofNothing = (node: string, dx: (g: Tensor) => Tensor): Rule => ({ node, saves: null, dx });
const ofArgument = (node: string, dx: Rule['dx'], fused?: string): Rule => ({
  node,
  saves: 'x',
  dx,
  fused,
});
const ofResult = (node: string, dx: Rule['dx'], fused?: string): Rule => ({
  node,
  saves: 'y',
  dx,
  fused,
});
const step = (node: string): Rule => ({ ...ofNothing(node, zeros), integers: 'unchanged' });
const zeros = (g: Tensor): Tensor => zerosLike(g);

// Where a function saves its result, that is because the result is alive anyway.
const rules: Readonly<Record<Name, Rule>> = {
  neg: ofNothing('NegBackward0', (g) => neg(g)),
  abs: ofArgument('AbsBackward0', (g, x) => mul(g, sign(x)), 'abs_backward'),
  sign: ofNothing('SignBackward0', zeros),
  square: ofArgument('PowBackward0', (g, x) => mul(g, mul(x, 2))),
  // y ≤ 0 where and only where x ≤ 0
  relu: ofResult('ReluBackward0', (g, y) => where(le(y, 0), 0, g), 'relu_backward'),
  exp: ofResult('ExpBackward0', (g, y) => mul(g, y)),
  expm1: ofResult('Expm1Backward0', (g, y) => mul(g, add(y, 1))),
  log: ofArgument('LogBackward0', (g, x) => div(g, x)),
  log1p: ofArgument('Log1PBackward0', (g, x) => div(g, add(x, 1))),
  log2: ofArgument('Log2Backward0', (g, x) => div(g, mul(x, Math.LN2))),
  log10: ofArgument('Log10Backward0', (g, x) => div(g, mul(x, Math.LN10))),
  sqrt: ofResult('SqrtBackward0', (g, y) => div(g, mul(y, 2))),
  // y = x^(−1/2): dy/dx = −y³/2
  rsqrt: ofResult('RsqrtBackward0', (g, y) => mul(mul(g, -0.5), mul(y, square(y)))),
  reciprocal: ofResult('ReciprocalBackward0', (g, y) => neg(mul(g, square(y)))),
  sin: ofArgument('SinBackward0', (g, x) => mul(g, cos(x))),
  cos: ofArgument('CosBackward0', (g, x) => neg(mul(g, sin(x)))),
  tanh: ofResult('TanhBackward0', (g, y) => mul(g, rsub(square(y), 1)), 'tanh_backward'),
  sigmoid: ofResult('SigmoidBackward0', (g, y) => mul(g, mul(y, rsub(y, 1))), 'sigmoid_backward'),
  logSigmoid: {
    ...ofArgument('LogSigmoidBackward0', (g, x) => mul(g, sigmoid(neg(x))), 'log_sigmoid_backward'),
    kernel: 'log_sigmoid',
  },
  // y = x s with s = sigmoid(x): dy/dx = s (1 + x (1 − s))
  silu: ofArgument(
    'SiluBackward0',
    (g, x) => {
      const s = sigmoid(x);
      return mul(g, mul(s, add(mul(x, rsub(s, 1)), 1)));
    },
    'silu_backward',
  ),
  erf: ofArgument('ErfBackward0', (g, x) =>
    mul(g, mul(exp(neg(square(x))), 2 / Math.sqrt(Math.PI))),
  ),
  floor: step('FloorBackward0'),
  ceil: step('CeilBackward0'),
  round: step('RoundBackward0'),
  trunc: step('TruncBackward0'),
};

function unary(name: Name): (x: Tensor) => Tensor {
  const { node, saves, dx, fused, kernel, integers } = rules[name];
  const kernels = family(kernel ?? name);
  const backwardKernels = fused === undefined ? null : family(fused);
  // One pass where nothing is recorded, differentiable operations where the gradient itself is differentiated.
  const gradient = (g: Tensor, saved: Tensor): Tensor =>
    backwardKernels === null || isGradEnabled()
      ? dx(g, saved)
      : applyBinary(name, backwardKernels, g, saved, empty(saved.shape, saved.dtype));
  return (argument) => {
    checkTensor(name, 'x', argument);
    let x = argument;
    if (!isFloat(x.dtype) && kernels[suffixOf(x.dtype)] === undefined) {
      if (integers === 'unchanged') return clone(x);
      // A kernel for int32 and none for bool: the function is not defined on truth values.
      if (kernels.i32 === undefined) x = floating(x);
    }
    const out = applyUnary(name, kernels, x, empty(x.shape, x.dtype));
    if (!isGradEnabled() || !x.requiresGrad) return out;
    if (saves === null) return record(node, [x], out, (g) => [dx(g, g)]);
    const saved = save(name, saves === 'x' ? x : out);
    return record(node, [x], out, (g) => [gradient(g, saved.get())]);
  };
}

/** −x (torch.neg). @throws TypeError for bool. */
export const neg = unary('neg');
/** |x| (torch.abs). The gradient at 0 is 0. */
export const abs = unary('abs');
/** −1, 0 or 1 (torch.sign). Its gradient is 0. */
export const sign = unary('sign');
/** x² (torch.square). */
export const square = unary('square');
/** max(x, 0) (torch.relu). The gradient at 0 is 0. */
export const relu = unary('relu');
/** eˣ (torch.exp). Integers are computed as float32, here and in all functions with real values. */
export const exp = unary('exp');
/** eˣ − 1 without cancellation near 0 (torch.expm1). */
export const expm1 = unary('expm1');
/** Natural logarithm (torch.log): −Infinity at 0, NaN below. */
export const log = unary('log');
/** ln(1 + x) without cancellation near 0 (torch.log1p). */
export const log1p = unary('log1p');
/** Logarithm to base 2 (torch.log2). */
export const log2 = unary('log2');
/** Logarithm to base 10 (torch.log10). */
export const log10 = unary('log10');
/** √x (torch.sqrt): NaN below 0. */
export const sqrt = unary('sqrt');
/** 1 / √x (torch.rsqrt). */
export const rsqrt = unary('rsqrt');
/** 1 / x (torch.reciprocal). */
export const reciprocal = unary('reciprocal');
/** Sine of x in radians (torch.sin). */
export const sin = unary('sin');
/** Cosine of x in radians (torch.cos). */
export const cos = unary('cos');
/** Hyperbolic tangent (torch.tanh). */
export const tanh = unary('tanh');
/** 1 / (1 + e⁻ˣ) (torch.sigmoid). */
export const sigmoid = unary('sigmoid');
/** ln(sigmoid(x)), exact far below 0 too (torch.nn.functional.logsigmoid). */
export const logSigmoid = unary('logSigmoid');
/** x · sigmoid(x), also called swish (torch.nn.functional.silu). */
export const silu = unary('silu');
/** The error function 2/√π ∫₀ˣ e^(−t²) dt (torch.erf). */
export const erf = unary('erf');
/** The largest integer that is not above x (torch.floor). Its gradient is 0, as that of all roundings. */
export const floor = unary('floor');
/** The smallest integer that is not below x (torch.ceil). */
export const ceil = unary('ceil');
/** The nearest integer, of two the even one (torch.round). */
export const round = unary('round');
/** x without its fraction (torch.trunc). */
export const trunc = unary('trunc');
