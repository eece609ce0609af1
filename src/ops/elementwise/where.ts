/** where: condition ? a : b. da = condition ? g : 0, db = condition ? 0 : g. Saves the condition. */
import { surplus } from '../../check';
import { family } from '../../native/families';
import { runWhere } from '../../native/calls';
import { resultType, type DType } from '../../tensor/dtype';
import { broadcastShapes } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { gradient, type ContextOf } from '../declare/gradient';
import { byteOf } from '../arguments/byte';
import { checkTensor, type GivenOperand } from '../arguments/check';
import { promote, broadcastOperands, operandOf, scalarSlot } from '../kernels/operands';
import { pick } from '../kernels/launch';
import { emptyOver } from '../kernels/result';
import { unbroadcast } from '../declare/unbroadcast';

const kernels = family('where');
const recorded = gradient<[Tensor | null, Tensor | null], [Tensor], Tensor>('where', {
  node: 'WhereBackward0',
  saves: (_, _y, condition) => [condition],
  rule: (g, [condition], _, node) => [
    node.needs(0) ? unbroadcast(g.where(condition, 0), node.next[0]!.shape) : null,
    node.needs(1) ? unbroadcast(g.maskedFill(condition, 0), node.next[1]!.shape) : null,
  ],
});
/** @internal The context of a call, as the observer gets it (declare/watch.ts). */
export type WhereContext = ContextOf<typeof recorded>;

// A number among bytes is one of them.
const slotOf = (position: 0 | 1, value: number, dtype: DType): Tensor =>
  scalarSlot('where', position, dtype === 'uint8' ? byteOf('where', value) : value, dtype);

/**
 * Elements of a where `condition` holds, of b elsewhere, all three broadcast (torch.where).
 * @throws TypeError unless the condition is a bool tensor.
 * @example where(tensor([true, false]), tensor([1, 2]), 0) // [1, 0]
 */
export function where(condition: Tensor, a: GivenOperand, b: GivenOperand): Tensor {
  if (arguments.length > 3) surplus('where', arguments, 3, 'b');
  checkTensor('where', 'condition', condition);
  if (condition.dtype !== 'bool') {
    throw new TypeError(
      `where: condition must be a bool tensor, got ${condition.dtype}; compare it with something, for example ne(0)`,
    );
  }
  const first = operandOf('where', 'a', a, b);
  const second = operandOf('where', 'b', b, a);
  const dtype = resultType(first, second);
  const x = promote(first, dtype);
  const y = promote(second, dtype);
  const shape = broadcastShapes('where', sizesOf(condition), broadcastOperands('where', x, y));
  const chosen = typeof x === 'number' ? slotOf(0, x, dtype) : x;
  const other = typeof y === 'number' ? slotOf(1, y, dtype) : y;
  const out = emptyOver(shape, [condition, chosen, other], dtype);
  runWhere(pick('where', kernels, dtype), condition, chosen, other, out);
  return recorded(
    out,
    condition,
    typeof x === 'number' ? null : x,
    typeof y === 'number' ? null : y,
  );
}

/** `where` as a method, whose tensor is not the first argument. */
export const asMethod = {
  /**
   * Elements of this tensor where `condition` holds, of `other` elsewhere, all three broadcast (torch.Tensor.where).
   * @throws TypeError unless the condition is a bool tensor.
   * @example tensor([1, -2]).where(tensor([true, false]), 0) // [1, 0]
   */
  where(x: Tensor, condition: Tensor, other: GivenOperand): Tensor {
    if (arguments.length > 3) surplus('where', arguments, 3, 'other');
    return where(condition, x, other);
  },
};
