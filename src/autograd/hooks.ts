/** Hooks: user code that sees a gradient when it is complete, before it propagates further, and may replace it. */
import { describe, isCallable, surplus } from '../check';
import { executor } from '../tensor/executor';
import { sameShape, showShape } from '../tensor/shape';
import { Owner } from '../tensor/memory';
import { addReference, dropReference, escape, setOwner } from '../tensor/pool';
import { isTensor } from '../tensor/rules';
import { sizesOf, historyOf, ownNodeOf, setHistory, type Tensor } from '../tensor/tensor';
import { arithmetic } from './arithmetic';
import { nodeOf, type Hook, type Node, type TensorHooks } from './node';

/** Removes the hook that it was returned for: called itself, or by its `remove()` (PyTorch's handle). */
export interface RemoveHook {
  (): void;
  /** The same. */
  remove(): void;
}

/** `remove` as a handle. */
export const handleOf = (remove: () => void): RemoveHook => Object.assign(remove, { remove });

/** The gradient that the hooks leave. One reference to `grad` becomes one to it. */
export function runHooks({ hooks, retain }: TensorHooks, grad: Tensor): Tensor {
  let current = grad;
  // A copy: hooks may remove themselves.
  for (const hook of hooks.slice()) {
    escape(current.storage);
    const owner = setOwner(Owner.user);
    let replaced: unknown;
    try {
      replaced = hook(current);
    } finally {
      setOwner(owner);
    }
    if (replaced === undefined || replaced === null) continue;
    checkReplacement(replaced, current);
    escape(replaced.storage);
    addReference(replaced.storage);
    dropReference(current.storage);
    current = replaced;
  }
  retain?.(current);
  return current;
}

function checkReplacement(replaced: unknown, grad: Tensor): asserts replaced is Tensor {
  if (!isTensor(replaced)) {
    throw new TypeError(
      `registerHook: a hook must return a Tensor or nothing, got ${describe(replaced)}`,
    );
  }
  if (!sameShape(sizesOf(replaced), sizesOf(grad)) || replaced.dtype !== grad.dtype) {
    throw new RangeError(
      `registerHook: a hook must keep the gradient's shape and dtype: got ${replaced.dtype} ${showShape(sizesOf(replaced))} for ${grad.dtype} ${showShape(sizesOf(grad))}`,
    );
  }
}

/** The hooks of a tensor's gradient, made at the first registration. */
function hooksOf(operation: string, tensor: Tensor): TensorHooks {
  executor.refuse(operation, 'a replay calls no hook; do it outside');
  if (!tensor.requiresGrad) {
    throw new Error(`${operation}: the tensor does not require gradients`);
  }
  return (nodeOf(tensor).hooks ??= { hooks: [], retain: null });
}

/**
 * Calls `hook` with the gradient of `tensor` whenever a backward pass has computed it, before it is passed on to what
 * `tensor` was made of (torch.Tensor.register_hook). Several hooks run in the order in which they were registered.
 * @param hook gets the gradient, of the tensor's shape and dtype. A tensor that it returns takes the gradient's place;
 *   it stays the hook's own, and is copied where it would become `grad`.
 * @returns a function that removes the hook, which is its method `remove` too
 * @throws TypeError when `hook` is no function; Error when `tensor` requires no gradients
 * @example
 * const x = tensor([1, 2], { requiresGrad: true });
 * const remove = x.registerHook((grad) => grad.mul(10));
 * x.sum().backward();
 * x.grad!.toArray(); // [10, 10]
 * remove();
 */
export function registerHook(tensor: Tensor, hook: Hook): RemoveHook {
  if (arguments.length > 2) surplus('registerHook', arguments, 2, 'hook');
  if (!isCallable(hook)) {
    throw new TypeError(`registerHook: the hook must be a function, got ${describe(hook)}`);
  }
  const { hooks } = hooksOf('registerHook', tensor);
  hooks.push(hook);
  return handleOf(() => {
    const at = hooks.indexOf(hook);
    if (at >= 0) hooks.splice(at, 1);
  });
}

/**
 * Makes `backward` keep the gradient of a tensor that is no leaf in its `grad`, where passes add up as they do for a
 * leaf (torch.Tensor.retain_grad). A leaf's gradient is kept anyway. After a change in place it is the gradient of the changed values.
 * @throws Error when `tensor` requires no gradients
 * @example
 * const x = tensor([1, 2], { requiresGrad: true });
 * const y = x.mul(3);
 * y.retainGrad();
 * y.square().sum().backward();
 * y.grad!.toArray(); // [6, 12]
 */
export function retainGrad(tensor: Tensor): void {
  if (arguments.length > 1) surplus('retainGrad', arguments, 1, 'tensor');
  const hooks = hooksOf('retainGrad', tensor);
  if (historyOf(tensor) === null) return;
  hooks.retain ??= (grad) => {
    tensor.grad = tensor.grad === null ? arithmetic.clone(grad) : arithmetic.add(tensor.grad, grad);
  };
}

/**
 * Gives `tensor` the history of `made` in the place of its own. That its gradient is kept goes with the tensor: it is the
 * gradient of what the tensor holds from then on. Hooks stay with the value that they were registered for.
 */
export function takeHistory(tensor: Tensor, made: Tensor): void {
  const before = ownNodeOf(tensor) as Node | null;
  const after = historyOf(made) as Node | null;
  setHistory(tensor, after, made.requiresGrad);
  if (before === null || before.hooks === null || before === after) return;
  const { retain } = before.hooks;
  if (retain === null) return;
  before.hooks.retain = null;
  if (after !== null) (after.hooks ??= { hooks: [], retain: null }).retain = retain;
}

/** Runs `body`, a walk whose gradients are not the final ones of `nodes`, without their hooks. */
export function withoutHooks<R>(nodes: readonly Node[], body: () => R): R {
  const before = nodes.map((node) => node.hooks);
  for (const node of nodes) node.hooks = null;
  try {
    return body();
  } finally {
    nodes.forEach((node, i) => (node.hooks = before[i]));
  }
}
