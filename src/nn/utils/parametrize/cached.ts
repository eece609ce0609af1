/** What parametrized tensors are while `cached` runs: computed once, at the first use. */
import { isCallable, refuse, surplus } from '../../../check';
import { executor } from '../../../tensor/executor';
import type { Tensor } from '../../../tensor/tensor';

let depth = 0;
let cache = new Map<object, Map<string, Tensor>>();

/**
 * Runs `body`, in which each parametrized tensor is computed once, at its first use (torch.nn.utils.parametrize.cached), and returns what
 * it returns: for weights that several steps or layers share. Parameters that change inside are not seen.
 * @throws TypeError for what is no function, and for one that returns a promise.
 * @example
 * const cell = nn.utils.parametrizations.weightNorm(new nn.RNNCell(3, 4), 'weight_hh');
 * nn.utils.parametrize.cached(() => cell.weight_hh === cell.weight_hh); // true
 */
export function cached<R>(body: () => R): R {
  if (arguments.length > 1) surplus('cached', arguments, 1, 'body');
  if (!isCallable(body)) refuse('cached', 'body', 'a function to run', body);
  depth++;
  let result: R;
  try {
    result = body();
  } finally {
    depth--;
    if (depth === 0) cache = new Map();
  }
  if (result instanceof Promise) {
    throw new TypeError(
      'cached: the function returned a promise; what is computed is kept for synchronous code only, so await outside',
    );
  }
  return result;
}

/** What `compute` gives for a module's tensor, or gave before inside the same `cached`. */
export function throughCache(module: object, name: string, compute: () => Tensor): Tensor {
  if (depth === 0) return compute();
  executor.refuse('a parametrized tensor inside of cached', 'what is kept there is not computed in later runs; call cached outside'); // prettier-ignore
  let ofModule = cache.get(module);
  if (ofModule === undefined) cache.set(module, (ofModule = new Map<string, Tensor>()));
  let tensor = ofModule.get(name);
  if (tensor === undefined) ofModule.set(name, (tensor = compute()));
  return tensor;
}
