/**
 * How an operation is declared: its kernel, its gradient in methods of tensors, and what that gradient reads. From a
 * declaration come the function, its in-place form (`inPlace`), the choice between a fused and a differentiable gradient,
 * and the rows of the tests (test/ops/entry.ts). Methods come with the export (methods.ts).
 */
import { surplus } from '../../check';
import { isGradEnabled } from '../../autograd/mode';
import { attachNode, save, type Saved } from '../../autograd/node';
import { family, type NamesOf } from '../../native/families';
import { isFloat, resultType, suffixOf, type DType } from '../../tensor/dtype';
import { broadcastShapes, sameShape } from '../../tensor/shape';
import { empty, type Tensor } from '../../tensor/tensor';
import { clone } from '../copying/clone';
import { checkTensor, type GivenOperand, type Operand } from '../arguments/check';
import { binary as combine, promote, operand, operandOf, scalarSlot } from '../kernels/operands';
import { applyBinary, applyUnary } from '../kernels/launch';
import { zerosLike } from '../creation/factories';
import { cast } from '../copying/cast';
import { checkFloat, floating } from '../arguments/floating';
import { inPlace as changeInPlace } from '../inplace/inplace';
import { nodeName } from '../declare/gradient';
import { unbroadcast } from '../declare/unbroadcast';

/** What tests must know of a function. */
export interface Domain {
  /** An open interval to take arguments from, or one for each operand; (−2, 2) unless given. */
  readonly domain?: Interval | readonly [Interval, Interval];
  /** Points of it without a derivative. */
  readonly kinks?: readonly number[];
}
type Interval = readonly [number, number];

export interface UnaryRule extends Domain {
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
  /** What int32 and bool do where the kernel takes floats only: they become float32, or are refused; int32 is its own result. */
  readonly integers?: 'unchanged' | 'refused';
  /** What bool does where a kernel takes int32: it is refused, its own result, or computed as int32. */
  readonly bool?: 'unchanged' | 'int32';
}

/** A function of one tensor, element by element. */
export interface Unary {
  (x: Tensor): Tensor;
  readonly declaration: { readonly name: string; readonly rule: UnaryRule };
}

const zeros = (g: Tensor): Tensor => zerosLike(g);

/**
 * Declares a function of one tensor without parameters.
 * @example
 * export const tanh: Unary = unary('tanh', { saves: 'y', grad: (g, y) => g.mul(y.square().rsub(1)) });
 */
