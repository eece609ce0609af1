/** where: condition ? a : b. da = condition ? g : 0, db = condition ? 0 : g. Saves the condition. */
import { family } from '../../native/families';
import { runWhere } from '../../native/generated';
import { broadcastShapes } from '../../tensor/shape';
import { empty, type Tensor } from '../../tensor/tensor';
import { withGradient } from '../define';
import { checkTensor, type Operand } from '../check';
import { promote, broadcastOperands, promoteTypes, scalarSlot } from '../operands';
import { pick } from '../launch';
import { unbroadcast } from '../unbroadcast';

const kernels = family('where');

/**
 * Elements of a where `condition` holds, of b elsewhere, all three broadcast (torch.where).
 * @throws TypeError unless the condition is a bool tensor.
 * @example where(tensor([true, false]), tensor([1, 2]), 0) // [1, 0]
 */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  checkTensor('where', 'condition', condition);
  if (condition.dtype !== 'bool') {
    throw new TypeError(
      `where: condition must be a bool tensor, got ${condition.dtype}; compare it with something, for example ne(0)`,
    );
  }
  const dtype = promoteTypes('where', a, b);
  const x = promote(a, dtype);
  const y = promote(b, dtype);
  const shape = broadcastShapes('where', condition.shape, broadcastOperands('where', x, y));
  const first = typeof x === 'number' ? scalarSlot('where', 0, x, dtype) : x;
  const second = typeof y === 'number' ? scalarSlot('where', 1, y, dtype) : y;
  const out = empty(shape, dtype);
  runWhere(pick('where', kernels, dtype), condition, first, second, out);
  const [ofX, ofY] = [typeof x === 'number' ? null : x, typeof y === 'number' ? null : y];
  return withGradient(out, {
    operation: 'where',
    node: 'WhereBackward0',
    inputs: [ofX, ofY],
    saves: [condition],
    rule: (g, [c], node) => [
      node.needs(0) ? unbroadcast(where(c, g, 0), ofX!.shape) : null,
      node.needs(1) ? unbroadcast(where(c, 0, g), ofY!.shape) : null,
    ],
  });
}

/** `where` as a method, whose tensor is not the first argument. */
export const asMethod = {
  /**
   * Elements of this tensor where `condition` holds, of `other` elsewhere, all three broadcast (torch.Tensor.where).
   * @throws TypeError unless the condition is a bool tensor.
   * @example tensor([1, -2]).where(tensor([true, false]), 0) // [1, 0]
   */
  where: (x: Tensor, condition: Tensor, other: Operand): Tensor => where(condition, x, other),
};
