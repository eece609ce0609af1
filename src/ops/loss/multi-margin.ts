/** Margin losses over classes: one class is right (multiMarginLoss), or several are (the multilabel ones). */
import { number, oneOf, optionsTable, rule, surplus } from '../../check';
import { anyTensor } from '../../tensor/rules';
import { sameShape, showShape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { checkTensor } from '../arguments/check';
import { checkFloat } from '../arguments/floating';
import { cast } from '../copying/cast';
import { arange, zeros } from '../creation/factories';
import { logsigmoid } from '../elementwise/sigmoid';
import { firstOutside } from '../kernels/bounds';
import { dense } from '../kernels/copy';
import {
  checkBroadcast,
  checkPair,
  checkSameShape,
  lossFields,
  reduced,
  type LossOptions,
} from './reduction';
import { composed } from '../declare/composed';

/** Options of `multiMarginLoss`. */
export interface MultiMarginOptions extends LossOptions {
  /** Exponent of each margin that is missed: 1 or 2. Default: 1. */
  p?: 1 | 2;
  /** By how much the right class should lead. Default: 1. */
  margin?: number;
  /** Factor of each class's losses, [C]. Default: none. */
  weight?: Tensor | null;
}

const isNumber = (value: unknown): boolean => typeof value === 'number';
export const multiMarginFields = {
  ...lossFields,
  p: rule<1 | 2>('1 or 2', isNumber, (value) => [1, 2].includes(value)).or(1),
  margin: number.or(1),
  weight: anyTensor.orNull.or(null),
};
const multiMarginOptions = optionsTable<MultiMarginOptions>('multiMarginLoss', multiMarginFields);

/**
 * Σ_{c ≠ y} weight[y]·max(0, margin − x[y] + x[c])ᵖ / C for the right class y of each row of scores x
 * (torch.nn.functional.multi_margin_loss).
 * @param input [N, C] or [C]
 * @param target int32 [N]; [] or [1] for one row, whose loss has that shape
 * @throws RangeError for a class outside 0 … C − 1, another p than 1 and 2, and shapes that do not fit; TypeError unless the
 * input holds floats.
 * @example
 * nn.functional.multiMarginLoss(tensor([[0.5, 1]]), tensor([1], { dtype: 'int32' })) // 0.25
 */
export function multiMarginLoss(
  input: Tensor,
  target: Tensor,
  options?: MultiMarginOptions,
): Tensor {
  if (arguments.length > 3) surplus('multiMarginLoss', arguments, 3, 'options');
  const { p, margin, weight, reduction } = multiMarginOptions.read(options);
  const name = 'multiMarginLoss';
  const rows = rowsOf(name, input, target);
  const [n, classes] = sizesOf(rows);
  const expected = input.ndim === 2 ? [n] : [];
  if (
    !sameShape(sizesOf(target), expected) &&
    !(input.ndim < 2 && sameShape(sizesOf(target), [1]))
  ) {
    throw new RangeError(
      `${name}: input is ${showShape(sizesOf(input))}, so target must be ${showShape(expected)}, got ${showShape(sizesOf(target))}`,
    );
  }
  if (weight !== null && !sameShape(sizesOf(weight), [classes])) {
    throw new RangeError(
      `${name}: weight must have one element for each of the ${classes} classes, got shape ${showShape(sizesOf(weight))}`,
    );
  }
  const indices = dense(target).reshape([n, 1]);
  checkClasses(name, indices, 0, classes);
  return composed([rows, weight], () => {
    const missed = rows.sub(rows.gather(1, indices)).add(margin).clamp({ min: 0 });
    const raised = p === 1 ? missed : missed.square();
    const others = raised.where(arange(classes).ne(indices), 0);
    const each = others.sum(1).div(classes);
    const factors = weight === null ? null : cast(weight, rows.dtype).at(indices.squeeze(1));
    const weighted = factors === null ? each : each.mul(factors);
    return reduced(weighted.reshape(sizesOf(target)), reduction);
  });
}

const multilabelOptions = optionsTable<LossOptions>('multilabelMarginLoss', lossFields);

/**
 * Σ max(0, 1 − x[y] + x[c]) / C over each right class y and each class c that is none, of a row of scores x
 * (torch.nn.functional.multilabel_margin_loss).
 * @param input [N, C] or [C]
 * @param target int32 of the same shape: each row lists its right classes and ends at the first −1
 * @throws RangeError for a class outside −1 … C − 1, and shapes that do not fit; TypeError unless the input holds floats.
 * @example
 * const classes = tensor([[1, -1, 0]], { dtype: 'int32' });
 * nn.functional.multilabelMarginLoss(tensor([[0.5, 1, 0.25]]), classes) // 0.25
 */
export function multilabelMarginLoss(input: Tensor, target: Tensor, options?: LossOptions): Tensor {
  if (arguments.length > 3) surplus('multilabelMarginLoss', arguments, 3, 'options');
  const { reduction } = multilabelOptions.read(options);
  const rows = rowsOf('multilabelMarginLoss', input, target);
  checkSameShape('multilabelMarginLoss', input, target);
  const [n, classes] = sizesOf(rows);
  const indices = dense(target).reshape([n, classes]);
  checkClasses('multilabelMarginLoss', indices, -1, classes);
  const isListed = indices.lt(0).to('int32').cumsum(1).eq(0);
  const right = indices.clamp({ min: 0 });
  const counts = zeros([n, classes], { dtype: 'int32' }).scatterAdd(1, right, isListed.to('int32'));
  // [n, right class, other class]
  const isPair = isListed.unsqueeze(2).logicalAnd(counts.eq(0).unsqueeze(1));
  const missed = rows.unsqueeze(1).sub(rows.gather(1, right).unsqueeze(2)).add(1).clamp({ min: 0 });
  const each = missed.where(isPair, 0).sum([1, 2]).div(classes);
  return shaped(each, input, reduction);
}

/** Options of `multilabelSoftMarginLoss`. */
export interface MultilabelSoftMarginOptions extends LossOptions {
  /** Factor of each element's loss; broadcasts to the input. Default: none. */
  weight?: Tensor | null;
}

const softOptions = optionsTable<MultilabelSoftMarginOptions>('multilabelSoftMarginLoss', {
  reduction: oneOf('mean', 'sum', 'none').or('mean'),
  weight: anyTensor.orNull.or(null),
});

/**
 * −(t·ln σ(x) + (1 − t)·ln σ(−x)), averaged over the classes, the last dimension
 * (torch.nn.functional.multilabel_soft_margin_loss); `reduction` is of these means.
 * @param input scores x, [N, C]
 * @param target t, 0 or 1, of the same shape
 * @throws RangeError for 0 dimensions, and shapes that do not broadcast; TypeError when neither holds floats.
 * @example nn.functional.multilabelSoftMarginLoss(tensor([[0, 2]]), tensor([[0, 1]])) // 0.41
 */
export function multilabelSoftMarginLoss(
  input: Tensor,
  target: Tensor,
  options?: MultilabelSoftMarginOptions,
): Tensor {
  if (arguments.length > 3) surplus('multilabelSoftMarginLoss', arguments, 3, 'options');
  const { reduction, weight } = softOptions.read(options);
  checkPair('multilabelSoftMarginLoss', input, target);
  const tensors = weight === null ? [input, target] : [input, target, weight];
  checkBroadcast('multilabelSoftMarginLoss', tensors);
  if (input.ndim === 0) {
    throw new RangeError(
      'multilabelSoftMarginLoss: input must be [C] or [N, C] with a score for each class, got a single number',
    );
  }
  checkFloat('multilabelSoftMarginLoss', input);
  return composed(tensors, () => {
    const positive = target.mul(logsigmoid(input));
    const losses = positive.add(target.rsub(1).mul(logsigmoid(input.neg()))).neg();
    const each = weight === null ? losses : losses.mul(weight);
    return reduced(each.sum(input.ndim - 1).div(sizesOf(input)[input.ndim - 1]), reduction);
  });
}

/** The scores as [N, C]. @throws TypeError, RangeError for another input, and for targets that are no classes. */
function rowsOf(operation: string, input: Tensor, target: Tensor): Tensor {
  checkTensor(operation, 'input', input);
  checkTensor(operation, 'target', target);
  checkFloat(operation, input);
  if (target.dtype !== 'int32') {
    throw new TypeError(
      `${operation}: target must be int32 class indices, got ${target.dtype}; convert it with to('int32')`,
    );
  }
  if (input.ndim > 2 || sizesOf(input).at(-1) === 0) {
    throw new RangeError(
      `${operation}: input must be [C] or [N, C] with a score for each class, got ${showShape(sizesOf(input))}`,
    );
  }
  return input.ndim === 2 ? input : input.reshape([1, input.numel]);
}

function checkClasses(operation: string, indices: Tensor, low: number, classes: number): void {
  const range = `from ${low} to ${classes - 1}`;
  const at = firstOutside(
    dense(indices),
    low,
    classes,
    `${operation}: every target must be ${range}`,
  );
  if (at < 0) return;
  throw new RangeError(
    `${operation}: target ${indices.toTypedArray()[at]} at position ${at} is not a class: targets go ${range}`,
  );
}

/** The losses of rows, reduced; without reduction those of a single row have no dimension. */
function shaped(
  each: Tensor,
  input: Tensor,
  reduction: NonNullable<LossOptions['reduction']>,
): Tensor {
  return reduced(input.ndim === 2 ? each : each.squeeze(0), reduction);
}
