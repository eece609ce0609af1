/** Activations that multiply by a gate: x by a function of itself (silu, gelu, mish, hardswish), or one half by the sigmoid of the other (glu). */
import { oneOf, optionsTable, surplus } from '../../check';
import { checkDim, showShape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { checkTensor } from '../arguments/check';
import { checkFloat } from '../arguments/floating';
import { plainActivation, withInplace } from './activation-declaration';
import type { UnaryWith } from './declaration';
import type { InplaceOptions } from './inplace-option';
import { composed } from '../declare/composed';

/**
 * x · sigmoid(x), also called swish (torch.nn.functional.silu).
 * @throws TypeError unless `x` is a tensor of floats; Error with `inplace` on a leaf that requires gradients.
 * @example nn.functional.silu(tensor([0, 1])) // [0, 0.7311]
 */
export const silu: UnaryWith<InplaceOptions> = withInplace('silu', {
  saves: 'x',
  // With s = sigmoid(x): dy/dx = s (1 + x (1 − s))
  grad: (g, x) => {
    const s = x.sigmoid();
    return g.mul(s.mul(x.mul(s.rsub(1)).add(1)));
  },
  fused: 'silu_backward',
});

/** Options of `gelu`. */
export interface GeluOptions {
  /** `'tanh'` for x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))). Default: `'none'`. */
  approximate?: 'none' | 'tanh';
}
const geluOptions = optionsTable<GeluOptions>('gelu', {
  approximate: oneOf('none', 'tanh').or('none'),
});
const gaussian = plainActivation({
  name: 'gelu',
  node: 'GeluBackward0',
  kernel: 'gelu',
  fused: 'gelu_backward',
  // g·(Φ(x) + x·φ(x))
  grad: (g, x) => {
    const cdf = x.mul(Math.SQRT1_2).erf().add(1).mul(0.5);
    const density = x
      .square()
      .mul(-0.5)
      .exp()
      .mul(1 / Math.sqrt(2 * Math.PI));
    return g.mul(cdf.add(x.mul(density)));
  },
});
const gaussianTanh = plainActivation({
  name: 'gelu',
  node: 'GeluBackward0',
  kernel: 'gelu_tanh',
  fused: 'gelu_tanh_backward',
  // With u = √(2/π)·(x + 0.044715·x³) and t = tanh u: g·((1 + t)/2 + x/2·(1 − t²)·du/dx)
  grad: (g, x) => {
    const factor = Math.sqrt(2 / Math.PI);
    const xx = x.square();
    const t = x.mul(xx.mul(0.044715).add(1)).mul(factor).tanh();
    const du = xx
      .mul(3 * 0.044715)
      .add(1)
      .mul(factor);
    return g.mul(
      t
        .add(1)
        .add(x.mul(t.square().rsub(1)).mul(du))
        .mul(0.5),
    );
  },
});

/**
 * x·Φ(x) with the normal distribution's Φ (torch.nn.functional.gelu).
 * @throws TypeError unless `x` is a tensor of floats, or for an option of the wrong kind.
 * @example nn.functional.gelu(tensor([-1, 1])) // [-0.1587, 0.8413]
 */
export function gelu(x: Tensor, options?: GeluOptions): Tensor {
  if (arguments.length > 2) surplus('gelu', arguments, 2, 'options');
  checkTensor('gelu', 'x', x);
  return geluOptions.read(options).approximate === 'tanh' ? gaussianTanh(x, 1) : gaussian(x);
}

/**
 * x·tanh(ln(1 + eˣ)) (torch.nn.functional.mish; Misra 2019).
 * @throws TypeError unless `x` is a tensor of floats; Error with `inplace` on a leaf that requires gradients.
 * @example nn.functional.mish(tensor([0, 1])) // [0, 0.8651]
 */
export const mish: UnaryWith<InplaceOptions> = withInplace('mish', {
  saves: 'x',
  // With t = tanh(ln(1 + eˣ)) = n / (n + 2), n = eˣ (eˣ + 2): t + x (1 − t²) sigmoid(x)
  grad: (g, x) => {
    const e = x.clamp(null, 20).exp();
    const n = e.mul(e.add(2));
    const t = n.div(n.add(2));
    return g.mul(t.add(x.mul(t.square().rsub(1)).mul(x.sigmoid())));
  },
  fused: 'mish_backward',
});

/**
 * x·hardsigmoid(x) (torch.nn.functional.hardswish; Howard et al. 2019).
 * @throws TypeError unless `x` is a tensor of floats; Error with `inplace` on a leaf that requires gradients.
 * @example nn.functional.hardswish(tensor([-4, 1, 4])) // [0, 0.6667, 4]
 */
export const hardswish: UnaryWith<InplaceOptions> = withInplace('hardswish', {
  saves: 'x',
  // Below -3 nothing of g comes through, whatever it is.
  grad: (g, x) => g.mul(x.div(3).add(0.5).maskedFill(x.ge(3), 1)).maskedFill(x.le(-3), 0),
  fused: 'hardswish_backward',
  kinks: [-3, 3],
});

/**
 * a·sigmoid(b), where a and b are the halves of x along `dim` (torch.nn.functional.glu; Dauphin et al. 2016).
 * @param dim the dimension that is halved; −1 is the last
 * @throws TypeError unless `x` is a tensor of floats; RangeError when x does not have the dimension, or its size is odd.
 * @example nn.functional.glu(tensor([1, 2, 0, 0])) // [0.5, 1]
 */
export function glu(x: Tensor, dim = -1): Tensor {
  if (arguments.length > 2) surplus('glu', arguments, 2, 'dim');
  checkTensor('glu', 'x', x);
  checkFloat('glu', x);
  if (x.ndim === 0) throw new RangeError('glu: a 0-dimensional tensor has no dimension to halve');
  const d = checkDim('glu', dim, x.ndim);
  const size = sizesOf(x)[d];
  if (size % 2 !== 0) {
    throw new RangeError(
      `glu: the size of dimension ${dim} must be even, got ${size} (shape ${showShape(sizesOf(x))})`,
    );
  }
  const [a, b] = [x.narrow(d, 0, size / 2), x.narrow(d, size / 2, size / 2)];
  return composed([x], () => a.mul(b.sigmoid()));
}
