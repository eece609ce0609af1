/** The loss whose minimum is a quantile. */
import { arrayOf, describe, isArray, optionsTable, rule, surplus, type Rule } from '../../check';
import { isFloat } from '../../tensor/dtype';
import { sameShape, showShape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { tensor } from '../creation/factories';
import { maximum } from '../elementwise/extremum';
import { checkLossInputs, lossFields, reduced, type LossOptions } from './reduction';

const level: Rule<number> = rule(
  'a number between 0 and 1',
  (value) => typeof value === 'number',
  (value) => value > 0 && value < 1,
);
const levels = arrayOf(level, 'an array of numbers between 0 and 1');

/**
 * A quantile, or several of them, copied.
 * @throws TypeError, RangeError for what lies outside of (0, 1), and for none.
 */
export function checkQuantiles(operation: string, quantiles: unknown): number | readonly number[] {
  if (typeof quantiles === 'number') return level.check(operation, 'quantiles', quantiles);
  if (!isArray(quantiles)) {
    throw new TypeError(
      `${operation}: quantiles must be a number between 0 and 1 or an array of them, got ${describe(quantiles)}`,
    );
  }
  const list = levels.check(operation, 'quantiles', quantiles);
  if (list.length === 0) throw new RangeError(`${operation}: quantiles must not be empty`);
  return list;
}

const options = optionsTable<LossOptions>('pinballLoss', lossFields);

/**
 * Pinball loss of the prediction x of a quantile q (Koenker and Bassett 1978; PyTorch has none): q·(t − x) where the target t is
 * above it, (1 − q)·(x − t) where it is below. The q-quantile of the target is its minimum, for 0.5 half the absolute error.
 * @param input the shape of `target`; with an array of Q quantiles another dimension of size Q at its end
 * @param quantiles a number, or an array of numbers, between 0 and 1
 * @throws RangeError for a quantile outside of (0, 1), and shapes that do not fit; TypeError when neither holds floats.
 * @example
 * nn.functional.pinballLoss(tensor([1, 5]), tensor([3, 3]), 0.9) // 1
 * nn.functional.pinballLoss(randn([8, 3]), randn([8]), [0.1, 0.5, 0.9]).shape // []
 */
export function pinballLoss(
  input: Tensor,
  target: Tensor,
  quantiles: number | readonly number[],
  given?: LossOptions,
): Tensor {
  if (arguments.length > 4) surplus('pinballLoss', arguments, 4, 'options');
  const { reduction } = options.read(given);
  const checked = checkQuantiles('pinballLoss', quantiles);
  checkLossInputs('pinballLoss', { input, target });
  const several = typeof checked !== 'number';
  const expected = several ? [...sizesOf(target), checked.length] : sizesOf(target);
  if (!sameShape(sizesOf(input), expected)) {
    throw new RangeError(
      `pinballLoss: target is ${showShape(sizesOf(target))}, so input must be ${showShape(expected)}, got ${showShape(sizesOf(input))}`,
    );
  }
  const rest = (several ? target.unsqueeze(-1) : target).sub(input);
  if (!several) return reduced(maximum(rest.mul(checked), rest.mul(checked - 1)), reduction);
  const q = tensor([...checked], { dtype: isFloat(rest.dtype) ? rest.dtype : 'float32' });
  return reduced(maximum(rest.mul(q), rest.mul(q.sub(1))), reduction);
}
