/** where: condition ? a : b. da = condition ? g : 0, db = condition ? 0 : g. Saves the condition. */
import { save } from '../../autograd/node';
import { family } from '../../native/kernels';
import { broadcastShapes } from '../../tensor/shape';
import { empty, type Tensor } from '../../tensor/tensor';
import {
  applyTernary,
  checkTensor,
  converted,
  meetShape,
  meetType,
  pick,
  place,
  recordBinary,
  recorded,
  type Operand,
} from '../elementwise';

const kernels = family('where');

/**
 * Elements of a where `condition` holds, of b elsewhere, all three broadcast (torch.where).
 * @throws TypeError unless the condition is a bool tensor.
 * @example where(x.gt(0), x, 0)
 */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  checkTensor('where', 'condition', condition);
  if (condition.dtype !== 'bool') {
    throw new TypeError(
      `where: condition must be a bool tensor, got ${condition.dtype}; compare it with something, for example ne(0)`,
    );
  }
  const dtype = meetType('where', a, b);
  const x = converted(a, dtype);
  const y = converted(b, dtype);
  const shape = broadcastShapes('where', condition.shape, meetShape('where', x, y));
  const first = typeof x === 'number' ? place('where', 0, x, dtype) : x;
  const second = typeof y === 'number' ? place('where', 1, y, dtype) : y;
  const run = pick('where', kernels, dtype);
  const out = applyTernary(run, condition, first, second, empty(shape, dtype));
  if (!recorded(x, y)) return out;
  const saved = save('where', condition);
  return recordBinary(
    'WhereBackward0',
    x,
    y,
    out,
    (g) => where(saved.get(), g, 0),
    (g) => where(saved.get(), 0, g),
  );
}
