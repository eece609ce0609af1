/**
 * In-place operations and autograd. Not recorded, they write the memory and raise its version. Recorded, the
 * result is computed out of place from the tensor's old history, written into the memory, and becomes the
 * tensor's new history; for a view, that of the tensor it is part of. The operations are in the files beside
 * this one.
 */
import { calledAs } from '../../check';
import { category, isFloat } from '../../tensor/dtype';
import { takeHistory } from '../../autograd/hooks';
import { isGradEnabled } from '../../autograd/mode';
import { executor } from '../../tensor/executor';
import { expandsTo, overlaps, sameShape, showShape } from '../../tensor/shape';
import { isTensor } from '../../tensor/rules';
import {
  sizesOf,
  elementStridesOf,
  viewOriginOf,
  historyOf,
  bumpVersion,
  noteRebased,
  setHistory,
  Tensor,
} from '../../tensor/tensor';
import { cast } from '../copying/cast';
import { clone } from '../copying/clone';
import { copyInto } from '../kernels/copy';
import { checkTensor } from '../arguments/check';
import { constant } from '../creation/factories';
import { gradient, nodeName } from '../declare/gradient';
import { watch } from '../declare/watch';
import { rebaseRegion } from '../view/region';
import { expand } from '../view/expand';
import { composed } from '../declare/composed';

/** @throws RangeError when several elements of `x` refer to one memory location. */
function checkDistinct(operation: string, x: Tensor): void {
  if (x.contiguousLayout || !overlaps(sizesOf(x), elementStridesOf(x))) return;
  const isExpanded = sizesOf(x).some((size, d) => size > 1 && elementStridesOf(x)[d] === 0);
  throw new RangeError(
    `${operation}: several elements of the ${isExpanded ? 'expanded' : 'unfolded'} tensor (shape ${showShape(sizesOf(x))}) refer to one memory location; change a clone() instead`,
  );
}

function checkTarget(operation: string, target: Tensor, recorded: boolean): void {
  checkTensor(operation, 'x', target);
  checkDistinct(operation, target);
  checkHistory(operation, target, recorded);
  const origin = viewOriginOf(target);
  if (recorded && origin !== null && isGradEnabled()) checkDistinct(operation, origin.base);
}

/** @throws Error where `target` must keep its history: a leaf or a view of one, a view that was not recorded. */
export function checkHistory(operation: string, target: Tensor, recorded: boolean): void {
  executor.changes(operation, target, 'elements');
  if (!isGradEnabled()) return;
  if (watch.changing !== null && (recorded || target.requiresGrad))
    watch.changing(operation, target);
  const origin = viewOriginOf(target);
  const root = origin?.base ?? target;
  if (target.requiresGrad && root.isLeaf) {
    throw new Error(
      `${operation}: a leaf that requires gradients cannot be changed in place; do it inside noGrad(() => …), or change a clone()`,
    );
  }
  if (recorded && origin !== null && !origin.recorded) {
    throw new Error(
      `${operation}: this view was made inside noGrad, so that its change cannot be recorded; make the view outside, or change it inside noGrad(() => …)`,
    );
  }
}

/** The same memory with the same history, as a tensor of its own. */
export function alias(x: Tensor): Tensor {
  const out = new Tensor(
    x.storage,
    x.dtype,
    sizesOf(x),
    elementStridesOf(x),
    x.offset,
    x.contiguousLayout,
  );
  setHistory(out, historyOf(x), x.requiresGrad);
  return out;
}

const isRecorded = (target: Tensor, inputs: readonly Tensor[]): boolean =>
  isGradEnabled() && (target.requiresGrad || inputs.some((x) => isTensor(x) && x.requiresGrad));

/** Gives `target` the history of `made`; views of it are renewed from it. */
export function adopt(target: Tensor, made: Tensor): void {
  takeHistory(target, made);
  noteRebased(target);
}

// Writes a recorded value of target's shape and type, and makes its history the target's.
function replace(target: Tensor, before: Tensor, value: Tensor): void {
  copyInto(value, target);
  bumpVersion(target);
  const origin = viewOriginOf(target);
  if (origin !== null) rebaseRegion(origin.base, before, target, value);
  else adopt(target, value);
}

const recordedCopy = gradient<[before: Tensor, value: Tensor]>('copy_', {
  node: 'CopyBackwards',
  rule: (g, _, _of, node) => [node.needs(0) ? constant(sizesOf(g), 0, g.dtype) : null, g],
});

