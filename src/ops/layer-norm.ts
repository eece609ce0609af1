/**
 * layerNorm: h = (x − mean)·rstd over the last dimensions, y = h·weight + bias.
 * With u = g·weight: dx = rstd·(u − mean(u) − h·mean(u·h)), dweight = Σ g·h, dbias = Σ g.
 * Saves x, weight and each row's mean and rstd.
 */
import { isGradEnabled } from '../autograd/mode';
import { record, save } from '../autograd/node';
import { args, family } from '../native/kernels';
import { isFloat } from '../tensor/dtype';
import { numelOf, sameShape, showShape, type Shape, readNumbers } from '../tensor/shape';
import { empty, type Tensor } from '../tensor/tensor';
import { add } from './add';
import { contiguous } from './clone';
import { checkTensor, pick } from './elementwise';
import { mul } from './mul';
import { sub } from './sub';
import { sum } from './sum';
import { rsqrt } from './unary/rules';
import { reshape } from './view/reshape';

export interface LayerNormOptions {
  /** [...normalizedShape]; null for none. */
  weight?: Tensor | null;
  /** [...normalizedShape]; null for none. */
  bias?: Tensor | null;
  /** Added to the variance. Default: 1e-5. */
  eps?: number;
}

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
  if (!sameShape(input.shape.slice(-shape.length), shape)) {
    throw new RangeError(
      `layerNorm: the last sizes of the input must be ${showShape(shape)}, got input ${showShape(input.shape)}`,
    );
  }
  for (const [name, x] of [
    ['weight', weight],
    ['bias', bias],
  ] as const) {
    if (x === null) continue;
    checkTensor('layerNorm', name, x);
    if (!sameShape(x.shape, shape)) {
      throw new RangeError(
        `layerNorm: ${name} must have shape ${showShape(shape)}, got ${showShape(x.shape)}`,
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
export function layerNorm(
  input: Tensor,
  shape: Shape,
  { weight = null, bias = null, eps = 1e-5 }: LayerNormOptions = {},
): Tensor {
  const normalizedShape = readNumbers('layerNorm', 'normalizedShape', 'an array of sizes', shape);
  check(input, normalizedShape, weight, bias);
  const n = numelOf(normalizedShape);
  const rows = n === 0 ? 0 : input.numel / n;
  const x = contiguous(input);
  const w = weight && contiguous(weight);
  const b = bias && contiguous(bias);
  const out = empty(input.shape, input.dtype);
  const mean = empty([rows], 'float64');
  const rstd = empty([rows], 'float64');
  args[0] = x.address;
  args[1] = w === null ? 0 : w.address;
  args[2] = b === null ? 0 : b.address;
  args[3] = out.address;
  args[4] = mean.address;
  args[5] = rstd.address;
  args[6] = eps;
  args[7] = rows;
  args[8] = n;
  pick('layerNorm', kernels.forward, input.dtype)();
  const savedInput = save('layerNorm', input);
  const savedWeight = weight === null ? null : save('layerNorm', weight);
  return record('NativeLayerNormBackward0', [input, weight, bias], out, (g, node) => {
    const own = savedInput.get();
    const ownWeight = savedWeight && savedWeight.get();
    if (isGradEnabled()) return differentiable(g, own, ownWeight, normalizedShape, eps);
    const gradient = contiguous(g);
    const source = contiguous(own);
    const factor = ownWeight && contiguous(ownWeight);
    const dx = node.needs(0) ? empty(own.shape, own.dtype) : null;
    if (dx !== null) {
      args[0] = gradient.address;
      args[1] = source.address;
      args[2] = factor === null ? 0 : factor.address;
      args[3] = mean.address;
      args[4] = rstd.address;
      args[5] = dx.address;
      args[6] = rows;
      args[7] = n;
      pick('layerNorm', kernels.backward, own.dtype)();
    }
    const dweight = node.needs(1) ? empty(normalizedShape, own.dtype) : null;
    const dbias = node.needs(2) ? empty(normalizedShape, own.dtype) : null;
    if (dweight !== null || dbias !== null) {
      args[0] = gradient.address;
      args[1] = source.address;
      args[2] = mean.address;
      args[3] = rstd.address;
      args[4] = dweight === null ? 0 : dweight.address;
      args[5] = dbias === null ? 0 : dbias.address;
      args[6] = rows;
      args[7] = n;
      pick('layerNorm', kernels.parameters, own.dtype)();
    }
    return [dx, dweight, dbias];
  });
}

// The same gradients out of primitive operations, for when they are differentiated again.
function differentiable(
  g: Tensor,
  x: Tensor,
  weight: Tensor | null,
  shape: Shape,
  eps: number,
): (Tensor | null)[] {
  const n = numelOf(shape);
  const flat = reshape(x, [-1, n]);
  const grad = reshape(g, [-1, n]);
  const mean = (v: Tensor): Tensor => mul(sum(v, 1, { keepdim: true }), 1 / n);
  const centred = sub(flat, mean(flat));
  const rstd = rsqrt(add(mean(mul(centred, centred)), eps));
  const h = mul(centred, rstd);
  const u = weight === null ? grad : mul(grad, reshape(weight, [n]));
  const dx = mul(rstd, sub(sub(u, mean(u)), mul(h, mean(mul(u, h)))));
  return [
    reshape(dx, x.shape),
    weight === null ? null : reshape(sum(mul(grad, h), 0), shape),
    reshape(sum(grad, 0), shape),
  ];
}
