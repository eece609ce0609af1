/**
 * layerNorm: h = (x − mean)·rstd over the last dimensions, y = h·weight + bias.
 * With u = g·weight: dx = rstd·(u − mean(u) − h·mean(u·h)), dweight = Σ g·h, dbias = Σ g.
 * Saves x, weight and each row's mean and rstd.
 */
import { number, optionsTable, surplus } from '../../check';
import { family } from '../../native/families';
import { runLayerNorm, runLayerNormBackward, runLayerNormParameters } from '../../native/calls';
import { isFloat } from '../../tensor/dtype';
import { numelOf, readNumbers, sameShape, showShape, type Shape } from '../../tensor/shape';
import { anyTensor } from '../../tensor/rules';
import { sizesOf, empty, type Tensor } from '../../tensor/tensor';
import { gradient, type ContextOf } from '../declare/gradient';
import { checkTensor } from '../arguments/check';
import { pick } from '../kernels/launch';
import { dense } from '../kernels/copy';

/** Options of `nn.functional.layerNorm`. */
export interface LayerNormOptions {
  /** [...normalizedShape]; null for none. */
  weight?: Tensor | null;
  /** [...normalizedShape]; null for none. */
  bias?: Tensor | null;
  /** Added to the variance. Default: 1e-5. */
  eps?: number;
}

const options = optionsTable<LayerNormOptions>('layerNorm', {
  weight: anyTensor.orNull.or(null),
  bias: anyTensor.orNull.or(null),
  eps: number.or(1e-5),
});

const kernels = {
  forward: family('layer_norm'),
  backward: family('layer_norm_backward'),
  parameters: family('layer_norm_parameters'),
};

function check(input: Tensor, shape: Shape, weight: Tensor | null, bias: Tensor | null): void {
  checkTensor('layerNorm', 'input', input);
  if (!isFloat(input.dtype)) {
    throw new TypeError(`layerNorm: takes float tensors, got ${input.dtype}`);
  }
  if (shape.length === 0) {
    throw new RangeError('layerNorm: normalizedShape must be an array of at least one size');
  }
  if (!sameShape(sizesOf(input).slice(-shape.length), shape)) {
    throw new RangeError(
      `layerNorm: the last sizes of the input must be ${showShape(shape)}, got input ${showShape(sizesOf(input))}`,
    );
  }
  for (const [name, x] of [
    ['weight', weight],
    ['bias', bias],
  ] as const) {
    if (x === null) continue;
    checkTensor('layerNorm', name, x);
    if (!sameShape(sizesOf(x), shape)) {
      throw new RangeError(
        `layerNorm: ${name} must have shape ${showShape(shape)}, got ${showShape(sizesOf(x))}`,
      );
    }
    if (x.dtype !== input.dtype) {
      throw new TypeError(`layerNorm: input is ${input.dtype}, ${name} is ${x.dtype}`);
    }
  }
}

/**
 * (x − mean) / √(variance + eps) · weight + bias, mean and biased variance over the last dimensions
 * (torch.nn.functional.layer_norm).
 * @param shape the sizes of those dimensions
 * @throws RangeError when the input's last sizes are others; TypeError when the element types differ.
 * @example nn.functional.layerNorm(randn([8, 16]), [16])
 */
export function layerNorm(input: Tensor, shape: Shape, given?: LayerNormOptions): Tensor {
  if (arguments.length > 3) surplus('layerNorm', arguments, 3, 'options');
  const { weight, bias, eps } = options.read(given);
  const normalizedShape = readNumbers('layerNorm', 'normalizedShape', 'an array of sizes', shape);
  check(input, normalizedShape, weight, bias);
  const n = numelOf(normalizedShape);
  const rows = n === 0 ? 0 : input.numel / n;
  const x = dense(input);
  const w = weight && dense(weight);
  const b = bias && dense(bias);
  const out = empty(sizesOf(input), input.dtype);
  const mean = empty([rows], 'float64');
  const rstd = empty([rows], 'float64');
  const run = pick('layerNorm', kernels.forward, input.dtype);
  runLayerNorm(run, { x, weight: w, bias: b, out, mean, rstd, eps, rows, n });
  return recorded(out, { shape: normalizedShape, eps, mean, rstd }, input, weight, bias);
}

interface Normalization {
  readonly shape: Shape;
  readonly eps: number;
  /** Of each row. */
  readonly mean: Tensor;
  readonly rstd: Tensor;
}
type Inputs = readonly [input: Tensor, weight: Tensor | null, bias: Tensor | null];

const recorded = gradient<Inputs, [Tensor, Tensor | null], Normalization>('layerNorm', {
  node: 'NativeLayerNormBackward0',
  saves: ([input, weight]) => [input, weight],
  rule: (g, [input, weight], { shape, eps }) => differentiable(g, input, weight, shape, eps),
  fused: (g, [input, weight], { shape, mean, rstd }, node) => {
    const rows = mean.numel;
    const n = numelOf(shape);
    const { dtype } = input;
    const gradOutput = dense(g);
    const x = dense(input);
    const dx = node.needs(0) ? empty(sizesOf(input), dtype) : null;
    if (dx !== null) {
      const w = weight && dense(weight);
      const run = pick('layerNorm', kernels.backward, dtype);
      runLayerNormBackward(run, { g: gradOutput, x, weight: w, mean, rstd, dx, rows, n });
    }
    const dweight = node.needs(1) ? empty(shape, dtype) : null;
    const dbias = node.needs(2) ? empty(shape, dtype) : null;
    if (dweight !== null || dbias !== null) {
      const run = pick('layerNorm', kernels.parameters, dtype);
      runLayerNormParameters(run, { g: gradOutput, x, mean, rstd, dweight, dbias, rows, n });
    }
    return [dx, dweight, dbias];
  },
});
/** @internal The context of a call, as the observer gets it (declare/watch.ts). */
export type LayerNormContext = ContextOf<typeof recorded>;

// The same gradients out of primitive operations, for when they are differentiated again.
function differentiable(
  g: Tensor,
  x: Tensor,
  weight: Tensor | null,
  shape: Shape,
  eps: number,
): (Tensor | null)[] {
  const n = numelOf(shape);
  const flat = x.reshape([-1, n]);
  const grad = g.reshape([-1, n]);
  const mean = (v: Tensor): Tensor => v.sum(1, { keepdim: true }).mul(1 / n);
  const centred = flat.sub(mean(flat));
  const rstd = mean(centred.mul(centred)).add(eps).rsqrt();
  const h = centred.mul(rstd);
  const u = weight === null ? grad : grad.mul(weight.reshape([n]));
  const dx = rstd.mul(u.sub(mean(u)).sub(h.mul(mean(u.mul(h)))));
  return [
    dx.reshape(sizesOf(x)),
    weight === null ? null : grad.mul(h).sum(0).reshape(shape),
    grad.sum(0).reshape(shape),
  ];
}
