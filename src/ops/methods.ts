/**
 * Operations as methods of Tensor: x.add(y) is add(x, y). A module's exports all become methods, typed and documented as
 * the functions are, so that a new function of a module listed here is a method without more ado.
 */
import { surplus, withName } from '../check';
import * as walk from '../autograd/gradients';
import * as hooks from '../autograd/hooks';
import { Tensor } from '../tensor/tensor';
import {
  attach,
  attachVariadic,
  define,
  gathered,
  only,
  without,
  type Method,
  type Variadic,
} from './declare/attach';
import * as copies from './copying/clone';
import * as sharing from './copying/share';
import { checkTensor } from './arguments/check';
import * as conversion from './copying/convert';
import * as creation from './creation/new';
import * as aliases from './elementwise/aliases';
import * as arithmetic from './elementwise/arithmetic';
import * as power from './elementwise/power';
import * as bitwise from './elementwise/bitwise';
import * as bounds from './elementwise/clamp';
import * as closeness from './elementwise/close';
import * as comparison from './elementwise/compare';
import * as comparisonInPlace from './elementwise/compare-in-place';
import * as extremum from './elementwise/extremum';
import * as logaddexp from './elementwise/logaddexp';
import * as logic from './elementwise/logical';
import * as points from './elementwise/points';
import * as rectifier from './elementwise/rectifier';
import * as replaced from './elementwise/replace';
import * as shrinkage from './elementwise/shrink';
import * as special from './elementwise/special';
import * as unary from './elementwise/unary';
import * as weighted from './elementwise/weighted';
import * as choice from './elementwise/where';
import * as reversal from './rearranging/flip';
import * as along from './indexing/along';
import * as indexing from './indexing/at';
import * as gathering from './indexing/gather';
import * as positions from './indexing/mask';
import * as masked from './indexing/masked';
import * as combining from './indexing/scatter-reduce';
import * as overwriting from './inplace/copy';
import * as relaying from './inplace/reshaped';
import * as differences from './joining/diff';
import * as repetition from './joining/repeat';
import * as rolling from './rearranging/roll';
import * as sides from './rearranging/sides';
import * as splitting from './joining/split';
import * as cutting from './joining/tensor-split';
import * as triangles from './rearranging/triangle';
import * as scaledProducts from './matmul/addmm';
import * as addedProducts from './matmul/addmm-in-place';
import * as batchedProducts from './matmul/bmm';
import * as products from './matmul/matmul';
import * as plainProducts from './matmul/mm';
import * as innerProducts from './matmul/tensordot';
import * as extrema from './reduce/extrema';
import * as norms from './reduce/norm';
import * as multiplied from './reduce/prod';
import * as running from './reduce/running';
import * as runningInPlace from './reduce/running-in-place';
import * as summaries from './reduce/summaries';
import * as normalization from './normalization/softmax';
import * as sums from './reduce/sum';
import * as truth from './reduce/truth';
import * as deviation from './reduce/variance';
import * as ordering from './sorting/order';
import * as fractions from './sorting/quantile';
import * as search from './sorting/search';
import * as sorting from './sorting/sort';
import * as counting from './sorting/unique';
import * as adjacent from './sorting/unique-consecutive';
import * as expansion from './view/expand';
import * as order from './view/permute';
import * as rearrangement from './view/rearrange';
import * as shapes from './view/reshape';
import * as selection from './view/select';
import * as windows from './view/unfold';

