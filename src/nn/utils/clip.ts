/** Clipping of gradients, in place: by the norm of all of them together, or element by element. */
import { boolean, iterableOf, nonNegative, optionsTable, surplus } from '../../check';
import { noGrad } from '../../autograd/mode';
import { family } from '../../native/families';
import { runTableScale, runTableSumSquares } from '../../native/calls';
import { copyInto, dense } from '../../ops/kernels/copy';
import { full } from '../../ops/creation/factories';
import { clamp_ } from '../../ops/elementwise/clamp';
import { kernelFor, Table } from '../../ops/kernels/table';
import { isFloat } from '../../tensor/dtype';
import { executor } from '../../tensor/executor';
import { anyTensor, isTensor } from '../../tensor/rules';
import { allocate, bufferOf } from '../../tensor/storage';
import { accumulatedOf, elementsOf, bumpVersion, type Tensor } from '../../tensor/tensor';
import { rootOf, sumOfPowers } from '../powers';

/** Options of `getTotalNorm` and `clipGradNorm_`. */
export interface NormOptions {
  /** Order of the norm: a number, or Infinity for the largest element. Default: 2. */
  normType?: number;
  /** Throw, and change nothing, when the norm is infinite or NaN. Default: false. */
  errorIfNonfinite?: boolean;
}

const normOptions = optionsTable<NormOptions>('clipGradNorm_', {
  normType: nonNegative.or(2),
  errorIfNonfinite: boolean.or(false),
});

const anyTensors = iterableOf(anyTensor, 'a tensor or several, such as model.parameters()');

const sumSquares = family('table_sum_squares');
const scale = family('table_scale');
const table = new Table(2);
const result = allocate(8);
const resultCell = new Float64Array(bufferOf(result), result.byteOffset, 1);

const floats = ['float32', 'float64'] as const;

function listOf(operation: string, tensors: unknown): Tensor[] {
  const list = isTensor(tensors) ? [tensors] : anyTensors.check(operation, 'parameters', tensors);
  for (const [i, { dtype }] of list.entries()) {
    if (isFloat(dtype)) continue;
    throw new TypeError(`${operation}: parameters[${i}] must be of floats, got ${dtype}`);
  }
  return list;
}

const gradientsOf = (parameters: readonly Tensor[]): Tensor[] => {
  const grads: Tensor[] = [];
  for (const parameter of parameters) {
    const grad = accumulatedOf(parameter);
    if (grad !== null) grads.push(grad);
  }
  return grads;
};

// A row for each tensor: its number of elements and its address.
function tableOf(tensors: readonly Tensor[]): Table {
  table.begin(tensors.length);
  for (const x of tensors) {
    table.put(x.numel);
    table.put(x.address);
  }
  return table;
}

function norm2(tensors: readonly Tensor[]): number {
  let total = 0;
  for (const dtype of floats) {
    const some = tensors.filter((x) => x.dtype === dtype).map(dense);
    if (some.length === 0) continue;
    const rows = tableOf(some);
    runTableSumSquares(kernelFor(sumSquares, dtype), rows, rows.rows, result);
    total += resultCell[0];
  }
  return Math.sqrt(total);
}

// The norm of the tensors' norms, which for order 0 counts the tensors that are not all zeros, as in PyTorch.
function normP(tensors: readonly Tensor[], p: number): number {
  const sums = Float64Array.from(tensors, (x) => sumOfPowers(elementsOf(dense(x), x.numel), p));
  return rootOf(sumOfPowers(sums, p === 0 || p === Infinity ? p : 1), p);
}

/**
 * The norm of all tensors as if they were one vector, a 0-dimensional tensor (torch.nn.utils.get_total_norm).
 * @throws TypeError for what are no tensors of floats; RangeError when `errorIfNonfinite` and the norm is infinite or NaN.
 * @example nn.utils.getTotalNorm([tensor([3]), tensor([4])]).item() // 5
 */
export function getTotalNorm(tensors: Tensor | Iterable<Tensor>, options?: NormOptions): Tensor {
  if (arguments.length > 2) surplus('getTotalNorm', arguments, 2, 'options');
  return totalNorm('getTotalNorm', listOf('getTotalNorm', tensors), options);
}

