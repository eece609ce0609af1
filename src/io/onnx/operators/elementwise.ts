/** ONNX's operators that work element by element. */
import * as ops from '../../../ops';
import { functional } from '../../../nn';
import type { DType } from '../../../tensor/dtype';
import type { Tensor } from '../../../tensor/tensor';
import { dtypeOf } from '../tensors';
import { given, numberIn, type NodeView, type Operator, type Operators } from '../node';
import { cannotRead } from '../../malformed';

const isInteger = (x: Tensor): boolean => x.dtype === 'int32' || x.dtype === 'uint8';

/** f(x) with numbers among the attributes. */
const unary = (make: (node: NodeView) => (x: Tensor) => Tensor): Operator => ({
  inputs: [1, 1],
  make: (node) => {
    const f = make(node);
    return ([x]) => f(given(x));
  },
});
const plain = (f: (x: Tensor) => Tensor): Operator => unary(() => (x) => f(x));
const binary = (f: (a: Tensor, b: Tensor) => Tensor): Operator => ({
  inputs: [2, 2],
  make:
    () =>
    ([a, b]) =>
      f(given(a), given(b)),
});
/** Of any number of operands, from left to right. */
const folded = (
  f: (a: Tensor, b: Tensor) => Tensor,
  last: (x: Tensor, count: number) => Tensor = (x) => x,
): Operator => ({
  inputs: [1, Infinity],
  make: () => (xs) =>
    last(
      xs.map(given).reduce((a, b) => f(a, b)),
      xs.length,
    ),
});

/** How integers are divided: towards 0. */
const divide = (a: Tensor, b: Tensor): Tensor =>
  isInteger(a) ? a.div(b, { roundingMode: 'trunc' }).to(a.dtype) : a.div(b);

/** The base's type is the result's. */
function power(a: Tensor, b: Tensor): Tensor {
  if (b.numel === 1 && b.dtype !== a.dtype) return a.pow(numberIn(b)).to(a.dtype);
  return a.pow(b.numel === 1 && b.ndim === 0 ? numberIn(b) : b.to(a.dtype));
}

const mod: Operator = {
  inputs: [2, 2],
  make: (node) => {
    const truncates = node.flag('fmod', false);
    return ([a, b]) => {
      const [x, y] = [given(a), given(b)];
      return truncates ? x.fmod(y) : x.remainder(y);
    };
  },
};

const bound = (x: Tensor | null | undefined): number | undefined =>
  x === null || x === undefined ? undefined : numberIn(x);
const clip: Operator = {
  inputs: [1, 3],
  make: (node) => {
    const least = node.version < 11 ? node.float('min', undefined) : undefined;
    const most = node.version < 11 ? node.float('max', undefined) : undefined;
    return ([x, low, high]) => {
      const min = bound(low) ?? least;
      const max = bound(high) ?? most;
      if (min === undefined && max === undefined) return given(x);
      return given(x).clamp({ ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) }); // prettier-ignore
    };
  },
};

const cast: Operator = unary((node) => {
  node.int('saturate', 1);
  node.text('round_mode', '');
  const dtype = dtypeOf(node.int('to', undefined));
  return (x) => convert(x, dtype);
});
const convert = (x: Tensor, dtype: DType): Tensor => (x.dtype === dtype ? x : x.to(dtype));

const gelu: Operator = unary((node) => {
  const approximate = node.text('approximate', 'none');
  if (approximate !== 'none' && approximate !== 'tanh') cannotRead(`approximate is ${approximate}`);
  return (x) => functional.gelu(x, { approximate: approximate });
});

export const elementwise: Operators = {
  Abs: plain(ops.abs),
  Neg: plain(ops.neg),
  Exp: plain(ops.exp),
  Log: plain(ops.log),
  Sqrt: plain(ops.sqrt),
  Reciprocal: plain(ops.reciprocal),
  Ceil: plain(ops.ceil),
  Floor: plain(ops.floor),
  Round: plain(ops.round),
  Sign: plain(ops.sign),
  Sin: plain(ops.sin),
  Cos: plain(ops.cos),
  Tan: plain(ops.tan),
  Asin: plain(ops.asin),
  Acos: plain(ops.acos),
  Atan: plain(ops.atan),
  Sinh: plain(ops.sinh),
  Cosh: plain(ops.cosh),
  Asinh: plain(ops.asinh),
  Acosh: plain(ops.acosh),
  Atanh: plain(ops.atanh),
  Erf: plain(ops.erf),
  IsNaN: plain(ops.isnan),
  IsInf: plain(ops.isinf),
  Not: plain(ops.logicalNot),
  Tanh: plain(ops.tanh),
  Sigmoid: plain(ops.sigmoid),
  Relu: plain(ops.relu),
  Softsign: plain(functional.softsign),
  Softplus: plain((x) => functional.softplus(x)),
  Mish: plain((x) => functional.mish(x)),
  HardSwish: plain((x) => functional.hardswish(x)),
  Identity: plain((x) => x),
  Gelu: gelu,
  Elu: unary((node) => {
    const alpha = node.float('alpha', 1);
    return (x) => functional.elu(x, { alpha });
  }),
  Celu: unary((node) => {
    const alpha = node.float('alpha', 1);
    return (x) => functional.celu(x, { alpha });
  }),
  // γ·(e^x − 1)·α below 0, γ·x above.
  Selu: unary((node) => {
    const alpha = node.float('alpha', 1.6732632423543772);
    const gamma = node.float('gamma', 1.0507009873554805);
    return (x) => functional.elu(x, { alpha }).mul(gamma);
  }),
  LeakyRelu: unary((node) => {
    const negativeSlope = node.float('alpha', 0.01);
    return (x) => functional.leakyRelu(x, { negativeSlope });
  }),
  ThresholdedRelu: unary((node) => {
    const alpha = node.float('alpha', 1);
    return (x) => functional.threshold(x, alpha, 0);
  }),
  HardSigmoid: unary((node) => {
    const alpha = node.float('alpha', 0.2);
    const beta = node.float('beta', 0.5);
    return (x) => x.mul(alpha).add(beta).clamp(0, 1);
  }),
  Swish: unary((node) => {
    const alpha = node.float('alpha', 1);
    return (x) => x.mul(x.mul(alpha).sigmoid());
  }),
  PRelu: binary((x, slope) => x.relu().sub(x.neg().relu().mul(slope))),
  Clip: clip,
  Cast: cast,
  CastLike: {
    inputs: [2, 2],
    make: (node) => {
      node.int('saturate', 1);
      node.text('round_mode', '');
      return ([x, like]) => convert(given(x), given(like).dtype);
    },
  },
  Add: binary((a, b) => a.add(b)),
  Sub: binary((a, b) => a.sub(b)),
  Mul: binary((a, b) => a.mul(b)),
  Div: binary(divide),
  Pow: binary(power),
  Mod: mod,
  Max: folded(ops.maximum),
  Min: folded(ops.minimum),
  Sum: folded((a, b) => a.add(b)),
  Mean: folded(
    (a, b) => a.add(b),
    (x, count) => x.div(count),
  ),
  Equal: binary(ops.eq),
  Greater: binary(ops.gt),
  Less: binary(ops.lt),
  GreaterOrEqual: binary(ops.ge),
  LessOrEqual: binary(ops.le),
  And: binary(ops.logicalAnd),
  Or: binary(ops.logicalOr),
  Xor: binary(ops.logicalXor),
  Where: {
    inputs: [3, 3],
    make:
      () =>
      ([condition, a, b]) =>
        ops.where(given(condition), given(a), given(b)),
  },
};
