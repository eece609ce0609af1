/**
 * Parametrized tensors: in the place of the field is a pair of a getter, which computes the tensor, and a setter, which goes
 * through `rightInverse`. Neither is enumerable: what the module has is found in its field `parametrizations`. Both are functions of
 * `this`, so that a deep copy of the module computes with its own parts.
 */
import { boolean, describe, isInstance, optionsTable, string, surplus } from '../../../check';
import { noGrad } from '../../../autograd/mode';
import { deepcopy, type Copier } from '../../../tensor/deepcopy';
import { isTensor } from '../../../tensor/rules';
import type { Tensor } from '../../../tensor/tensor';
import { ModuleDict } from '../../containers';
import { anyModule } from '../../any-module';
import type { Module } from '../../module';
import { Parameter } from '../../parameter';
import { throughCache } from './cached';
import {
  checkLike,
  parametrizationOptions,
  ParametrizationList,
  put,
  type Parametrization,
  type ParametrizationOptions,
} from './list';

type Fields = Record<string, unknown>;

/** The lists of a module by the name of the tensor; undefined where it has none. */
function listsOf(module: Module): ModuleDict<ParametrizationList> | undefined {
  const { parametrizations } = module as unknown as Fields;
  return isInstance(parametrizations, ModuleDict)
    ? (parametrizations as unknown as ModuleDict<ParametrizationList>)
    : undefined;
}

function listOf(operation: string, module: Module, name: string): ParametrizationList {
  const lists = listsOf(module);
  const list: unknown = lists?.has(name) === true ? lists.get(name) : undefined;
  if (isInstance(list, ParametrizationList)) return list;
  throw new RangeError(
    `${operation}: ${module.constructor.name} has no parametrization of ${describe(name)}`,
  );
}

type ModuleClass = new (...given: never[]) => Module;
/** The class that modules of a class have while they are parametrized, by the prototype. */
const parametrizedClasses = new WeakMap<object, object>();
const plainClasses = new WeakMap<object, object>();

function parametrizedPrototype(prototype: object): object {
  const known = parametrizedClasses.get(prototype);
  if (known !== undefined) return known;
  const Plain = prototype.constructor as ModuleClass;
  const title = `Parametrized${Plain.name}`;
  const made = { [title]: class extends Plain {} }[title].prototype as object;
  if (Object.hasOwn(prototype, deepcopy.custom)) {
    // The class makes one of its own.
    const own = (prototype as Module)[deepcopy.custom];
    Object.defineProperty(made, deepcopy.custom, {
      value(this: Module, copy: Copier): Module {
        const copied = own.call(this, copy);
        if (Object.getPrototypeOf(copied) === prototype) Object.setPrototypeOf(copied, made);
        return copied;
      },
    });
  }
  parametrizedClasses.set(prototype, made);
  plainClasses.set(made, prototype);
  return made;
}

function inject(module: Module, name: string): void {
  Object.defineProperty(module, name, {
    get(this: Module): Tensor {
      return throughCache(this, name, () => listOf(name, this, name).forward());
    },
    set(this: Module, value: Tensor) {
      listOf(name, this, name).rightInverse(value);
    },
    enumerable: false,
    configurable: true,
  });
}

/** The parameter or buffer of a name; undefined for none. */
function tensorOf(module: Module, name: string): Tensor | undefined {
  for (const [own, tensor] of [...module.ownParameters(), ...module.ownBuffers()]) {
    if (own === name) return tensor;
  }
  return undefined;
}

/**
 * Whether a module has parametrized tensors, or one of the name (torch.nn.utils.parametrize.is_parametrized).
 * @throws TypeError for what is no module, and a name that is no string.
 * @example nn.utils.parametrize.isParametrized(new nn.Linear(2, 3)) // false
 */
export function isParametrized(module: Module, tensorName?: string): boolean {
  if (arguments.length > 2) surplus('isParametrized', arguments, 2, 'tensorName');
  anyModule.check('isParametrized', 'module', module);
  const lists = listsOf(module);
  if (tensorName === undefined) return lists !== undefined && lists.size > 0;
  string.check('isParametrized', 'tensorName', tensorName);
  return lists?.has(tensorName) === true;
}

/** What another module in a list would make of the tensor is looked at before it is added. */
function checkNext(operation: string, module: Module, name: string, next: Parametrization): void {
  const before = (module as unknown as Record<string, Tensor>)[name];
  const made: unknown = next.forward(before);
  checkLike(operation, 'what the parametrization gives', made, before);
  if (typeof next.rightInverse !== 'function') return;
  checkLike(operation, 'what rightInverse gives', next.rightInverse(made as Tensor), before);
}

