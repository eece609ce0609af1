/**
 * How an operation is declared: its kernel, its gradient in methods of tensors, and what that gradient reads. From a
 * declaration come the function, its in-place form (`inPlace`), the choice between a fused and a differentiable gradient,
 * and the rows of the tests (test/ops/entry.ts). Methods come with the export (methods.ts).
 */
import { surplus, withDeclaration, withName } from '../../check';
import { isGradEnabled } from '../../autograd/mode';
import { attachNode, save, type Backward, type Saved } from '../../autograd/node';
import { family, type NamesOf } from '../../native/families';
import { isFloat, isInteger, resultType, suffixOf, type DType } from '../../tensor/dtype';
import { broadcastShapes, sameShape } from '../../tensor/shape';
import { sizesOf, elementStridesOf, type Tensor } from '../../tensor/tensor';
import { clone } from '../copying/clone';
import { checkTensor, type GivenOperand, type Operand } from '../arguments/check';
import { binary as combine, promote, operand, operandOf, scalarSlot } from '../kernels/operands';
import { applyBinary, applyUnary } from '../kernels/launch';
import { emptyAs } from '../kernels/result';
import { zerosLike } from '../creation/factories';
import { cast } from '../copying/cast';
import { checkFloat, floating } from '../arguments/floating';
import { inPlace as changeInPlace } from '../inplace/inplace';
import { nodeName } from '../declare/gradient';
import { watch } from '../declare/watch';
import { unbroadcast } from '../declare/unbroadcast';
import { isTensor } from '../../tensor/rules';
import { composed } from '../declare/composed';

/** What tests must know of a function. */
export interface Domain {
  /** An open interval to take arguments from, or one for each operand; (−2, 2) unless given. */
  readonly domain?: Interval | readonly [Interval, Interval];
  /** Points of it without a derivative. */
  readonly kinks?: readonly number[];
}
type Interval = readonly [number, number];

export interface UnaryRule<Options = never> extends Domain {
  /** PyTorch's name of the backward node: that of the function and `Backward0` unless given. */
  readonly node?: string;
  /** What the gradient reads besides g: the argument x, the result y, or nothing. */
  readonly saves?: 'x' | 'y';
  /** dx in differentiable operations; 0 for a function that is constant between its kinks. */
  readonly grad: ((g: Tensor, saved: Tensor) => Tensor) | 0;
  /** Kernel that computes `grad(g, saved)` in one pass. */
  readonly fused?: NamesOf<'Binary'>;
  /** Kernel of the function, where it is not named as the function is. */
  readonly kernel?: NamesOf<'Unary'>;
  /** What integers and bool do where the kernel takes floats only: they become float32, or are refused; integers are their own result. */
  readonly integers?: 'unchanged' | 'refused';
  /** What bool does where a kernel takes int32: it is refused, its own result, or computed as int32. */
  readonly bool?: 'unchanged' | 'int32';
  /** What computes the result, in other operations, with some options; null where the kernel does. */
  readonly instead?: (operation: string, options: Options) => ((x: Tensor) => Tensor) | null;
}

/** A function of one tensor, element by element. */
export interface Unary {
  (x: Tensor): Tensor;
  readonly declaration: { readonly name: string; readonly rule: UnaryRule };
}
/** One that takes options. */
export interface UnaryWith<Options> extends Pick<Unary, 'declaration'> {
  (x: Tensor, options?: Options): Tensor;
}

const zeros = (g: Tensor): Tensor => zerosLike(g);

/**
 * Declares a function of one tensor without parameters.
 * @example
 * export const tanh: Unary = unary('tanh', { saves: 'y', grad: (g, y) => g.mul(y.square().rsub(1)) });
 */
