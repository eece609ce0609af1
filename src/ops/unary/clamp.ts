/**
 * clamp: x held between two bounds. dx = g where min ≤ x ≤ max, else 0; a tensor bound receives the gradient where
 * it was chosen. Saves x and the bounds.
 */
import { isGradEnabled, noGrad } from '../../autograd/mode';
import { record, save, type Saved } from '../../autograd/node';
import { family } from '../../native/kernels';
import { isFloat, resultType, type DType } from '../../tensor/dtype';
import { empty, type Tensor } from '../../tensor/tensor';
import { maximum, minimum } from '../binary/extremum';
import { cast } from '../cast';
import { ge, gt, le, lt } from '../compare/compare';
import { logicalAnd, logicalOr } from '../compare/logical';
import { where } from '../compare/where';
import { applyBinary, applyUnary, checkTensor, scalar, type Operand } from '../elementwise';
import { unbroadcast } from '../unbroadcast';

const kernels = family('clamp');
const backwardKernels = family('clamp_backward');

export interface ClampOptions {
  /** Lower bound; none unless given. */
  min?: Operand | null;
  /** Upper bound; where it is below the lower one, it wins. */
  max?: Operand | null;
}

type Bound = Operand | null | undefined;

const isOptions = (x: unknown): x is ClampOptions =>
  typeof x === 'object' && x !== null && !('dtype' in x);

/**
 * x, but nowhere below `min` or above `max` (torch.clamp): numbers or tensors.
 * @throws TypeError when neither bound is given.
 * @example x.clamp(-1, 1); x.clamp({ min: 0 })
 */
export function clamp(x: Tensor, min?: Bound | ClampOptions, max?: Bound): Tensor {
  checkTensor('clamp', 'x', x);
  const low: Bound = isOptions(min) ? min.min : min;
  const high: Bound = isOptions(min) ? min.max : max;
  const [a, b] = [low ?? null, high ?? null];
  if (a === null && b === null) {
    throw new TypeError(
      'clamp: needs min, max or both, for example clamp(0, 1) or clamp({ min: 0 })',
    );
  }
  const numbers = typeof (a ?? 0) === 'number' && typeof (b ?? 0) === 'number';
  return numbers
    ? betweenNumbers(x, a as number | null, b as number | null)
    : betweenTensors(x, a, b);
}

function betweenNumbers(argument: Tensor, min: number | null, max: number | null): Tensor {
  let met: { dtype: DType; ndim: number } = argument;
  for (const bound of [min, max]) {
    if (bound === null || !Number.isFinite(bound)) continue;
    met = { dtype: resultType(met, bound), ndim: argument.ndim };
  }
  const x = cast(argument, met.dtype);
  const low = min ?? -Infinity;
  const high = max ?? Infinity;
  const out = applyUnary('clamp', kernels, x, empty(x.shape, x.dtype), low, high);
  if (!isGradEnabled() || !x.requiresGrad) return out;
  const saved = save('clamp', x);
  return record('ClampBackward1', [x], out, (g) => {
    const source = saved.get();
    if (isGradEnabled()) {
      return [where(logicalAnd(ge(source, low), le(source, high)), g, 0)];
    }
    const dx = empty(source.shape, source.dtype);
    return [applyBinary('clamp', backwardKernels, g, source, dx, low, high)];
  });
}

function betweenTensors(argument: Tensor, min: Operand | null, max: Operand | null): Tensor {
  const bounds = [bound(argument, min), bound(argument, max)];
  let met: { dtype: DType; ndim: number } = argument;
  for (const one of bounds) {
    if (one !== null) met = { dtype: resultType(met, one), ndim: Math.max(met.ndim, one.ndim) };
  }
  const { dtype } = met;
  const x = cast(argument, dtype);
  const [low, high] = bounds.map((one) => one && cast(one, dtype));
  const out = noGrad(() => {
    const above = low === null ? x : maximum(x, low);
    return high === null ? above : minimum(above, high);
  });
  const keep = (one: Tensor | null): Saved | null => one && save('clamp', one);
  const [savedX, savedLow, savedHigh] = [save('clamp', x), keep(low), keep(high)];
  return record('ClampBackward0', [x, low, high], out, (g, node) => {
    const v = savedX.get();
    const [a, b] = [savedLow?.get() ?? -Infinity, savedHigh?.get() ?? Infinity];
    const inside = (): Tensor => logicalAnd(ge(v, a), le(v, b));
    const lowChosen = (): Tensor => logicalAnd(lt(v, a), lt(a, b));
    const highChosen = (): Tensor => logicalOr(gt(v, b), lt(b, a));
    return [
      node.needs(0) ? unbroadcast(where(inside(), g, 0), x.shape) : null,
      node.needs(1) ? unbroadcast(where(lowChosen(), g, 0), low!.shape) : null,
      node.needs(2) ? unbroadcast(where(highChosen(), g, 0), high!.shape) : null,
    ];
  });
}

const bound = (x: Tensor, value: Operand | null): Tensor | null =>
  typeof value === 'number' ? scalar(value, isFloat(x.dtype) ? x.dtype : 'float32') : value;
