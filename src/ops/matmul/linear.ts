/**
 * linear: y = x·Wᵀ + b over the last dimension, one product with W read in place and b as the value that the
 * sums start from. dx = g·W, dW = gᵀ·x, db = Σ g over rows. Saves x and W.
 */
import { surplus } from '../../check';
import { numelOf, showShape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { checkTensor, checkTypes } from '../arguments/check';
import { gradient } from '../declare/gradient';
import { contiguous } from '../copying/clone';
import { dense } from '../kernels/copy';
import { asMatrix, isMatrix, product, transposedMatrix } from './layout';
import { savedFactors, shaped } from './mm';

function check(input: Tensor, weight: Tensor, bias: Tensor | null): void {
  checkTensor('linear', 'input', input);
  checkTensor('linear', 'weight', weight);
  if (weight.ndim !== 2) {
    throw new RangeError(
      `linear: weight must be a matrix [out features, in features], got shape ${showShape(sizesOf(weight))}`,
    );
  }
  const [outFeatures, inFeatures] = sizesOf(weight);
  const features = sizesOf(input)[input.ndim - 1];
  if (features !== inFeatures) {
    throw new RangeError(
      `linear: input has ${features === undefined ? 'no' : features} features, but weight takes ${inFeatures} (input ${showShape(sizesOf(input))}, weight ${showShape(sizesOf(weight))})`,
    );
  }
  checkTypes('linear', input, weight, ['input', 'weight']);
  if (bias === null) return;
  checkTensor('linear', 'bias', bias);
  if (bias.ndim !== 1 || bias.numel !== outFeatures) {
    throw new RangeError(
      `linear: bias must have shape [${outFeatures}] to go with weight ${showShape(sizesOf(weight))}, got ${showShape(sizesOf(bias))}`,
    );
  }
  checkTypes('linear', input, bias, ['input', 'bias']);
}

function gradFnName(input: Tensor, bias: Tensor | null): string {
  if (input.ndim === 2) return bias === null ? 'MmBackward0' : 'AddmmBackward0';
  if (bias !== null) return 'ViewBackward0';
  return input.ndim === 1 ? 'SqueezeBackward4' : 'UnsafeViewBackward0';
}

const recorded = gradient<[Tensor, Tensor, Tensor | null], [Tensor | null, Tensor | null]>(
  'linear',
  {
    node: ([input, , bias]) => gradFnName(input, bias),
    saves: ([input, weight]) => savedFactors([input, weight]),
    rule: (g, [input, weight], _, node) => {
      const rows = numelOf(sizesOf(g).slice(0, -1));
      const matrix = shaped(g, [rows, sizesOf(g)[g.ndim - 1]]);
      return [
        weight && shaped(matrix.mm(weight), node.next[0]!.shape),
        input && matrix.t().mm(shaped(input, [rows, sizesOf(input)[input.ndim - 1]])),
        node.needs(2) ? matrix.sum(0) : null,
      ];
    },
  },
);

/**
 * input·weightᵀ + bias: [..., in features] to [..., out features] (torch.nn.functional.linear).
 * @param weight [out features, in features]
 * @param bias [out features]
 * @throws RangeError when the sizes do not fit; TypeError when the element types differ.
 * @example linear(randn([8, 64]), randn([10, 64]), zeros([10])) // [8, 10]
 */
export function linear(input: Tensor, weight: Tensor, bias: Tensor | null = null): Tensor {
  if (arguments.length > 3) surplus('linear', arguments, 3, 'bias');
  check(input, weight, bias);
  const [outFeatures, inFeatures] = sizesOf(weight);
  const shape = sizesOf(input).slice();
  const last = shape.length - 1;
  shape[last] = 1;
  const rows = numelOf(shape);
  shape[last] = outFeatures;
  // Copied once, for the gradient too.
  const x = isMatrix(input, rows, inFeatures) ? input : contiguous(input);
  const out = product(
    'linear',
    asMatrix(x, rows, inFeatures),
    transposedMatrix(weight),
    bias && dense(bias),
    shape,
  );
  return recorded(out, undefined, x, weight, bias);
}