export function unary<Options = never>(
  name: string,
  rule: UnaryRule<Options>,
): [Options] extends [never] ? Unary : UnaryWith<Options>;
export function unary<Options>(name: string, rule: UnaryRule<Options>): UnaryWith<Options> {
  const { saves, integers, bool, instead } = rule;
  const grad = rule.grad === 0 ? zeros : rule.grad;
  const node = rule.node ?? nodeName(name);
  const kernels = family(rule.kernel ?? (name as NamesOf<'Unary'>));
  const fused = rule.fused === undefined ? null : family(rule.fused);
  const unaryName = `unary:${rule.kernel ?? name}`;
  const gradient = (g: Tensor, saved: Tensor): Tensor =>
    fused === null || isGradEnabled()
      ? grad(g, saved)
      : applyBinary(name, fused, g, saved, emptyAs(saved));
  const backward: Backward = (g, { kept }) =>
    saves === undefined ? [grad(g, g)] : [gradient(g, (kept as Saved).get())];
  // What the kernel takes for integers and truth values; null where these are their own result. Apart from
  // `compute`, which V8 would be too long to inline.
  function computable(x: Tensor): Tensor | null {
    if (kernels[suffixOf(x.dtype)] !== undefined) return x;
    if (integers === 'refused') checkFloat(name, x);
    if (isInteger(x.dtype)) {
      if (integers === 'unchanged') return null;
      return kernels.i32 === undefined ? floating(x) : x;
    }
    if (bool === 'unchanged') return null;
    if (integers === 'unchanged') refuseBool(name);
    if (bool === 'int32') return cast(x, 'int32');
    // A kernel for int32 and none for bool: the function is not defined on truth values.
    return kernels.i32 === undefined ? floating(x) : x;
  }

  const compute = function (argument: Tensor): Tensor {
    if (arguments.length > 1) surplus(name, arguments, 1, 'x');
    checkTensor(name, 'x', argument);
    const x = isFloat(argument.dtype) ? argument : computable(argument);
    if (x === null) return clone(argument);
    const out = applyUnary(name, kernels, x, emptyAs(x));
    if (!isGradEnabled() || !x.requiresGrad) return out;
    if (watch.watcher !== null) watch.watcher(unaryName, undefined, [x], [out]);
    const saved = saves === undefined ? null : save(name, saves === 'x' ? x : out);
    return attachNode(node, [x], out, backward, saved);
  };
  const withOptions = function (x: Tensor, options?: Options): Tensor {
    if (arguments.length > 2) surplus(name, arguments, 2, 'options');
    checkTensor(name, 'x', x);
    const other = options === undefined ? null : instead!(name, options);
    return other === null ? compute(x) : other(x);
  };
  return withDeclaration(instead === undefined ? compute : withOptions, { name, rule });
}

function refuseBool(operation: string): never {
  throw new TypeError(`${operation}: is not defined for bool tensors; convert with to('int32')`);
}

/** What was saved of one call: reading a tensor that changed since is an error. */
class SavedOperands {
  constructor(
    private readonly savedA: Saved | number | null,
    private readonly savedB: Saved | number | null,
    private readonly savedY: Saved | null,
  ) {}
  get a(): Operand {
    return read(this.savedA);
  }
  get b(): Operand {
    return read(this.savedB);
  }
  get y(): Tensor {
    return read(this.savedY) as Tensor;
  }
}
const read = (saved: Saved | number | null): Operand =>
  typeof saved === 'number' ? saved : saved!.get();
const nothing = new SavedOperands(null, null, null);

/** One of the two gradients of an operation of two operands, of the result's shape. */
export interface Derivative<S> {
  /** Which of the operands a, b and the result y it reads. */
  readonly saves?: 'a' | 'b' | 'ab' | 'aby';
  readonly grad: ((g: Tensor, saved: S) => Tensor) | 0;
}

export interface BinaryRule<Options = never> extends Domain {
  /** PyTorch's name of the backward node: that of the function and `Backward0` unless given. */
  readonly node?: (a: Operand, b: Operand) => string;
  readonly da: Derivative<{ readonly a: Tensor; readonly b: Operand; readonly y: Tensor }>;
  readonly db: Derivative<{ readonly a: Operand; readonly b: Tensor; readonly y: Tensor }>;
  readonly kernel?: NamesOf<'Binary'>;
  /** Integers become float32 rather than staying what they are. */
  readonly integers?: 'float32';
  /** The operation on two bool tensors, where it is another one. */
  readonly bool?: (a: Tensor, b: Tensor) => Tensor;
  /** Refuses operands, whose common type is `dtype`. */
  readonly check?: (a: Operand, b: Operand, dtype: DType, operation: string) => void;
  /** Whether `true` and `false` are refused, which are numbers of type bool otherwise. */
  readonly booleans?: 'refused';
  /** Whether options come after the operands. */
  readonly takesOptions?: boolean;
  /** The second operand, with the options applied to it. */
  readonly second?: (
    operation: string,
    a: GivenOperand,
    b: GivenOperand,
    options: Options,
  ) => GivenOperand;
  /** What computes the result, in other operations, of some numbers or options; null where the kernel does. */
  readonly instead?: (
    operation: string,
    a: GivenOperand,
    b: GivenOperand,
    options: Options | undefined,
  ) => ((a: Operand, b: Operand) => Tensor) | null;
}