function totalNorm(
  operation: string,
  tensors: readonly Tensor[],
  options: NormOptions | undefined,
): Tensor {
  const { normType, errorIfNonfinite } = normOptions.read(options, operation);
  executor.refuse(operation, 'it reads the values of tensors, and a trace has none; do it outside');
  const norm = normType === 2 ? norm2(tensors) : normP(tensors, normType);
  if (errorIfNonfinite && !Number.isFinite(norm)) {
    throw new RangeError(
      `${operation}: the norm of order ${normType} of the gradients is ${norm}, so they cannot be clipped`,
    );
  }
  return full([], norm, { dtype: tensors[0]?.dtype ?? 'float32' });
}

/**
 * Multiplies all gradients by min(1, maxNorm / (norm + 1e-6)), in place (torch.nn.utils.clip_grads_with_norm_).
 * @param norm what `getTotalNorm` of the gradients returned
 * @throws TypeError for what are no tensors of floats; RangeError for a negative maxNorm.
 * @example
 * const layer = new nn.Linear(2, 1);
 * layer.forward(ones([2])).sum().backward();
 * const grads = layer.parameters().map((parameter) => parameter.grad!);
 * nn.utils.clipGradsWithNorm_(layer.parameters(), 1, nn.utils.getTotalNorm(grads));
 */
export function clipGradsWithNorm_(
  parameters: Tensor | Iterable<Tensor>,
  maxNorm: number,
  norm: Tensor,
): void {
  if (arguments.length > 3) surplus('clipGradsWithNorm_', arguments, 3, 'norm');
  const grads = gradientsOf(listOf('clipGradsWithNorm_', parameters));
  nonNegative.check('clipGradsWithNorm_', 'maxNorm', maxNorm);
  anyTensor.check('clipGradsWithNorm_', 'norm', norm);
  scaleAll(grads, maxNorm / (norm.item() + 1e-6));
}

function scaleAll(grads: readonly Tensor[], factor: number): void {
  if (factor >= 1) return;
  for (const dtype of floats) {
    const own = grads.filter((x) => x.dtype === dtype);
    if (own.length === 0) continue;
    const rows = own.map(dense);
    const all = tableOf(rows);
    runTableScale(kernelFor(scale, dtype), all, all.rows, factor);
    own.forEach((x, i) => {
      if (rows[i] !== x) copyInto(rows[i], x);
      bumpVersion(x);
    });
  }
}

/**
 * Scales all gradients so that their norm, taken over all of them, is at most `maxNorm`, and returns the norm that they had
 * (torch.nn.utils.clip_grad_norm_). Parameters without gradients do not count.
 * @throws TypeError for what are no tensors of floats; RangeError for a negative maxNorm or normType, and when `errorIfNonfinite` and the norm is infinite or NaN.
 * @example
 * const layer = new nn.Linear(2, 1);
 * layer.forward(ones([2])).sum().backward();
 * nn.utils.clipGradNorm_(layer.parameters(), 1).item(); // 1.7321
 */
export function clipGradNorm_(
  parameters: Tensor | Iterable<Tensor>,
  maxNorm: number,
  options?: NormOptions,
): Tensor {
  if (arguments.length > 3) surplus('clipGradNorm_', arguments, 3, 'options');
  nonNegative.check('clipGradNorm_', 'maxNorm', maxNorm);
  const grads = gradientsOf(listOf('clipGradNorm_', parameters));
  const total = totalNorm('clipGradNorm_', grads, options);
  scaleAll(grads, maxNorm / (total.item() + 1e-6));
  return total;
}

/**
 * Cuts every element of every gradient to ±clipValue, in place (torch.nn.utils.clip_grad_value_).
 * @throws TypeError for what are no tensors of floats; RangeError for a negative clipValue.
 * @example
 * const layer = new nn.Linear(2, 1);
 * layer.forward(ones([2])).sum().backward();
 * nn.utils.clipGradValue_(layer.parameters(), 0.5);
 */
export function clipGradValue_(parameters: Tensor | Iterable<Tensor>, clipValue: number): void {
  if (arguments.length > 2) surplus('clipGradValue_', arguments, 2, 'clipValue');
  nonNegative.check('clipGradValue_', 'clipValue', clipValue);
  noGrad(() => {
    for (const grad of gradientsOf(listOf('clipGradValue_', parameters))) {
      clamp_(grad, -clipValue, clipValue);
    }
  });
}
