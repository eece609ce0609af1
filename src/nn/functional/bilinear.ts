/** bilinear: y_o = x1ᵀ·W_o·x2 + b_o over last dimensions, as one product of the pairs x1_i·x2_j with W as a matrix [O, I·J]. */
import { surplus } from '../../check';
import { linear, mul, reshape, unsqueeze } from '../../ops';
import { anyTensor } from '../../tensor/rules';
import { sameShape, showShape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';

function check(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | null): void {
  const name = 'bilinear';
  for (const [what, x] of Object.entries({ input1, input2, weight }))
    anyTensor.check(name, what, x);
  anyTensor.orNull.check(name, 'bias', bias);
  if (weight.ndim !== 3) {
    throw new RangeError(
      `bilinear: weight must have shape [out features, in1 features, in2 features], got ${showShape(sizesOf(weight))}`,
    );
  }
  const [out, in1, in2] = sizesOf(weight) as [number, number, number];
  if (!sameShape(sizesOf(input1).slice(0, -1), sizesOf(input2).slice(0, -1)) || input1.ndim === 0 || input2.ndim === 0) {
    throw new RangeError(
      `bilinear: input1 and input2 must have the same sizes but for the last one, got ${showShape(sizesOf(input1))} and ${showShape(sizesOf(input2))}`,
    );
  } // prettier-ignore
  if (sizesOf(input1)[input1.ndim - 1] !== in1 || sizesOf(input2)[input2.ndim - 1] !== in2) {
    throw new RangeError(
      `bilinear: weight ${showShape(sizesOf(weight))} takes ${in1} and ${in2} features, got ${showShape(sizesOf(input1))} and ${showShape(sizesOf(input2))}`,
    );
  }
  if (bias !== null && !sameShape(sizesOf(bias), [out])) {
    throw new RangeError(
      `bilinear: bias must have shape [${out}] to go with weight ${showShape(sizesOf(weight))}, got ${showShape(sizesOf(bias))}`,
    );
  }
  const { dtype } = input1;
  for (const [what, x] of Object.entries({ input2, weight, bias })) {
    if (x !== null && x.dtype !== dtype) {
      throw new TypeError(
        `bilinear: ${what} must be ${dtype}, as input1 is, got ${x.dtype}; convert it with to('${dtype}')`,
      );
    }
  }
}

/**
 * x1ᵀ·W_o·x2 + b_o for each output o (torch.nn.functional.bilinear): [..., in1] and [..., in2] to [..., out].
 * @param weight [out, in1, in2]
 * @param bias [out]; null for none, the default
 * @throws RangeError, TypeError when shapes or element types do not go together.
 * @example nn.functional.bilinear(randn([5, 2]), randn([5, 3]), randn([4, 2, 3])).shape // [5, 4]
 */
export function bilinear(
  input1: Tensor,
  input2: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
): Tensor {
  if (arguments.length > 4) surplus('bilinear', arguments, 4, 'bias');
  check(input1, input2, weight, bias);
  const [out, in1, in2] = sizesOf(weight) as [number, number, number];
  const pairs = mul(unsqueeze(input1, -1), unsqueeze(input2, -2));
  const flat = reshape(pairs, [...sizesOf(input1).slice(0, -1), in1 * in2]);
  return linear(flat, reshape(weight, [out, in1 * in2]), bias);
}