/** An operation of two operands that broadcast, element by element. */
export interface Binary {
  (a: GivenOperand, b: GivenOperand): Tensor;
  readonly declaration: { readonly name: string; readonly rule: BinaryRule };
}
/** One of tensors only, without numbers. */
export type BinaryOfTensors = ((a: Tensor, b: Tensor) => Tensor) & Pick<Binary, 'declaration'>;
/** One that takes options. */
export interface BinaryWith<Options> extends Pick<Binary, 'declaration'> {
  (a: GivenOperand, b: GivenOperand, options?: Options): Tensor;
}

/** @throws TypeError for a boolean: a number of type bool, on which some operations are not defined. */
function refuseBoolean(operation: string, x: GivenOperand): void {
  if (typeof x !== 'boolean') return;
  throw new TypeError(`${operation}: is not defined for booleans, got ${x}; pass ${Number(x)}`);
}

/**
 * Declares an operation of two operands.
 * @example
 * export const mul: Binary = binary('mul', {
 *   da: { saves: 'b', grad: (g, { b }) => g.mul(b) },
 *   db: { saves: 'a', grad: (g, { a }) => g.mul(a) },
 * });
 */
export function binary<Options = never>(
  name: string,
  rule: BinaryRule<Options>,
): [Options] extends [never] ? Binary : BinaryWith<Options>;
export function binary<Options>(name: string, rule: BinaryRule<Options>): BinaryWith<Options> {
  const { da, db, bool, check, integers, booleans, takesOptions = false, second, instead } = rule;
  const gradA = da.grad === 0 ? zeros : da.grad;
  const gradB = db.grad === 0 ? zeros : db.grad;
  const kernels = family(rule.kernel ?? (name as NamesOf<'Binary'>));
  const node = nodeName(name);
  const nodeOf = rule.node;
  const reads = (derivative: { readonly saves?: string }, which: string): boolean =>
    derivative.saves?.includes(which) === true;
  const [daReadsA, daReadsB, daReadsY] = [reads(da, 'a'), reads(da, 'b'), reads(da, 'y')];
  const [dbReadsA, dbReadsB, dbReadsY] = [reads(db, 'a'), reads(db, 'b'), reads(db, 'y')];
  const readsAny = da.saves !== undefined || db.saves !== undefined;
  const keep = (x: Operand): Saved | number => (typeof x === 'number' ? x : save(name, x));

  function savedOf(a: Operand, b: Operand, y: Tensor, ofA: boolean, ofB: boolean): SavedOperands {
    return new SavedOperands(
      (ofA && daReadsA) || (ofB && dbReadsA) ? keep(a) : null,
      (ofA && daReadsB) || (ofB && dbReadsB) ? keep(b) : null,
      (ofA && daReadsY) || (ofB && dbReadsY) ? save(name, y) : null,
    );
  }

  // Shapes are read from the inputs' nodes, so that no operand is kept that no gradient reads.
  const backward: Backward = (g, self) => {
    const saved = self.kept as never;
    return [
      self.needs(0) ? unbroadcast(gradA(g, saved), self.next[0]!.shape) : null,
      self.needs(1) ? unbroadcast(gradB(g, saved), self.next[1]!.shape) : null,
    ];
  };

  function recordResult(a: Operand, b: Operand, y: Tensor, ofA: boolean, ofB: boolean): Tensor {
    const saved = readsAny ? savedOf(a, b, y, ofA, ofB) : nothing;
    const inputs = [typeof a === 'number' ? null : a, typeof b === 'number' ? null : b];
    const label = nodeOf === undefined ? node : nodeOf(a, b);
    if (watch.watcher !== null)
      watch.watcher(`binary:${rule.kernel ?? name}`, undefined, [a, b], [y]);
    return attachNode(label, inputs, y, backward, saved);
  }

  const arity = takesOptions ? 3 : 2;
  function computedInstead(a: GivenOperand, b: GivenOperand, options?: Options): Tensor | null {
    const other = instead!(name, a, b, options);
    return other && other(operandOf(name, 'a', a, b), operandOf(name, 'b', b, a));
  }

  const compute = function (left: GivenOperand, right: GivenOperand): Tensor {
    if (arguments.length > 2) surplus(name, arguments, 2, 'b');
    const a = operandOf(name, 'a', left, right);
    const b = operandOf(name, 'b', right, left);
    let dtype = resultType(a, b);
    if (check !== undefined) check(a, b, dtype, name);
    if (dtype === 'bool' && bool !== undefined) return bool(a as Tensor, b as Tensor);
    if (integers !== undefined && !isFloat(dtype)) dtype = integers;
    const x = promote(a, dtype);
    const y = promote(b, dtype);
    const out = combine(name, kernels, x, y, dtype);
    if (!isGradEnabled()) return out;
    const ofA = typeof x !== 'number' && x.requiresGrad;
    const ofB = typeof y !== 'number' && y.requiresGrad;
    return ofA || ofB ? recordResult(x, y, out, ofA, ofB) : out;
  };
  const withOptions = function (a: GivenOperand, b: GivenOperand, options?: Options): Tensor {
    if (arguments.length > arity) surplus(name, arguments, arity, takesOptions ? 'options' : 'b');
    if (booleans !== undefined) {
      refuseBoolean(name, a);
      refuseBoolean(name, b);
    }
    const mayDiffer = options !== undefined || typeof a === 'number' || typeof b === 'number';
    if (instead !== undefined && mayDiffer) {
      const out = computedInstead(a, b, options);
      if (out !== null) return out;
    }
    if (options === undefined || second === undefined) return compute(a, b);
    return composed(tensorsOf(a, b), () => compute(a, second(name, a, b, options)));
  };
  // Two functions: what takes no options stays short enough for V8 to inline it into the method.
  const isPlain = booleans === undefined && second === undefined && instead === undefined;
  return withDeclaration(isPlain ? compute : withOptions, { name, rule });
}

