/**
 * maximum, minimum: the larger (smaller) of a and b, NaN if either is. The gradient goes to the one that was
 * chosen, in halves to both where they are equal.
 */
import type { Tensor } from '../../tensor/tensor';
import { binary, type Binary, type BinaryRule } from './declaration';
import { checkTensor, type Operand } from '../arguments/check';

type OfTensors = (a: Tensor, b: Tensor) => Tensor;
type Extremum = OfTensors & Pick<Binary, 'declaration'>;

function extremum(name: string, loses: OfTensors, bool: OfTensors): Extremum {
  // Where neither loses and they are not equal, one is NaN, and so is the result: both take part.
  const gradient = (g: Tensor, own: Tensor, other: Tensor): Tensor =>
    g.mul(0.5).where(own.eq(other), g).maskedFill(loses(own, other), 0);
  const rule: BinaryRule = {
    da: { saves: 'ab', grad: (g, { a, b }) => gradient(g, a, b as Tensor) },
    db: { saves: 'ab', grad: (g, { a, b }) => gradient(g, b, a as Tensor) },
    bool,
    check: (a: Operand, b: Operand) => {
      checkTensor(name, 'a', a);
      checkTensor(name, 'b', b);
    },
    domain: [
      [-2, 0],
      [-0.9, 1],
    ],
  };
  return binary(name, rule);
}

/**
 * The larger of a and b elementwise, with broadcasting (torch.maximum).
 * @throws TypeError unless both are tensors; RangeError when the shapes do not broadcast.
 * @example maximum(tensor([1, 5]), tensor([3, 2])) // [3, 5]
 */
export const maximum: Extremum = extremum(
  'maximum',
  (x, y) => x.lt(y),
  (a, b) => a.logicalOr(b),
);
/**
 * The smaller of a and b elementwise, with broadcasting (torch.minimum).
 * @throws TypeError unless both are tensors; RangeError when the shapes do not broadcast.
 * @example minimum(tensor([1, 5]), tensor([3, 2])) // [1, 2]
 */
export const minimum: Extremum = extremum(
  'minimum',
  (x, y) => x.gt(y),
  (a, b) => a.logicalAnd(b),
);
