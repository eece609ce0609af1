/** embedding, oneHot: integers as vectors. An embedding's dW has the rows of g added at their indices. */
import { boolean, integer, optionsTable, surplus } from '../../check';
import { noGrad } from '../../autograd/mode';
import type { DType } from '../../tensor/dtype';
import { showShape } from '../../tensor/shape';
import { family } from '../../native/families';
import { runIndexCopy } from '../../native/calls';
import { sizesOf, elementsOf, type Tensor } from '../../tensor/tensor';
import { checkTensor } from '../arguments/check';
import { constant, ones, zeros } from '../creation/factories';
import { pick } from '../kernels/launch';
import { indexAdd, indexSelect } from './along';
import { checkIndex, rowPicker, rowsAlong, type Rows } from './rows';
import { dense } from '../kernels/copy';

const scatter = family('scatter');
const pickRows = rowPicker('embedding');

/** Options of `embedding`. */
export interface EmbeddingOptions {
  /** A row of the weight that gets no gradient; negative counts from the end. */
  paddingIdx?: number | null;
  /** Divide a row's gradient by how often its index occurs in `input`. Default: false. */
  scaleGradByFreq?: boolean;
}
const embeddingOptions = optionsTable<EmbeddingOptions>('embedding', {
  paddingIdx: integer.orNull.or(null),
  scaleGradByFreq: boolean.or(false),
});

/**
 * Rows of `weight` [vocabulary, features] for each integer of `input`: [..., features]
 * (torch.nn.functional.embedding).
 * @param input int32 of any shape
 * @throws TypeError unless `input` is int32; RangeError when an index is outside the vocabulary.
 * @example embedding(tensor([2, 0], { dtype: 'int32' }), randn([10, 4])) // [2, 4]
 */
export function embedding(input: Tensor, weight: Tensor, options?: EmbeddingOptions): Tensor {
  if (arguments.length > 3) surplus('embedding', arguments, 3, 'options');
  const { paddingIdx, scaleGradByFreq } = embeddingOptions.read(options);
  checkTensor('embedding', 'input', input);
  checkTensor('embedding', 'weight', weight);
  if (weight.ndim !== 2) {
    throw new RangeError(
      `embedding: weight must be a matrix [vocabulary, features], got shape ${showShape(sizesOf(weight))}`,
    );
  }
  const size = sizesOf(weight)[0];
  const index = checkIndex('embedding', 'index', input, size, 'a vocabulary');
  const skip = paddingIdx === null ? -1 : wrapPadding(paddingIdx, size);
  const rows = rowsAlong(sizesOf(weight), 0, index, skip);
  const scaled = scaleGradByFreq ? { ...rows, factor: frequencies(rows, weight.dtype) } : rows;
  return pickRows(weight, scaled);
}

// 1 / how often each index occurs, [..., 1].
function frequencies(rows: Rows, dtype: DType): Tensor {
  const { index, size } = rows;
  return noGrad(() => {
    const flat = index.reshape([-1]);
    const counts = indexAdd(zeros([size], { dtype }), 0, flat, ones([flat.numel], { dtype }));
    return indexSelect(counts, 0, flat)
      .reciprocal()
      .reshape([...sizesOf(index), 1]);
  });
}

function wrapPadding(index: number, size: number): number {
  if (!Number.isInteger(index) || index < -size || index >= size) {
    throw new RangeError(
      `embedding: paddingIdx must be an integer from ${-size} to ${size - 1}, got ${index}`,
    );
  }
  return index < 0 ? index + size : index;
}

/**
 * A 1 at the index that each element of `x` names, 0 elsewhere: int32 [..., numClasses]
 * (torch.nn.functional.one_hot).
 * @param numClasses -1 for one more than the largest element
 * @throws TypeError unless `x` is int32; RangeError when an element is outside 0 … numClasses-1.
 * @example oneHot(tensor([0, 2], { dtype: 'int32' })) // [[1, 0, 0], [0, 0, 1]]
 */
export function oneHot(x: Tensor, numClasses = -1): Tensor {
  if (arguments.length > 2) surplus('oneHot', arguments, 2, 'numClasses');
  checkTensor('oneHot', 'x', x);
  integer.check('oneHot', 'numClasses', numClasses);
  if (numClasses === 0 || numClasses < -1) {
    throw new RangeError(
      `oneHot: numClasses must be an integer of at least 1, or -1 to find it, got ${numClasses}`,
    );
  }
  if (x.numel === 0 && numClasses < 0) {
    throw new RangeError('oneHot: x is empty, so that numClasses must be given');
  }
  const classes =
    numClasses < 0 && x.dtype === 'int32' ? Math.max(largest(x) + 1, 1) : Math.max(numClasses, 1);
  const index = checkIndex('oneHot', 'class', x, classes, 'classes');
  const out = constant([...sizesOf(x), classes], 0, 'int32');
  if (x.numel > 0) {
    const run = pick('oneHot', scatter, 'int32');
    runIndexCopy(run, {
      source: constant(sizesOf(x), 1, 'int32'),
      index,
      out,
      outer: x.numel,
      size: classes,
      n: 1,
      inner: 1,
    });
  }
  return out;
}

function largest(x: Tensor): number {
  const values = elementsOf(dense(x), x.numel, 'oneHot without numClasses');
  let best = values[0];
  for (let i = 1; i < values.length; i++) if (values[i] > best) best = values[i];
  return best;
}
