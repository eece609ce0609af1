/** ParametrizationList: the modules that compute a tensor, one after the other, and the tensors that it is computed of. */
import { boolean, describe, isArray, isInstance, optionsTable, surplus } from '../../../check';
import { noGrad } from '../../../autograd/mode';
import { deepcopy, emptyOf } from '../../../tensor/deepcopy';
import { anyTensor, isTensor } from '../../../tensor/rules';
import { sameShape, showShape } from '../../../tensor/shape';
import { sizesOf, replaceData, type Tensor } from '../../../tensor/tensor';
import { ModuleList } from '../../containers';
import type { Module } from '../../module';
import { Parameter } from '../../parameter';

/** A module that computes a tensor of another, or the first in a list of several others. */
export interface Parametrization extends Module {
  /** The tensor, of what it is computed of. */
  forward(...originals: Tensor[]): Tensor;
  /** What `forward` would have to be given for this result: by it a tensor can be assigned. */
  rightInverse?(value: Tensor): Tensor | readonly Tensor[];
}

/** Options of `registerParametrization` and `ParametrizationList`. */
export interface ParametrizationOptions {
  /** Whether shape and element type may change, which is not looked at then. Default: false. */
  unsafe?: boolean;
}

export const parametrizationOptions = optionsTable<ParametrizationOptions>(
  'registerParametrization',
  { unsafe: boolean.or(false) },
);

/** @throws TypeError, RangeError unless `made` is a tensor of the type and shape of the one that it takes the place of. */
export function checkLike(operation: string, what: string, made: unknown, like: Tensor): void {
  if (!isTensor(made)) {
    throw new TypeError(`${operation}: ${what} must be a Tensor, got ${describe(made)}`);
  }
  const instead = `; pass { unsafe: true } if that is meant`;
  if (made.dtype !== like.dtype) {
    throw new TypeError(`${operation}: ${what} must be ${like.dtype}, got ${made.dtype}${instead}`);
  }
  if (!sameShape(sizesOf(made), sizesOf(like))) {
    throw new RangeError(
      `${operation}: ${what} must have shape ${showShape(sizesOf(like))}, got ${showShape(sizesOf(made))}${instead}`,
    );
  }
}

/** Makes `target` have the elements of `value`, in its memory (torch.Tensor.set_). */
export function put(target: Tensor, value: Tensor): void {
  if (target !== value) replaceData(target, value);
}

/** Makes a tensor the field of a list. */
function register(list: Module, field: string, tensor: Tensor): void {
  if (isInstance(tensor, Parameter)) list.registerParameter(field, tensor);
  else list.registerBuffer(field, tensor);
}

/** Through the inverses from the last to the first; one without is passed over, or refused. */
function inverseOf(
  operation: string,
  modules: readonly Parametrization[],
  value: Tensor,
  passes: boolean,
): Tensor | readonly Tensor[] {
  let current: Tensor | readonly Tensor[] = value;
  for (const module of [...modules].reverse()) {
    if (typeof module.rightInverse !== 'function') {
      if (passes) continue;
      throw new TypeError(
        `${operation}: ${module.constructor.name} has no rightInverse, so that the tensor cannot be assigned`,
      );
    }
    if (!isTensor(current)) {
      throw new TypeError(
        `${operation}: rightInverse of the first module alone gives several tensors`,
      );
    }
    const given: unknown = module.rightInverse(current);
    if (!isTensor(given) && !(isArray(given) && given.every(isTensor))) {
      throw new TypeError(
        `${operation}: rightInverse must give a Tensor or an array of them, got ${describe(given)}`,
      );
    }
    current = given;
  }
  return current;
}

/** What the first module takes. */
function originalsOf(operation: string, list: Module): Tensor[] {
  const fields = list as unknown as Readonly<Record<string, unknown>>;
  const names = Object.keys(list).filter((field) => /^original\d*$/.test(field));
  return names.map((field) => anyTensor.check(operation, field, fields[field]));
}

const name = 'ParametrizationList';