/** A declared function under another of PyTorch's names, which its own sentences bear. */
export function alias(name: string, f: Unary): Unary;
export function alias(name: string, f: Binary): Binary;
export function alias(name: string, f: BinaryOfTensors): BinaryOfTensors;
export function alias<Options>(name: string, f: BinaryWith<Options>): BinaryWith<Options>;
export function alias(name: string, f: Pick<Unary | Binary, 'declaration'>): unknown {
  const { name: original, rule } = f.declaration;
  if ('da' in rule) {
    const node = rule.node ?? (() => nodeName(original));
    return binary(name, { ...rule, node, kernel: rule.kernel ?? (original as NamesOf<'Binary'>) });
  }
  const node = rule.node ?? nodeName(original);
  return unary(name, { ...rule, node, kernel: rule.kernel ?? (original as NamesOf<'Unary'>) });
}

const tensorsOf = (a: GivenOperand, b: GivenOperand): Tensor[] => [a, b].filter(isTensor);

type ChangeUnary<Options> = (x: Tensor, options?: Options) => Tensor;
type ChangeBinary<Options> = (x: Tensor, other: GivenOperand, options?: Options) => Tensor;

/** The in-place form of a function of one tensor: `tanh_` of `tanh`. */
export function inPlace(f: Unary): (x: Tensor) => Tensor;
/** The in-place form of an operation of two operands: `mul_` of `mul`. */
export function inPlace(f: Binary): (x: Tensor, other: GivenOperand) => Tensor;
export function inPlace(f: BinaryOfTensors): (x: Tensor, other: Tensor) => Tensor;
/** The same of what takes options. */
export function inPlace<Options>(f: UnaryWith<Options>): ChangeUnary<Options>;
export function inPlace<Options>(f: BinaryWith<Options>): ChangeBinary<Options>;
export function inPlace(f: UnaryWith<never> | BinaryWith<never> | BinaryOfTensors): unknown {
  const changed = isBinary(f) ? binaryInPlace(f) : unaryInPlace(f as UnaryWith<never>);
  return withName(`${f.declaration.name}_`, changed);
}

const isBinary = (f: Pick<Unary | Binary, 'declaration'>): f is BinaryWith<never> =>
  'da' in f.declaration.rule;

