/**
 * Tensor: a view of a storage (offset, shape, strides, element type) plus what autograd needs to know of
 * it. This file owns the fields and reading values out; every operation lives in ops/ and is attached to
 * the prototype by ops/methods.ts.
 */
import {
  calledAs,
  describe,
  got,
  guardMethods,
  isInstance,
  isMade,
  markCopy,
  readOnly,
  surplus,
} from '../check';
import { readLayoutBy } from '../native/strided';
import { deepcopy, type Copying } from './deepcopy';
import { arrayOver, isFloat, itemSize, type DType, type TypedArray } from './dtype';
import { executor } from './executor';
import { print } from './print';
import {
  contiguousStrides,
  isContiguous,
  largestRank,
  numelOf,
  refuseRank,
  showShape,
  type Shape,
  sameShape,
} from './shape';
import { addReference, dropReference, escape } from './pool';
import { allocated, touch } from './memory';
import { allocate, type Storage } from './storage';

/** The operation that made a tensor, as autograd records it. */
export interface GradFn {
  readonly name: string;
}

/** @internal Where a view came from, so that in-place changes of either reach the other's history. */
export interface ViewOrigin {
  readonly base: Tensor;
  /** `base.rebased` when this view's `gradFn` was made; the history is stale once `base.rebased` is greater. */
  seen: number;
  /** Whether it was made with gradients on; else it has no history and gets none. */
  readonly recorded: boolean;
}

const isStale = (origin: ViewOrigin): boolean =>
  origin.recorded && origin.seen !== origin.base.rebased;

let renewView: (view: Tensor) => void;
/** @internal ops/ says how a view gets a new history after its base was changed in place. */
export function setRenewView(renew: (view: Tensor) => void): void {
  renewView = renew;
}

// What other files may write of a tensor.
/** @internal Says what made `x`, and whether it requires gradients. */
export let setHistory: (x: Tensor, node: GradFn | null, wantsGrad: boolean) => void;
/** @internal Makes `x` a view. */
export let setOrigin: (x: Tensor, origin: ViewOrigin) => void;
/** @internal Notes that an in-place operation gave `x` a new history. */
export let noteRebased: (x: Tensor) => void;
/** @internal */
export let setAccumulator: (x: Tensor, node: GradFn) => GradFn;
/** @internal Puts `gradient` in the place of `accumulated`. */
export let setAccumulated: (x: Tensor, gradient: Tensor | null) => void;
/**
 * @internal Puts `target` on other memory of the same shape, possibly of another element type: the same object
 * with other elements, as an assignment to PyTorch's `.data`. A graph that saved `target` notices by its version.
 */
export let replaceData: (target: Tensor, source: Tensor) => void;
/** @internal Gives `target` the sizes and strides of `view`, which has the same elements in the same memory. */
export let takeLayout: (target: Tensor, view: Tensor) => void;

// What users see of a node: its fields are what the walk and the kernels go by.
const shownNodes = new WeakMap<GradFn, GradFn>();
function namedAs(node: GradFn): GradFn {
  let shown = shownNodes.get(node);
  if (shown === undefined) shownNodes.set(node, (shown = Object.freeze({ name: node.name })));
  return shown;
}

const inspect = Symbol.for('nodejs.util.inspect.custom');

/** The nested arrays of `toArray()`. */
export type NestedArray = number | boolean | NestedArray[];
/** What the nested arrays may be taken for: `number[][]`, `readonly boolean[]`, a tuple of numbers. */
type AnyNested = number | boolean | readonly AnyNested[];

// Of a tensor of no elements, whose sizes memory does not limit.
const largestNested = 1e7;
// V8 ends the process where an array of numbers grows beyond 2^27.
const mostInArrays = 2 ** 26;

let read: {
  sizes: (x: Tensor) => Shape;
  elementStrides: (x: Tensor) => readonly number[];
  accumulated: (x: Tensor) => Tensor | null;
  history: (x: Tensor) => GradFn | null;
  ownNode: (x: Tensor) => GradFn | null;
  viewOrigin: (x: Tensor) => ViewOrigin | null;
  accumulator: (x: Tensor) => GradFn | null;
};