/**
 * The modules by which a tensor is computed (torch.nn.utils.parametrize.ParametrizationList); `registerParametrization` makes it. It has
 * the field `original`, what the first module takes, or `original0`, `original1`, … where that takes several tensors: parameters where the
 * tensor was one, else buffers.
 * @throws TypeError, RangeError unless there is a module, and inverses and modules give tensors of the right type and shape.
 * @example
 * class Positive extends nn.Module {
 *   forward(x: Tensor) { return x.exp(); }
 *   rightInverse(y: Tensor) { return y.log(); }
 * }
 * const list = new nn.utils.parametrize.ParametrizationList([new Positive()], new nn.Parameter(ones([2])));
 * list.forward(); // [1, 1]
 */
export class ParametrizationList extends ModuleList<Parametrization> {
  /** Whether shape and element type may be others than those of the tensor before. */
  unsafe: boolean;

  /**
   * @param modules the first takes the originals, each other one what the one before gives
   * @param original the tensor as it is before
   */
  constructor(
    modules: Iterable<Parametrization>,
    original: Tensor,
    options?: ParametrizationOptions,
  ) {
    if (arguments.length > 3) surplus(name, arguments, 3, 'options');
    super(modules);
    const { unsafe } = parametrizationOptions.read(options, name);
    anyTensor.check(name, 'original', original);
    if (this.length === 0) throw new RangeError(`${name}: there must be at least one module`);
    this.unsafe = unsafe;
    const before = original.detach();
    const value = noGrad(() => inverseOf(name, [...this], original, true));
    if (isTensor(value)) {
      if (value.dtype !== original.dtype) {
        throw new TypeError(
          `${name}: rightInverse must give ${original.dtype}, as the tensor is, got ${value.dtype}`,
        );
      }
      put(original, value);
      register(this, 'original', original);
    } else {
      value.forEach((part, i) => {
        const made = isInstance(original, Parameter)
          ? new Parameter(part, { requiresGrad: original.requiresGrad })
          : part;
        register(this, `original${i}`, made);
      });
    }
    if (unsafe) return;
    try {
      checkLike(name, 'the result', this.forward(), before);
    } catch (error) {
      if (isTensor(value)) put(original, before);
      throw error;
    }
  }

  /** @internal */
  override [deepcopy.custom](): Module {
    return emptyOf(ModuleList<Parametrization>, this);
  }

  /** Whether the tensor is computed of one. */
  get isTensor(): boolean {
    return Object.hasOwn(this, 'original');
  }

  /** Of how many tensors the tensor is computed. */
  get ntensors(): number {
    return originalsOf('ParametrizationList.ntensors', this).length;
  }

  /**
   * Makes the originals those of which the modules compute `value`.
   * @throws TypeError where a module has no `rightInverse`; RangeError, TypeError unless it gives as many tensors of the same types.
   */
  rightInverse(value: Tensor): void {
    const operation = 'ParametrizationList.rightInverse';
    if (arguments.length > 1) surplus(operation, arguments, 1, 'value');
    anyTensor.check(operation, 'value', value);
    const given = noGrad(() => inverseOf(operation, [...this], value.detach(), false));
    const parts = isTensor(given) ? [given] : given;
    const originals = originalsOf(operation, this);
    if (parts.length !== originals.length) {
      throw new RangeError(
        `${operation}: rightInverse must give ${originals.length} tensors, got ${parts.length}`,
      );
    }
    const wrong = parts.findIndex(({ dtype }, i) => dtype !== originals[i].dtype);
    if (wrong >= 0) {
      throw new TypeError(
        `${operation}: rightInverse must give ${originals[wrong].dtype}, as the original is, got ${parts[wrong].dtype}`,
      );
    }
    parts.forEach((part, i) => put(originals[i], part));
  }

  /**
   * The tensor.
   * @throws TypeError for a module that gives none.
   */
  override forward(): Tensor {
    const operation = 'ParametrizationList.forward';
    if (arguments.length > 0) surplus(operation, arguments, 0);
    let current: Tensor[] = originalsOf(operation, this);
    for (const module of this) {
      const made: unknown = Reflect.apply((module as Module).forward, module, current);
      current = [anyTensor.check(operation, `what ${module.constructor.name} gives`, made)];
    }
    return current[0];
  }
}