// Spreads and picks, because these keep each function's declaration and with it the documentation that editors show.
const methods = {
  ...aliases,
  ...arithmetic,
  ...only(power, 'pow', 'pow_'),
  ...bitwise,
  ...bounds,
  ...closeness,
  ...comparison,
  ...comparisonInPlace,
  ...extremum,
  ...only(rectifier, 'prelu'),
  ...only(shrinkage, 'hardshrink'),
  ...logaddexp,
  ...logic,
  ...points,
  ...replaced,
  ...without(special, 'polygamma', 'asMethod'),
  ...special.asMethod,
  ...unary,
  ...weighted,
  ...extrema,
  ...norms,
  ...multiplied,
  ...running,
  ...runningInPlace,
  ...only(summaries, 'nansum', 'nanmean', 'aminmax', 'trace'),
  ...normalization,
  ...sums,
  ...truth,
  ...without(deviation, 'variance', 'varOf'),
  ...copies,
  ...only(sharing, 'isShared', 'shareMemory_'),
  ...conversion,
  ...creation,
  ...cutting,
  ...differences,
  ...along,
  ...indexing,
  ...without(gathering, 'checkAlong', 'fit', 'written'),
  ...only(positions, 'nonzero'),
  ...masked,
  ...combining,
  ...overwriting,
  ...relaying,
  ...only(repetition, 'repeatInterleave'),
  ...rolling,
  ...sides,
  ...splitting,
  ...triangles,
  ...scaledProducts,
  ...addedProducts,
  ...only(batchedProducts, 'bmm'),
  ...products,
  ...only(plainProducts, 'dot', 'mm', 'mv'),
  ...only(innerProducts, 'inner', 'kron'),
  ...ordering,
  ...fractions,
  ...search,
  ...sorting,
  ...windows,
  ...only(counting, 'bincount'),
  ...without(order, 'permute', 'transposed', 'transposedMatrix'),
  ...without(rearrangement, 'meshgrid', 'broadcastTo'),
  ...only(shapes, 'flatten', 'ravel'),
  ...without(selection, 'slice', 'sliceAlong', 'squeezed', 'unsqueezed'),
  /**
   * start:stop:step along `dim`: see the function `slice`.
   * @throws TypeError, RangeError for a dimension that x does not have, and for ends and steps that are no integers.
   */
  slice: selection.sliceAlong,
  /**
   * Adds ∂x/∂leaf, weighted by `gradient`, to `grad` of every leaf that x depends on, or of `inputs` alone
   * (torch.Tensor.backward). The graph is consumed unless `retainGraph` says otherwise.
   * @throws Error when x or an input requires no gradients, the graph was consumed before, or a saved tensor was changed
   *   in place since; RangeError or TypeError for a gradient of another shape or dtype, or none where one is required;
   *   RangeError for an empty array of inputs.
   * @example
   * const x = tensor([1, 2], { requiresGrad: true });
   * x.square().sum().backward();
   * x.grad!.toArray(); // [2, 4]
   */
  backward: walk.backwardOf,
  ...only(hooks, 'registerHook', 'retainGrad'),
  /**
   * Variance over all dimensions, or over `dim`, unbiased by default (torch.Tensor.var); NaN where n ≤ correction.
   * @throws TypeError for int32 and bool.
   */
  var: deviation.varOf,
  ...choice.asMethod,
} as const;

// As in PyTorch, where one array of numbers is all that a method takes: x.permute(1, 0) is x.permute([1, 0]).
const variadic = {
  ...reversal,
  ...only(repetition, 'repeat', 'tile'),
  ...expansion,
  ...only(order, 'permute'),
  ...only(rearrangement, 'broadcastTo'),
  ...only(shapes, 'reshape', 'view'),
} as const;

// Their options decide what they return, which `Methods` cannot say: their types are below.
const generic = { ...only(counting, 'unique'), ...adjacent } as const;

export type Methods = { -readonly [K in keyof typeof methods]: Method<(typeof methods)[K]> } & {
  -readonly [K in keyof typeof variadic]: Variadic<(typeof variadic)[K]>;
};

// Without an export of it, the compiler leaves the import out of the declarations, which name it.
export type { Tensor };

declare module '../tensor/tensor' {
  interface Tensor extends Methods {
    /**
     * The parts along dimension 0, as views: `for (const row of x)`, `[...x]`.
     * @throws TypeError for a 0-dimensional tensor.
     */
    [Symbol.iterator](): IterableIterator<Tensor>;
    /**
     * The distinct elements, in order (torch.Tensor.unique): see the function `unique`.
     * @throws RangeError for a dimension that x does not have, or another one without elements.
     * @example tensor([3, 1, 3]).unique({ returnCounts: true }).counts // [1, 2]
     */
    unique<const O extends counting.UniqueOptions = Record<never, never>>(
      options?: O,
    ): counting.Uniques<O>;
    /**
     * The elements without those that equal the one before (torch.Tensor.unique_consecutive): see the function
     * `uniqueConsecutive`.
     * @throws RangeError for a dimension that x does not have, or another one without elements.
     * @example tensor([1, 1, 2, 1]).uniqueConsecutive() // [1, 2, 1]
     */
    uniqueConsecutive<const O extends adjacent.UniqueConsecutiveOptions = Record<never, never>>(
      options?: O,
    ): counting.Uniques<O>;
  }
}
attach(methods);
attach(generic);
attachVariadic(variadic);