function unaryInPlace(f: UnaryWith<never>): ChangeUnary<never> {
  const { name, rule } = f.declaration;
  const operation = `${name}_`;
  const kernels = family(rule.kernel ?? (name as NamesOf<'Unary'>));
  const direct = (target: Tensor): void => {
    applyUnary(operation, kernels, target, target);
  };
  const takesOptions = rule.instead !== undefined;
  const arity = takesOptions ? 2 : 1;
  return function (x, options) {
    if (arguments.length > arity)
      surplus(operation, arguments, arity, takesOptions ? 'options' : 'x');
    checkTensor(operation, 'x', x);
    if (rule.instead !== undefined && options !== undefined) {
      const other = rule.instead(operation, options);
      // Made of other operations, which save what they read of the copy that they are given.
      if (other !== null) return changeInPlace(operation, x, [], other);
    }
    return changeInPlace(operation, x, [], f, {
      direct: kernels[suffixOf(x.dtype)] === undefined ? undefined : direct,
      // The argument is overwritten, so that a gradient that reads it needs a copy.
      saves: rule.saves === 'x',
    });
  };
}

// Whether a kernel may read `other` while it writes `x`: the same elements in step, or other memory.
const inStep = (x: Tensor, other: Tensor): boolean =>
  other.storage !== x.storage ||
  (other.offset === x.offset &&
    sameShape(sizesOf(other), sizesOf(x)) &&
    sameShape(elementStridesOf(other), elementStridesOf(x)));

/**
 * x = f(x, other) in place.
 * @param direct writes f(x, other) into x, where that needs no memory in between
 * @param readsX whether x's own gradient reads x, and not only that of `other`
 */
function computeInPlace(
  operation: string,
  x: Tensor,
  other: Operand,
  f: (x: Tensor, other: Operand) => Tensor,
  direct?: (target: Tensor) => void,
  readsX = true,
): Tensor {
  // What is saved of `other` must outlive the change of x, which may be the same memory.
  const operands = typeof other === 'number' ? [] : [other];
  const shared = operands.some((y) => y.storage === x.storage);
  const compute = (before: Tensor): Tensor => f(before, shared ? clone(other as Tensor) : other);
  const saves = readsX || operands.some((y) => y.requiresGrad);
  return changeInPlace(operation, x, operands, compute, { direct, saves });
}

function binaryInPlace(f: BinaryWith<never>): ChangeBinary<never> {
  const { name, rule } = f.declaration;
  const { check, booleans, takesOptions = false, second, instead } = rule;
  const operation = `${name}_`;
  const kernels = family(rule.kernel ?? (name as NamesOf<'Binary'>));
  const readsX = rule.da.saves?.includes('a') === true;
  const fits = (x: Tensor, other: Operand): boolean =>
    kernels[suffixOf(x.dtype)] !== undefined &&
    resultType(x, other) === x.dtype &&
    (typeof other === 'number' ||
      sameShape(broadcastShapes(operation, sizesOf(x), sizesOf(other)), sizesOf(x)));
  const arity = takesOptions ? 3 : 2;
  return function (x, by, options) {
    if (arguments.length > arity)
      surplus(operation, arguments, arity, takesOptions ? 'options' : 'other');
    if (booleans !== undefined) refuseBoolean(operation, by);
    checkTensor(operation, 'x', x);
    if (instead !== undefined) {
      const compute = instead(operation, x, by, options);
      if (compute !== null) {
        return computeInPlace(operation, x, operandOf(operation, 'other', by, x), compute);
      }
    }
    if (options === undefined || second === undefined) return change(x, by);
    return composed(tensorsOf(x, by), () => change(x, second(operation, x, by, options)));
  };
  function change(x: Tensor, by: GivenOperand): Tensor {
    const other = operandOf(operation, 'other', by, x);
    const write = (target: Tensor): void => {
      if (check !== undefined) check(target, other, target.dtype, operation);
      const y =
        typeof other === 'number'
          ? scalarSlot(operation, 1, other, target.dtype)
          : operand(operation, other, target.dtype);
      applyBinary(operation, kernels, target, inStep(target, y) ? y : clone(y), target);
    };
    return computeInPlace(operation, x, other, f, fits(x, other) ? write : undefined, readsX);
  }
}