/**
 * Makes a parameter or buffer the result of a module (torch.nn.utils.parametrize.register_parametrization) and returns `module`:
 * `module[tensorName]` is `parametrization.forward(original)` at each use, and what is learned, saved and loaded is
 * `parametrizations.{tensorName}.original` (`original0`, `original1`, … where `rightInverse` gives several). A second parametrization takes
 * what the first gives. Where a parametrization has `rightInverse`, the tensor keeps its value, and can be assigned.
 *
 * Optimizers are made after it: the parameters are others where there are several. `cached` computes each tensor once.
 * @param parametrization a module with `forward`, and perhaps `rightInverse`
 * @throws TypeError, RangeError when there is no parameter or buffer of the name; unless the result has its type and shape (not with
 * `unsafe`).
 * @example
 * class Symmetric extends nn.Module {
 *   forward(x: Tensor) { return x.triu().add(x.triu(1).t()); }
 * }
 * const layer = nn.utils.parametrize.registerParametrization(new nn.Linear(3, 3), 'weight', new Symmetric());
 * [...layer.stateDict().keys()]; // ['bias', 'parametrizations.weight.original']
 */
export function registerParametrization<M extends Module>(
  module: M,
  tensorName: string,
  parametrization: Parametrization,
  options?: ParametrizationOptions,
): M {
  const operation = 'registerParametrization';
  if (arguments.length > 4) surplus(operation, arguments, 4, 'options');
  const { unsafe } = parametrizationOptions.read(options);
  anyModule.check(operation, 'module', module);
  string.check(operation, 'tensorName', tensorName);
  anyModule.check(operation, 'parametrization', parametrization);
  parametrization.train(module.training);
  if (isParametrized(module, tensorName)) {
    if (!unsafe) checkNext(operation, module, tensorName, parametrization);
    const list = listOf(operation, module, tensorName);
    list.append(parametrization);
    list.unsafe ||= unsafe;
    return module;
  }
  const original = tensorOf(module, tensorName);
  if (original === undefined) {
    throw new RangeError(
      `${operation}: ${module.constructor.name} has no parameter or buffer ${describe(tensorName)}`,
    );
  }
  const list = new ParametrizationList([parametrization], original, { unsafe });
  module.forget(tensorName);
  if (!isParametrized(module)) {
    Object.setPrototypeOf(module, parametrizedPrototype(Object.getPrototypeOf(module) as object));
    module.addModule('parametrizations', new ModuleDict());
  }
  inject(module, tensorName);
  listsOf(module)!.set(tensorName, list);
  return module;
}

/** Options of `removeParametrizations`. */
export interface RemoveParametrizationsOptions {
  /** Whether the tensor keeps the value that is computed, instead of becoming what that was computed of. Default: true. */
  leaveParametrized?: boolean;
}

const removeOptions = optionsTable<RemoveParametrizationsOptions>('removeParametrizations', {
  leaveParametrized: boolean.or(true),
});

/**
 * Makes a parametrized tensor a parameter or buffer again (torch.nn.utils.parametrize.remove_parametrizations) and returns `module`.
 * @throws TypeError, RangeError when the tensor is not parametrized, and without `leaveParametrized` when it is computed of several.
 * @example
 * const layer = nn.utils.parametrizations.weightNorm(new nn.Linear(3, 2));
 * nn.utils.parametrize.removeParametrizations(layer, 'weight');
 * [...layer.stateDict().keys()]; // ['bias', 'weight']
 */
export function removeParametrizations<M extends Module>(
  module: M,
  tensorName: string,
  options?: RemoveParametrizationsOptions,
): M {
  const operation = 'removeParametrizations';
  if (arguments.length > 3) surplus(operation, arguments, 3, 'options');
  const { leaveParametrized } = removeOptions.read(options);
  anyModule.check(operation, 'module', module);
  string.check(operation, 'tensorName', tensorName);
  const list = listOf(operation, module, tensorName);
  const { original } = list as unknown as Fields;
  let tensor: Tensor;
  if (isTensor(original)) {
    tensor = original;
    if (leaveParametrized)
      put(
        tensor,
        noGrad(() => list.forward()),
      );
  } else if (leaveParametrized) {
    const computed = list.forward();
    tensor = computed.requiresGrad ? new Parameter(computed) : computed;
  } else {
    throw new RangeError(
      `${operation}: ${describe(tensorName)} is computed of several tensors, so that only leaveParametrized keeps one`,
    );
  }
  const lists = listsOf(module)!;
  module.forget(tensorName);
  lists.delete(tensorName);
  if (lists.size === 0) {
    module.forget('parametrizations');
    const plain = plainClasses.get(Object.getPrototypeOf(module) as object);
    if (plain !== undefined) Object.setPrototypeOf(module, plain);
  }
  if (isInstance(tensor, Parameter)) module.registerParameter(tensorName, tensor);
  else module.registerBuffer(tensorName, tensor);
  return module;
}