// What cells and losses are made of, each with a call site of its own: the compiler inlines the operation there,
// and a call through the shared one above costs about as much as a small kernel.
const inlined: Partial<Methods> & ThisType<Tensor> = {
  add(b, options) {
    if (arguments.length > 2) surplus('add', arguments, 2, 'options');
    return arithmetic.add(this, b, options);
  },
  sub(b, options) {
    if (arguments.length > 2) surplus('sub', arguments, 2, 'options');
    return arithmetic.sub(this, b, options);
  },
  mul(b) {
    if (arguments.length > 1) surplus('mul', arguments, 1, 'b');
    return arithmetic.mul(this, b);
  },
  div(b, options) {
    if (arguments.length > 2) surplus('div', arguments, 2, 'options');
    return arithmetic.div(this, b, options);
  },
  matmul(b) {
    if (arguments.length > 1) surplus('matmul', arguments, 1, 'b');
    return products.matmul(this, b);
  },
  mm(b) {
    if (arguments.length > 1) surplus('mm', arguments, 1, 'b');
    return plainProducts.mm(this, b);
  },
  tanh() {
    if (arguments.length > 0) surplus('tanh', arguments, 0, 'x');
    return unary.tanh(this);
  },
  sigmoid() {
    if (arguments.length > 0) surplus('sigmoid', arguments, 0, 'x');
    return unary.sigmoid(this);
  },
  relu() {
    if (arguments.length > 0) surplus('relu', arguments, 0, 'x');
    return unary.relu(this);
  },
  exp() {
    if (arguments.length > 0) surplus('exp', arguments, 0, 'x');
    return unary.exp(this);
  },
  square() {
    if (arguments.length > 0) surplus('square', arguments, 0, 'x');
    return unary.square(this);
  },
  neg() {
    if (arguments.length > 0) surplus('neg', arguments, 0, 'x');
    return unary.neg(this);
  },
  softmax(dim, options) {
    if (arguments.length > 2) surplus('softmax', arguments, 2, 'options');
    return normalization.softmax(this, dim, options);
  },
  sum(dim, options) {
    if (arguments.length > 2) surplus('sum', arguments, 2, 'options');
    return sums.sum(this, dim, options);
  },
  mean(dim, options) {
    if (arguments.length > 2) surplus('mean', arguments, 2, 'options');
    return sums.mean(this, dim, options);
  },
  select(dim, index) {
    if (arguments.length > 2) surplus('select', arguments, 2, 'index');
    return selection.select(this, dim, index);
  },
  narrow(dim, start, length) {
    if (arguments.length > 3) surplus('narrow', arguments, 3, 'length');
    return selection.narrow(this, dim, start, length);
  },
  chunk(chunks, dim) {
    if (arguments.length > 2) surplus('chunk', arguments, 2, 'dim');
    return splitting.chunk(this, chunks, dim);
  },
  unsqueeze(dim) {
    if (arguments.length > 1) surplus('unsqueeze', arguments, 1, 'dim');
    return selection.unsqueeze(this, dim);
  },
  squeeze(dim) {
    if (arguments.length > 1) surplus('squeeze', arguments, 1, 'dim');
    return selection.squeeze(this, dim);
  },
  view(first: number | readonly number[], ...more: readonly number[]) {
    return shapes.view(this, gathered('view', first, more));
  },
  reshape(first: number | readonly number[], ...more: readonly number[]) {
    return shapes.reshape(this, gathered('reshape', first, more));
  },
  t() {
    if (arguments.length > 0) surplus('t', arguments, 0, 'x');
    return order.t(this);
  },
  setAt(indices, value) {
    if (arguments.length > 2) surplus('setAt', arguments, 2, 'value');
    return indexing.setAt(this, indices, value);
  },
  backward(options) {
    if (arguments.length > 1) surplus('backward', arguments, 1, 'options');
    walk.backwardOf(this, options);
  },
};
for (const [name, method] of Object.entries(inlined)) define(name, method);

// The one method that takes any number of arguments.
Tensor.prototype.at = function (...indices) {
  // eslint-disable-next-line no-restricted-syntax -- what this call was given
  return indexing.at(this, ...indices);
};
withName('at', Tensor.prototype.at);

Tensor.prototype[Symbol.iterator] = function () {
  checkTensor('Tensor', 'what is iterated over', this);
  if (this.ndim === 0) {
    throw new TypeError(
      'Tensor: a 0-dimensional tensor cannot be iterated over; item() is its number (in a test, testing.assertClose(a, b) compares tensors, and toEqual does with testing.tensorEquality)',
    );
  }
  return splitting.unbind(this)[Symbol.iterator]();
};