export interface InPlaceOptions {
  /** Writes the result straight into the memory, for when nothing is recorded. */
  readonly direct?: ((target: Tensor) => void) | undefined;
  /** Whether `compute` may save its argument, so that it must be a copy of what is overwritten. */
  readonly saves?: boolean;
}

/**
 * Replaces the elements of `target` by `compute(target)`, a fresh tensor that broadcasts to its shape and is
 * converted to its element type. Returns `target`.
 * @param inputs the other tensors that `compute` reads
 */
export function inPlace(
  operation: string,
  target: Tensor,
  inputs: readonly Tensor[],
  compute: (before: Tensor) => Tensor,
  { direct, saves = true }: InPlaceOptions = {},
): Tensor {
  const recorded = isRecorded(target, inputs);
  checkTarget(operation, target, recorded);
  if (!recorded) {
    if (direct !== undefined) direct(target);
    else
      composed([], () =>
        copyInto(
          held(
            operation,
            target,
            calledAs(operation, () => compute(target)),
          ),
          target,
        ),
      );
    bumpVersion(target);
    return target;
  }
  const before = alias(viewOriginOf(target)?.base ?? target);
  const given = saves ? clone(target) : alias(target);
  // What the other form refuses, it refuses in the name of this one.
  const value = calledAs(operation, () => compute(given));
  replace(
    target,
    before,
    differentiable(operation, target, inputs, held(operation, target, value)),
  );
  return target;
}

const recordedStep = gradient<[Tensor, Tensor | null], [], string>('step', {
  node: ([, other], operation) =>
    nodeName(operation).replace(/_Backward0$/, `Backward${other === null ? 0 : 1}`),
  rule: (_g, _, _of, { next }) => next.map((node) => node && constant(node.shape, 0, node.dtype)),
});

// What is constant between its steps (comparisons, logic) has no history out of place, where its result is bool. In a tensor of
// floats it has a gradient: 0.
function differentiable(
  operation: string,
  target: Tensor,
  inputs: readonly Tensor[],
  value: Tensor,
): Tensor {
  if (value.requiresGrad || !isFloat(target.dtype)) return value;
  const other = inputs[0] ?? null;
  return recordedStep(value, operation, alias(target), other);
}

/**
 * Replaces the elements of `target` by those of `source`, broadcast and converted, without reading them: the old
 * history gets zeros, `source` the gradient. Returns `target`.
 */
export function overwrite(operation: string, target: Tensor, source: Tensor): Tensor {
  const recorded = isRecorded(target, [source]);
  checkTarget(operation, target, recorded);
  // x.copy_(x.t()) must read before it writes.
  const own = source.storage === target.storage ? clone(source) : source;
  const value = conform(operation, target, own);
  if (!recorded) {
    copyInto(value, target);
    bumpVersion(target);
    return target;
  }
  const { dtype } = target;
  const shape = sizesOf(target);
  const origin = viewOriginOf(target);
  if (origin !== null) {
    replace(target, alias(origin.base), value);
    return target;
  }
  const before = alias(target);
  copyInto(value, target);
  bumpVersion(target);
  const marker = new Tensor(target.storage, dtype, shape, elementStridesOf(target), target.offset);
  adopt(target, recordedCopy(marker, undefined, before, value));
  return target;
}

// An expression's value, which the target's type must be able to hold.
function held(operation: string, target: Tensor, value: Tensor): Tensor {
  if (category(value.dtype) > category(target.dtype)) {
    throw new TypeError(
      `${operation}: the result is ${value.dtype}, which a ${target.dtype} tensor cannot hold; convert it first with to('${value.dtype}')`,
    );
  }
  return conform(operation, target, value);
}

// Any value, broadcast and converted.
function conform(operation: string, target: Tensor, value: Tensor): Tensor {
  const same = value.dtype === target.dtype ? value : cast(value, target.dtype);
  if (sameShape(sizesOf(same), sizesOf(target))) return same;
  if (!expandsTo(sizesOf(same), sizesOf(target))) {
    throw new RangeError(
      `${operation}: a value of shape ${showShape(sizesOf(value))} does not fit into shape ${showShape(sizesOf(target))}`,
    );
  }
  return expand(same, sizesOf(target));
}