export function unary(name: string, rule: UnaryRule): Unary {
  const { saves, integers, bool } = rule;
  const grad = rule.grad === 0 ? zeros : rule.grad;
  const node = rule.node ?? nodeName(name);
  const kernels = family(rule.kernel ?? (name as NamesOf<'Unary'>));
  const fused = rule.fused === undefined ? null : family(rule.fused);
  const gradient = (g: Tensor, saved: Tensor): Tensor =>
    fused === null || isGradEnabled()
      ? grad(g, saved)
      : applyBinary(name, fused, g, saved, empty(saved.sizes, saved.dtype));
  // What the kernel takes for integers and truth values; null where these are their own result. Apart from f, which V8 would be too
  // long to inline.
  function computable(x: Tensor): Tensor | null {
    if (kernels[suffixOf(x.dtype)] !== undefined) return x;
    if (integers === 'refused') checkFloat(name, x);
    if (bool === 'unchanged' || (integers === 'unchanged' && x.dtype === 'int32')) return null;
    if (integers === 'unchanged') refuseBool(name);
    if (bool === 'int32') return cast(x, 'int32');
    // A kernel for int32 and none for bool: the function is not defined on truth values.
    return kernels.i32 === undefined ? floating(x) : x;
  }

  const f = function (argument: Tensor): Tensor {
    if (arguments.length > 1) surplus(name, arguments, 1, 'x');
    checkTensor(name, 'x', argument);
    const x = isFloat(argument.dtype) ? argument : computable(argument);
    if (x === null) return clone(argument);
    const out = applyUnary(name, kernels, x, empty(x.sizes, x.dtype));
    if (!isGradEnabled() || !x.requiresGrad) return out;
    if (saves === undefined) return attachNode(node, [x], out, (g) => [grad(g, g)]);
    const saved = save(name, saves === 'x' ? x : out);
    return attachNode(node, [x], out, (g) => [gradient(g, saved.get())]);
  };
  return Object.assign(f, { declaration: { name, rule } });
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

export interface BinaryRule extends Domain {
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
  readonly check?: (a: Operand, b: Operand, dtype: DType) => void;
}

/** An operation of two operands that broadcast, element by element. */
export interface Binary {
  (a: GivenOperand, b: GivenOperand): Tensor;
  readonly declaration: { readonly name: string; readonly rule: BinaryRule };
}

/**
 * Declares an operation of two operands.
 * @example
 * export const mul: Binary = binary('mul', {
 *   da: { saves: 'b', grad: (g, { b }) => g.mul(b) },
 *   db: { saves: 'a', grad: (g, { a }) => g.mul(a) },
 * });
 */
export function binary(name: string, rule: BinaryRule): Binary {
  const { da, db, bool, check, integers } = rule;
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

  function recordResult(a: Operand, b: Operand, y: Tensor, ofA: boolean, ofB: boolean): Tensor {
    const saved = (readsAny ? savedOf(a, b, y, ofA, ofB) : nothing) as never;
    const first = typeof a === 'number' ? null : a;
    const second = typeof b === 'number' ? null : b;
    const label = nodeOf === undefined ? node : nodeOf(a, b);
    return attachNode(label, [first, second], y, (g, recorded) => [
      recorded.needs(0) ? unbroadcast(gradA(g, saved), first!.sizes) : null,
      recorded.needs(1) ? unbroadcast(gradB(g, saved), second!.sizes) : null,
    ]);
  }

  const f = function (left: GivenOperand, right: GivenOperand): Tensor {
    if (arguments.length > 2) surplus(name, arguments, 2, 'b');
    const a = operandOf(name, 'a', left, right);
    const b = operandOf(name, 'b', right, left);
    let dtype = resultType(a, b);
    if (check !== undefined) check(a, b, dtype);
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
  return Object.assign(f, { declaration: { name, rule } });
}

/** The in-place form of a function of one tensor: `tanh_` of `tanh`. */
export function inPlace(f: Unary): (x: Tensor) => Tensor;
/** The in-place form of an operation of two operands: `mul_` of `mul`. */
export function inPlace(f: Binary): (x: Tensor, other: GivenOperand) => Tensor;
export function inPlace(f: Unary | Binary): (x: Tensor, other: GivenOperand) => Tensor {
  return isBinary(f) ? binaryInPlace(f) : unaryInPlace(f);
}

const isBinary = (f: Unary | Binary): f is Binary => 'da' in f.declaration.rule;

function unaryInPlace(f: Unary): (x: Tensor) => Tensor {
  const { name, rule } = f.declaration;
  const operation = `${name}_`;
  const kernels = family(rule.kernel ?? (name as NamesOf<'Unary'>));
  const direct = (target: Tensor): void => {
    applyUnary(operation, kernels, target, target);
  };
  return function (x) {
    if (arguments.length > 1) surplus(operation, arguments, 1, 'x');
    checkTensor(operation, 'x', x);
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
    sameShape(other.sizes, x.sizes) &&
    sameShape(other.elementStrides, x.elementStrides));

/**
 * x = f(x, other) in place.
 * @param direct writes f(x, other) into x, where that needs no memory in between
 * @param readsX whether x's own gradient reads x, and not only that of `other`
 */
export function computeInPlace(
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

function binaryInPlace(f: Binary): (x: Tensor, other: GivenOperand) => Tensor {
  const { name, rule } = f.declaration;
  const { check } = rule;
  const operation = `${name}_`;
  const kernels = family(rule.kernel ?? (name as NamesOf<'Binary'>));
  const readsX = rule.da.saves?.includes('a') === true;
  const fits = (x: Tensor, other: Operand): boolean =>
    kernels[suffixOf(x.dtype)] !== undefined &&
    resultType(x, other) === x.dtype &&
    (typeof other === 'number' ||
      sameShape(broadcastShapes(operation, x.sizes, other.sizes), x.sizes));
  return function (x, given) {
    if (arguments.length > 2) surplus(operation, arguments, 2, 'other');
    checkTensor(operation, 'x', x);
    const other = operandOf(operation, 'other', given, x);
    const write = (target: Tensor): void => {
      if (check !== undefined) check(target, other, target.dtype);
      const y =
        typeof other === 'number'
          ? scalarSlot(operation, 1, other, target.dtype)
          : operand(operation, other, target.dtype);
      applyBinary(operation, kernels, target, inStep(target, y) ? y : clone(y), target);
    };
    return computeInPlace(operation, x, other, f, fits(x, other) ? write : undefined, readsX);
  };
}
