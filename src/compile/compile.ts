/** compile: the public function, and its cache of programs by signature. */
import { functionOf, optionsTable, positiveInteger, surplus } from '../check';
import { isGradEnabled } from '../autograd/mode';
import { watch } from '../ops/declare/watch';
import { computes } from '../tensor/deepcopy';
import { executor } from '../tensor/executor';
import { sizesOf, empty, type Tensor } from '../tensor/tensor';
import { Entry } from './entry';
import type { Traceable } from './pair';
import { fitsForm, flattenArguments, replaceTensors, type Argument, type Result } from './tree';

// In place of the tensors of a call, which no entry keeps.
const placeholder = empty([0]);

/** `fn` of arguments of the given form, with other tensors. */
const traceable =
  <A extends readonly Argument[]>(fn: (...args: A) => unknown, form: A): Traceable =>
  (standIns) => {
    let next = 0;
    // eslint-disable-next-line no-restricted-syntax -- as many as the traced call had
    return fn(...(replaceTensors(form, () => standIns[next++]) as A));
  };

// Whether the entry is still for these arguments, whose tensors `tensors` gets.
const isOf = (
  entry: Entry,
  args: readonly Argument[],
  training: boolean,
  tensors: Tensor[],
): boolean =>
  entry.training === training &&
  fitsForm(args, entry.form, entry.signatures, training, tensors) &&
  entry.isCurrent();

/** Options of `compile`. */
export interface CompileOptions {
  /** How many signatures are kept; the one used longest ago goes first. Default: 64. */
  cacheSize?: number;
}

const compileOptions = optionsTable<CompileOptions>('compile', {
  cacheSize: positiveInteger.or(64),
});

const anyFunction = functionOf('a function of tensors');

/**
 * A function that computes what `fn` computes, bit for bit, but without running its JavaScript: the first call with
 * given shapes, element types and `requiresGrad` traces `fn`, later ones replay what it did in one crossing into
 * native code, forward and backward (torch.compile).
 *
 * `fn` must be a pure function of tensors: it takes tensors (numbers, strings, booleans and null count as constants; all
 * may be in nested arrays), returns a tensor or an array of tensors, and may use tensors from outside, such as a module's
 * parameters, whose present values each call reads. Refused with an error: reading values (`item`, `toArray`, printing,
 * shapes that depend on values), seeding, changing an argument or a tensor from outside in place, hooks and
 * `backward` inside. Random operations are replayed too: each call draws the numbers that `fn` itself would have drawn (which runs
 * itself then where an argument is not contiguous: numbers are drawn in the order of memory). What a
 * check of values finds (a target that is no class, a probability above 1) is an error of each call. What the first call did is what later ones do: `fn` must not depend on other state that changes.
 *
 * Its results are tensors of their own, also where `fn` returns a view. They have one node in the graph. Where its gradient
 * is itself differentiated (`createGraph`), `fn` runs again, uncompiled. The gradient of a tensor that several calls in one
 * graph use is summed call by call.
 *
 * @throws TypeError when `fn` is no function, takes or returns what cannot be traced; Error when it does what cannot.
 * @example
 * const w = randn([3, 3]);
 * const step = compile((x: Tensor, h: Tensor) => x.add(h.matmul(w)).tanh());
 * step(randn([2, 3]), zeros([2, 3])); // [2, 3]
 */
export function compile<A extends readonly Argument[], R extends Result>(
  fn: (...args: A) => R,
  options?: CompileOptions,
): (...args: A) => R {
  if (arguments.length > 2) surplus('compile', arguments, 2, 'options');
  const { cacheSize } = compileOptions.read(options);
  anyFunction.check('compile', 'fn', fn);
  // In order of last use.
  const entries = new Map<string, Entry>();
  let latest: Entry | null = null;

  const entryFor = (args: A, training: boolean, tensors: Tensor[]): Entry => {
    const key = [training ? 'train' : 'infer'];
    flattenArguments(args, training, tensors, key);
    const signature = key.join(' ');
    let entry = entries.get(signature);
    if (entry === undefined || !entry.isCurrent()) {
      latest = null;
      const form = replaceTensors(args, () => placeholder) as A;
      entry = new Entry(
        traceable(fn, form),
        form,
        tensors.map((x) => ({ shape: sizesOf(x), dtype: x.dtype, requiresGrad: x.requiresGrad })),
        training,
      );
    }
    entries.delete(signature);
    entries.set(signature, entry);
    if (entries.size > cacheSize) entries.delete(entries.keys().next().value!);
    return entry;
  };

  const compiled = (...args: A): R => {
    // Within another trace the function is traced along. An observer (an exporter) sees its operations, which a replay does not make.
    // eslint-disable-next-line no-restricted-syntax -- what this call was given
    if (executor.isTrace || watch.watcher !== null) return fn(...args);
    const training = isGradEnabled();
    const tensors: Tensor[] = [];
    let entry = latest;
    if (entry === null || !isOf(entry, args, training, tensors)) {
      tensors.length = 0;
      entry = latest = entryFor(args, training, tensors);
    }
    // Numbers are drawn in the order of memory, which a trace knows of contiguous arguments only.
    if (entry.draws && tensors.some(({ contiguousLayout }) => !contiguousLayout)) {
      // eslint-disable-next-line no-restricted-syntax -- what this call was given
      return fn(...args);
    }
    return entry.call(tensors) as R;
  };
  computes(compiled, fn);
  return compiled;
}