export class Tensor {
  // What compares objects by their fields (`assert.deepStrictEqual`) takes the same part of the same memory for equal alone, and
  // `structuredClone` refuses the storage. Nothing else reads these.
  /** @internal */
  readonly memoryOf: object;
  /** @internal The offset. */
  readonly from: number;
  /** @internal The number of elements, negative for a layout with gaps or in another order. */
  readonly extent: number;
  // What is read of a tensor can be assigned by nobody: these are private, with getters alone.
  #storage: Storage;
  #dtype: DType;
  #sizes: Shape;
  #numel: number;
  #address: number;
  #contiguousLayout: boolean;
  // Null for a contiguous tensor until first read: most results' strides never are.
  #strides: readonly number[] | null;
  // Null until the user reads it: freezing an array costs a third of a small operation.
  #shape: Shape | null = null;
  #accumulated: Tensor | null = null;
  #node: GradFn | null = null;
  #wantsGrad = false;
  #origin: ViewOrigin | null = null;
  #rebased = 0;
  #accumulator: GradFn | null = null;

  static {
    read = {
      sizes: (x) => x.#sizes,
      elementStrides: (x) => (x.#strides ??= contiguousStrides(x.#sizes)),
      accumulated: (x) => x.#accumulated,
      history: (x) => {
        const origin = x.#origin;
        if (origin !== null && isStale(origin)) renewView(x);
        return x.#node;
      },
      ownNode: (x) => x.#node,
      viewOrigin: (x) => x.#origin,
      accumulator: (x) => x.#accumulator,
    };
    setHistory = (x, node, wantsGrad) => {
      x.#node = node;
      x.#wantsGrad = wantsGrad;
    };
    setOrigin = (x, origin) => {
      x.#origin = origin;
    };
    noteRebased = (x) => {
      x.#rebased++;
    };
    setAccumulator = (x, node) => (x.#accumulator = node);
    setAccumulated = (x, gradient) => {
      const before = x.#accumulated;
      x.#accumulated = gradient;
      if (gradient !== null) addReference(gradient.storage);
      if (before !== null) dropReference(before.storage);
    };
    replaceData = (target, source) => {
      touch(source.#storage, target.#storage.version + 1);
      target.#storage = source.#storage;
      target.#dtype = source.#dtype;
      target.#numel = source.#numel;
      target.#address = source.#address;
      target.#sizes = source.#sizes;
      target.#strides = elementStridesOf(source);
      target.#contiguousLayout = source.#contiguousLayout;
      target.#shape = null;
    };
    takeLayout = (target, view) => {
      target.#sizes = view.#sizes;
      target.#strides = elementStridesOf(view);
      target.#contiguousLayout = view.#contiguousLayout;
      target.#shape = null;
    };
  }

  /**
   * @internal `strides` null means row-major order.
   * @param numel the product of the sizes, where it is known
   */
  constructor(
    storage: Storage,
    dtype: DType,
    shape: Shape,
    strides: readonly number[] | null = null,
    offset = 0,
    contiguous = strides === null || isContiguous(shape, strides),
    numel = numelOf(shape),
  ) {
    if (shape.length > largestRank) refuseRank(shape);
    this.memoryOf = storage;
    this.from = offset;
    this.extent = contiguous ? numel : -numel;
    this.#storage = storage;
    this.#dtype = dtype;
    this.#sizes = shape;
    this.#numel = numel;
    // A view of no elements may start anywhere, also outside the memory of its base.
    this.#address =
      offset === 0 || numel === 0 ? storage.address : storage.address + offset * itemSize(dtype);
    this.#contiguousLayout = contiguous;
    this.#strides = strides;
    executor.made(this);
  }

  /** @internal The memory that holds the elements, possibly those of other tensors too. */
  get storage(): Storage {
    return this.#storage;
  }
  /** @internal First element, counted in elements from the start of the storage; `storageOffset()` is the public one. */
  get offset(): number {
    return (this.#address - this.#storage.address) / itemSize(this.#dtype);
  }
  /** Sizes of the dimensions, frozen; `[]` for a single number. */
  get shape(): Shape {
    return (this.#shape ??= Object.freeze([...this.#sizes]));
  }
  /** Distance between neighbours along each dimension, in elements; frozen. */
  get strides(): readonly number[] {
    return Object.freeze([...elementStridesOf(this)]);
  }
  /** Element type. */
  get dtype(): DType {
    return this.#dtype;
  }
  /** Number of elements. */
  get numel(): number {
    return this.#numel;
  }
  /** @internal Address of the first element. */
  get address(): number {
    return this.#address;
  }
  /** @internal Whether the elements are in row-major order without gaps. */
  get contiguousLayout(): boolean {
    return this.#contiguousLayout;
  }

  /** @internal How often an in-place operation gave this tensor a new history. */
  get rebased(): number {
    return this.#rebased;
  }

  /** Number of dimensions. */
  get ndim(): number {
    return this.#sizes.length;
  }

  /** @internal How often the memory was changed in place. */
  get version(): number {
    return this.storage.version;
  }

  /** The operation that made this tensor (`gradFn.name`), or null for a leaf; frozen. */
  get gradFn(): GradFn | null {
    const history = historyOf(this);
    return history && namedAs(history);
  }

  /** Whether `backward` computes a gradient for this tensor or passes one through it. */
  get requiresGrad(): boolean {
    const origin = this.#origin;
    if (origin !== null && isStale(origin)) renewView(this);
    return this.#wantsGrad;
  }
  /** @throws Error on a tensor that an operation made; TypeError when the elements are not floats. */
  set requiresGrad(wanted: boolean) {
    if (typeof wanted !== 'boolean') {
      throw new TypeError(`requiresGrad: must be true or false, got ${describe(wanted)}`);
    }
    if (historyOf(this) !== null) {
      throw new Error(
        'requiresGrad: can be set on leaves only, and an operation made this tensor; use detach() to get a leaf',
      );
    }
    if (wanted && !isFloat(this.dtype)) {
      throw new TypeError(
        `requiresGrad: only float32 and float64 tensors can have gradients, this one is ${this.dtype}`,
      );
    }
    executor.changes('requiresGrad', this, 'tensor');
    // Earlier views get a history that leads here, or lose it.
    if (wanted !== this.#wantsGrad) this.#rebased++;
    this.#wantsGrad = wanted;
  }

  /** The accumulated gradient of a leaf, or of a tensor that called `retainGrad()`; null until backward. */
  get grad(): Tensor | null {
    const found = this.#accumulated;
    if (found !== null) escape(found.storage);
    return found;
  }
  /** @throws TypeError for what is no tensor of this element type; RangeError for another shape. */
  set grad(gradient: Tensor | null) {
    if (gradient !== null) {
      this.checkGradient(gradient);
      escape(gradient.storage);
    }
    executor.refuse('grad', 'it is of a tensor from outside; assign it there');
    setAccumulated(this, gradient);
  }

  private checkGradient(gradient: Tensor): void {
    if (!isInstance(gradient, Tensor)) {
      throw new TypeError(`grad: must be a Tensor or null, got ${describe(gradient)}`);
    }
    if (!sameShape(gradient.#sizes, this.#sizes)) {
      throw new RangeError(
        `grad: must have the tensor's shape ${showShape(this.#sizes)}, got ${showShape(gradient.#sizes)}`,
      );
    }
    if (gradient.dtype !== this.dtype) {
      throw new TypeError(`grad: must be ${this.dtype} as the tensor is, got ${gradient.dtype}`);
    }
  }

  /**
   * Sets `requiresGrad` and returns this tensor (torch.Tensor.requires_grad_).
   * @throws TypeError for what is no boolean, and when the elements are not floats; Error on a tensor that an operation made.
   */
  requiresGrad_(wanted = true): this {
    if (arguments.length > 1) surplus('requiresGrad_', arguments, 1, 'wanted');
    calledAs('requiresGrad_', () => (this.requiresGrad = wanted));
    return this;
  }

  /** Whether nothing recorded made this tensor: the user did, or gradients were off. */
  get isLeaf(): boolean {
    return historyOf(this) === null;
  }

  /** Bytes of one element (torch.Tensor.itemsize). */
  get itemsize(): number {
    return itemSize(this.dtype);
  }

  /** Bytes of all elements (torch.Tensor.nbytes): of a view its own, whatever memory it is of. */
  get nbytes(): number {
    return this.numel * itemSize(this.dtype);
  }

  /** Bytes of one element, as `itemsize` (torch.Tensor.element_size). */
  elementSize(): number {
    if (arguments.length > 0) surplus('elementSize', arguments, 0);
    return itemSize(this.dtype);
  }

  /**
   * The size of all dimensions, or of one.
   * @throws TypeError for what is no number; RangeError for a dimension that x does not have.
   */
  size(): Shape;
  size(dim: number): number;
  size(dim?: number): Shape | number {
    if (arguments.length > 1) surplus('size', arguments, 1, 'dim');
    if (dim === undefined) return this.shape;
    if (typeof dim !== 'number') {
      throw new TypeError(`size: dim must be a number, got ${got('size', 'dim', dim)}`);
    }
    const size = this.#sizes[dim < 0 ? dim + this.ndim : dim];
    if (size === undefined) {
      throw new RangeError(`size: dim must be from ${-this.ndim} to ${this.ndim - 1}, got ${dim}`);
    }
    return size;
  }

  /** Whether the elements are in row-major order without gaps. */
  isContiguous(): boolean {
    if (arguments.length > 0) surplus('isContiguous', arguments, 0);
    return this.contiguousLayout;
  }

  /**
   * The value of a tensor with one element.
   * @throws RangeError when there are more or fewer.
   */
  item(): number {
    if (arguments.length > 0) surplus('item', arguments, 0);
    if (this.numel !== 1) {
      throw new RangeError(
        `item: the tensor must have exactly one element, got ${this.numel} in shape ${showShape(this.#sizes)}`,
      );
    }
    return elementsOf(this, 1)[0];
  }

  /**
   * A copy of the elements in row-major order, in the array class of the element type. `T` names the class where the
   * element type is known: `const values: Float32Array = x.toTypedArray()`.
   */
  toTypedArray<T extends TypedArray = TypedArray>(): T {
    if (arguments.length > 0) surplus('toTypedArray', arguments, 0);
    return this.elements() as T;
  }

  private elements(): TypedArray {
    const bytes = this.nbytes;
    const advice = 'read a part of the tensor';
    if (this.contiguousLayout) {
      const own = elementsOf(this, this.numel);
      return allocated('toTypedArray', bytes, advice, () => own.slice());
    }
    const source = elementsOf(this, this.reach());
    const buffer = allocated('toTypedArray', bytes, advice, () => new ArrayBuffer(bytes));
    const out = arrayOver(this.dtype, buffer, 0, this.numel);
    let at = 0;
    const walk = (dim: number, from: number): void => {
      if (dim === this.ndim) {
        out[at++] = source[from]!;
        return;
      }
      for (let i = 0; i < this.#sizes[dim]; i++)
        walk(dim + 1, from + i * elementStridesOf(this)[dim]);
    };
    if (this.numel > 0) walk(0, 0);
    return out;
  }

  /**
   * The elements as nested arrays (a plain value for 0 dimensions); bool elements as booleans. `T` says what they are where
   * the rank is known: `const rows: number[][] = x.toArray()`, `x.toArray<number[]>()[0]`.
   */
  toArray<T extends AnyNested = NestedArray>(): T {
    if (arguments.length > 0) surplus('toArray', arguments, 0);
    if (this.numel === 0 && this.#sizes.some((size) => size > largestNested)) {
      throw new RangeError(
        `toArray: shape ${showShape(this.#sizes)} is more than ${largestNested} arrays without an element`,
      );
    }
    if (this.numel > mostInArrays) {
      throw new RangeError(
        `toArray: ${this.numel} elements are more than arrays hold well (${mostInArrays}); use toTypedArray()`,
      );
    }
    const flat = this.toTypedArray();
    const isBool = this.dtype === 'bool';
    if (this.ndim === 0) return (isBool ? flat[0] !== 0 : flat[0]) as T;
    // The innermost arrays by a loop: a call for each element costs three times that.
    const row = (from: number, size: number): NestedArray => {
      const values: number[] = [];
      const truths: boolean[] = [];
      if (isBool) for (let i = from; i < from + size; i++) truths.push(flat[i] !== 0);
      else for (let i = from; i < from + size; i++) values.push(flat[i]);
      return isBool ? truths : values;
    };
    const build = (dim: number, from: number, count: number): NestedArray => {
      const size = this.#sizes[dim];
      if (dim === this.ndim - 1) return row(from, size);
      const step = size === 0 ? 0 : count / size;
      return Array.from({ length: size }, (_, i) => build(dim + 1, from + i * step, step));
    };
    return build(0, 0, this.numel) as T;
  }

  /** As PyTorch prints it: `tensor([[0.1000, 0.2000]], gradFn=<MulBackward0>)`. */
  toString(): string {
    if (arguments.length > 0) surplus('toString', arguments, 0);
    return printed(this);
  }

  /** What `console.log` shows; below the depth that it looks into, the shape alone. */
  [inspect](depth: number | null): unknown {
    if (depth !== null && depth < 0) return `[tensor ${showShape(this.#sizes)}]`;
    const text = printed(this);
    // Inside an object Node indents the lines of what another object shows, not those of a string.
    return { [inspect]: () => text };
  }

  /** What `JSON.stringify` writes: the values as nested arrays. NaN and infinities become null there. */
  get toJSON(): () => NestedArray {
    // A function of this very tensor: Jest shows differences by the toJSON of copies, whose memory is no memory.
    return () => this.toArray();
  }

  /** @internal What Jest copies of a tensor to show how it differs: nothing of its memory and its graph. */
  get [Symbol.for('@jest/serializableProperties')](): readonly string[] {
    return ['toJSON'];
  }

  /** @internal The copy without `grad`. @throws Error for a tensor that an operation made. */
  protected copyData(copy: Copying, where: () => string): Tensor {
    executor.refuse('deepcopy', 'a trace has no values to copy; do it outside');
    const { gradFn } = this;
    if (gradFn !== null) {
      throw new Error(
        `deepcopy: only tensors created explicitly by the user (graph leaves) support the deepcopy protocol, and ${where()} was made by an operation (${gradFn.name}); keep its detach()`,
      );
    }
    const { dtype, offset, contiguousLayout } = this;
    return new Tensor(
      copy(this.storage),
      dtype,
      this.#sizes,
      this.#strides,
      offset,
      contiguousLayout,
    );
  }

  /** @internal */
  [isMade](): boolean {
    return #sizes in this;
  }

  /** @internal */
  [deepcopy.custom](copy: Copying, where: () => string): Tensor {
    const made = this.copyData(copy, where);
    made.#wantsGrad = this.#wantsGrad;
    if (this.#accumulated !== null) setAccumulated(made, copy(this.#accumulated, 'grad'));
    return made;
  }

  /**
   * A tensor of one element in an expression of JavaScript's own (`loss + 1`, `loss < 0.6`) counts as its number, and so
   * does a 0-dimensional one in a text (`${loss}`). The result is a number without history.
   * @throws RangeError for other sizes in an expression.
   */
  [Symbol.toPrimitive](hint: string): number | string {
    if (hint === 'string') return this.ndim === 0 ? String(this.item()) : printed(this);
    if (this.numel === 1) return this.item();
    throw new RangeError(
      `Tensor: JavaScript's +, -, *, /, <, > and == take tensors of one element, this one has shape ${showShape(this.#sizes)}; write x.add(y), x.sub(y), x.mul(y), x.div(y), x.lt(y), x.gt(y), x.eq(y), and \${x} or String(x) for a text`,
    );
  }

  /** @internal One past the furthest element that this view reaches, counted from its first. */
  reach(): number {
    if (this.numel === 0) return 0;
    let last = 0;
    for (let d = 0; d < this.ndim; d++) last += (this.#sizes[d] - 1) * elementStridesOf(this)[d];
    return last + 1;
  }
}

// What other files may read of a tensor: functions, since what a getter gives could be written to by anybody who has the tensor.
/** @internal `shape` as everything here reads it: never written, and never given to the user. */
export const sizesOf = read.sizes;
/** @internal `strides`, likewise. */
export const elementStridesOf = read.elementStrides;
/** @internal `grad`, read without letting its memory escape to the user. */
export const accumulatedOf = read.accumulated;
/** @internal The node that made a tensor, or null for a leaf. */
export const historyOf = read.history;
/** @internal The node that made a tensor, as it was: read it through `historyOf`. */
export const ownNodeOf = read.ownNode;
/** @internal Where a view comes from. */
export const viewOriginOf = read.viewOrigin;
/** @internal For a leaf: the node that accumulates `grad`. */
export const accumulatorIn = read.accumulator;

readLayoutBy(sizesOf, elementStridesOf);
markCopy(Tensor, 'Tensor', 'copy the values over with tensor(x.toArray())');
readOnly('Tensor', Tensor.prototype, {
  shape: 'x.reshape(shape) gives another shape',
  dtype: 'x.to(dtype) gives another element type',
});

// What operations read of each tensor: V8 inlines what is short, and with a question in each an operation would take a tenth longer.
const readByOperations: ReadonlySet<PropertyKey> = new Set([
  'dtype',
  'numel',
  'ndim',
  'requiresGrad',
  'storage',
  'offset',
  'address',
  'contiguousLayout',
  'rebased',
  'version',
  'reach',
]);
guardMethods(Tensor.prototype, ['value', 'get'], (key) => !readByOperations.has(key));

/**
 * @internal The elements in place, for code that reads or fills a fresh tensor. Never given to a user.
 * @param shapes the operation, where the shape of its result depends on them
 */
export const elementsOf = (x: Tensor, length: number, shapes?: string): TypedArray =>
  executor.elements(x, length, shapes);

const printed = (x: Tensor): string => print(x, (length) => elementsOf(x, length));

/** @internal Notes that the memory of `x` has been written to, for those who saved it. */
export function bumpVersion(x: Tensor): void {
  touch(x.storage, 1);
}

/** A fresh, uninitialised, contiguous tensor. */
export function empty(shape: Shape, dtype: DType = 'float32'): Tensor {
  const numel = numelOf(shape);
  return new Tensor(allocate(numel * itemSize(dtype)), dtype, shape, null, 0, true, numel);
}
