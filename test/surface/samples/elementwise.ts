// Elementwise operations beyond those of operations.ts.
import { each, type Make, call, ints, on, withOptions, x } from './make';

const ofOne = [
  'absolute', 'acos', 'arccos', 'arcsin', 'arcsinh', 'arctan', 'arctanh', 'asin', 'asinh', 'atan', 'atanh',
  'cosh', 'digamma', 'erfc', 'erfinv', 'exp2', 'fix', 'frac', 'isneginf', 'isposinf', 'isreal', 'lgamma', 'negative', 'signbit',
  'sinc', 'sinh', 'tanhshrink',
] as const; // prettier-ignore
// acosh is real from 1 on.
const ofOneAboveOne = ['acosh', 'arccosh'] as const;
const ofTwo = [
  'arctan2', 'atan2', 'copysign', 'fmax', 'fmin', 'fmod', 'greater', 'greaterEqual', 'heaviside', 'hypot', 'less', 'lessEqual',
  'logaddexp2', 'multiply', 'notEqual', 'trueDivide', 'xlogy',
] as const; // prettier-ignore
const ofBits = [
  'bitwiseAnd', 'bitwiseLeftShift', 'bitwiseOr', 'bitwiseRightShift', 'bitwiseXor',
] as const; // prettier-ignore
const withInplace = ['hardsigmoid', 'hardswish', 'mish', 'relu6', 'selu'] as const;

/** Activations, which nn.functional has too. */
export const activations: Record<string, Make> = {
  ...each(withInplace, () => () => withOptions({ inplace: true }, x(3))),
  celu: () => withOptions({ alpha: 2, inplace: true }, x(3)),
  glu: () => call(x(2, 4), 1),
  hardshrink: () => withOptions({ lambd: 0.3 }, x(3)),
  hardtanh: () => withOptions({ minVal: -2, maxVal: 2, inplace: true }, x(3)),
  prelu: () => call(x(2, 3), x(3)),
  softshrink: () => withOptions({ lambd: 0.3 }, x(3)),
  tanhshrink: () => call(x(3)),
  threshold: () => withOptions({ inplace: true }, x(3), 0.5, 1),
};

export const elementwise: Record<string, Make> = {
  ...each(ofOne, () => () => call(x(2, 3))),
  ...each(ofOneAboveOne, () => () => call(x(2, 3).abs().add(1).detach())),
  ...each(ofTwo, () => () => call(x(2, 3), x(3))),
  ...each(ofBits, () => () => call(ints(6, 5), ints(1, 2))),
  ...activations,
  clip: () => call(x(3), 0.2, 0.8),
  clampMin: () => call(x(3), 0.5),
  clampMax: () => call(x(3), 0.5),
  bitwiseNot: () => call(ints(6, 5)),
  subtract: () => withOptions({ alpha: 2 }, x(2, 3), x(3)),
  divide: () => withOptions({ roundingMode: 'floor' }, x(2, 3), x(3)),
  addcdiv: () => withOptions({ value: 2 }, x(2, 3), x(2, 3), x(3)),
  addcmul: () => withOptions({ value: 2 }, x(2, 3), x(2, 3), x(3)),
  lerp: () => call(x(2, 3), x(3), 0.5),
  logit: () => withOptions({ eps: 0.1 }, x(3)),
  nanToNum: () => withOptions({ nan: 1, posinf: 2, neginf: -2 }, x(3)),
  polygamma: () => call(1, x(3)),
};

/** Methods whose arguments differ from the function's. */
export const elementwiseMethods: Record<string, Make> = {
  polygamma: () => on(x(3), 1),
  polygamma_: () => on(x(3), 1),
};
