/** Bernoulli draws: bernoulli, x.bernoulli_(), with one probability for all or one for each. */
import { calledAs, probability, refuse, surplus } from '../check';
import { family } from '../native/families';
import { runRandomBernoulli, runRandomBernoulliEach } from '../native/calls';
import { cast } from '../ops/copying/cast';
import { copyInto, dense } from '../ops/kernels/copy';
import { verify } from '../ops/kernels/bounds';
import { pick } from '../ops/kernels/launch';
import { zerosLike } from '../ops/creation/factories';
import { gradient } from '../ops/declare/gradient';
import { expand } from '../ops/view/expand';
import { anyTensor, isTensor } from '../tensor/rules';
import { elementsOf, sizesOf, empty, type Tensor } from '../tensor/tensor';
import { emptyAs } from '../ops/kernels/result';
import { inMemoryOrder } from './draw';
import { generatorOf, type DrawOptions, type Generator } from './generator';
import { checkFloats, fillWith } from './inplace';

const kernels = { same: family('random_bernoulli'), each: family('random_bernoulli_each') };
const recorded = gradient<[Tensor]>('bernoulli', { rule: (g) => [zerosLike(g)] });

/** @throws RangeError when an element of p is outside 0 … 1. */
function checkProbabilities(operation: string, p: Tensor): void {
  const rule = `${operation}: probabilities must be in 0 … 1`;
  verify(
    () => {
      const values = p.contiguousLayout ? elementsOf(p, p.numel) : p.toTypedArray();
      for (let i = 0; i < values.length; i++) {
        if (!(values[i] >= 0 && values[i] <= 1)) throw new RangeError(`${rule}, got ${values[i]}`);
      }
    },
    () => [p.ge(0).logicalAnd(p.le(1)), rule],
  );
}

/** Draws 1 with each probability of `p`, contiguous floats, else 0, into `out`, contiguous and of p's type. */
function toss(operation: string, p: Tensor, out: Tensor, generator: Generator): void {
  const run = pick(operation, kernels.each, p.dtype);
  runRandomBernoulliEach(run, generator, p, out, p.numel);
}

/**
 * A tensor of 0 and 1: each element is 1 with the probability that p's element says (torch.bernoulli). Given a
 * number `p`, a tensor like x whose elements are all 1 with that probability.
 * @throws TypeError when x is not of floats; RangeError for a probability outside 0 … 1.
 * @example bernoulli(tensor([0, 1])) // [0, 1]
 */
export function bernoulli(x: Tensor, p?: number | DrawOptions, options?: DrawOptions): Tensor {
  if (arguments.length > 3) surplus('bernoulli', arguments, 3, 'options');
  checkFloats('bernoulli', x);
  const out = empty(sizesOf(x), x.dtype);
  if (typeof p === 'number') return calledAs('bernoulli', () => bernoulli_(out, p, options));
  if (p !== undefined && options !== undefined) {
    refuse('bernoulli', 'p', 'a number where options follow', p);
  }
  const generator = generatorOf('bernoulli', p === undefined ? options : p);
  checkProbabilities('bernoulli', x);
  toss('bernoulli', dense(x), out, generator);
  return recorded(out, undefined, x);
}

/**
 * Fills `x`, of any type, with 0 and 1: 1 with probability `p`, one for all or a tensor that broadcasts to x
 * (torch.Tensor.bernoulli_).
 * @throws TypeError when p is not a number or a tensor of floats; RangeError for a probability outside 0 … 1.
 * @example zeros([2, 3]).bernoulli_(0.5)
 */
export function bernoulli_(x: Tensor, p: number | Tensor = 0.5, options?: DrawOptions): Tensor {
  if (arguments.length > 3) surplus('bernoulli_', arguments, 3, 'options');
  anyTensor.check('bernoulli_', 'x', x);
  const source = generatorOf('bernoulli_', options);
  if (isTensor(p)) return bernoulliTensor_(x, p, source);
  probability.check('bernoulli_', 'p', p);
  const run = pick('bernoulli_', kernels.same, x.dtype);
  return fillWith('bernoulli_', 'BernoulliBackward1', x, (rows) => {
    runRandomBernoulli(run, source, rows, rows.numel, p);
  });
}

function bernoulliTensor_(x: Tensor, p: Tensor, generator: Generator): Tensor {
  checkFloats('bernoulli_', p, 'p');
  checkProbabilities('bernoulli_', p);
  // In the order of x's memory, which is the order of the draws.
  const wide = calledAs('bernoulli_', () => expand(p, sizesOf(x)));
  const ordered = inMemoryOrder(copyInto(wide, emptyAs(x, p.dtype)));
  return fillWith('bernoulli_', 'BernoulliBackward2', x, (rows) => {
    const tosses = empty(sizesOf(rows), p.dtype);
    toss('bernoulli_', ordered, tosses, generator);
    copyInto(cast(tosses, rows.dtype), rows);
  });
}
