/**
 * State dicts: a module's parameters and persistent buffers by name. Loading compares everything before it
 * changes anything.
 */
import { boolean, describe, isInstance, optionsTable } from '../check';
import { noGrad } from '../autograd/mode';
import { cast } from '../ops/copying/cast';
import { detach } from '../ops/copying/clone';
import { copyInto, copyOf } from '../ops/kernels/copy';
import { isFloat } from '../tensor/dtype';
import { sameShape, showShape } from '../tensor/shape';
import { isTensor } from '../tensor/rules';
import { StateDict } from '../tensor/state-dict';
import { sizesOf, bumpVersion, replaceData, type Tensor } from '../tensor/tensor';

/** Options of `Module.loadStateDict`. */
export interface LoadOptions {
  /** Whether missing and unexpected keys are errors. Default: true. */
  strict?: boolean;
  /**
   * Whether parameters and buffers take over the tensors' memory and element type instead of copying the values (they stay the same
   * objects): what several modules or threads are to share. Default: false.
   */
  assign?: boolean;
}

const loadOptions = optionsTable<LoadOptions>('loadStateDict', {
  strict: boolean.or(true),
  assign: boolean.or(false),
});

/** What `Module.loadStateDict` did not use. */
export interface LoadResult {
  /** Keys of the module that the state dict lacks. */
  missingKeys: string[];
  /** Keys of the state dict that the module lacks. */
  unexpectedKeys: string[];
}

/** What a state dict is made of: a tree of modules, each with its own parameters and buffers. */
export interface StateTree {
  ownParameters(): readonly (readonly [name: string, value: Tensor])[];
  ownBuffers(): readonly (readonly [name: string, value: Tensor, persistent: boolean])[];
  namedModules(options: { removeDuplicate: boolean }): readonly [path: string, part: StateTree][];
  /** Makes parameters whose sizes the values by these names say. */
  beforeLoad?(valueOf: (name: string) => unknown): void;
  /** [name in older state dicts, name] of tensors, for the part at this path; all of them or none are in a state dict. */
  formerNames?(path: string): readonly (readonly [former: string, name: string])[];
}

// Every tensor of the state, under every name that leads to it.
function entries(module: StateTree, prefix: string): [string, Tensor][] {
  const found: [string, Tensor][] = [];
  for (const [path, part] of module.namedModules({ removeDuplicate: false })) {
    const before = path === '' ? prefix : `${prefix}${path}.`;
    for (const [name, parameter] of part.ownParameters()) found.push([before + name, parameter]);
    for (const [name, buffer, persistent] of part.ownBuffers()) {
      if (persistent) found.push([before + name, buffer]);
    }
  }
  return found;
}

/** As PyTorch's state_dict, `prefix` (with its dot) before every key. */
export function stateDict(module: StateTree, prefix: string): Map<string, Tensor> {
  return new StateDict(entries(module, prefix).map(([name, value]) => [name, detach(value)]));
}

// Floats convert to floats; an integer or boolean buffer takes its own type only.
const fits = (value: Tensor, target: Tensor): boolean =>
  value.dtype === target.dtype || (isFloat(value.dtype) && isFloat(target.dtype));

function checkMap(state: unknown): asserts state is ReadonlyMap<string, unknown> {
  if (!isInstance(state, Map)) {
    throw new TypeError(
      `loadStateDict: the state dict must be a Map from names to tensors, got ${describe(state)}; new Map(Object.entries(…)) makes one of an object`,
    );
  }
}

/** The state dict with the names of today. */
function renamed(
  module: StateTree,
  state: ReadonlyMap<string, Tensor>,
): ReadonlyMap<string, Tensor> {
  let made: Map<string, Tensor> | undefined;
  for (const [path, part] of module.namedModules({ removeDuplicate: false })) {
    const pairs = part.formerNames?.(path) ?? [];
    if (pairs.length === 0 || !pairs.every(([former]) => state.has(former))) continue;
    made ??= new Map(state);
    for (const [former, name] of pairs) {
      made.set(name, state.get(former)!);
      made.delete(former);
    }
  }
  return made ?? state;
}

/** @throws Error that lists every key that does not fit; nothing is changed then. */
export function loadStateDict(
  module: StateTree,
  given: ReadonlyMap<string, Tensor>,
  options: LoadOptions | undefined,
): LoadResult {
  const { strict, assign } = loadOptions.read(options);
  checkMap(given);
  const state = renamed(module, given);
  for (const [path, part] of module.namedModules({ removeDuplicate: false })) {
    part.beforeLoad?.((name) => state.get(path === '' ? name : `${path}.${name}`));
  }
  const targets = new Map(entries(module, ''));
  const missingKeys = [...targets.keys()].filter((name) => !state.has(name));
  const unexpectedKeys = [...state.keys()].filter((name) => !targets.has(name));
  const problems: string[] = [];
  if (strict) {
    for (const name of missingKeys) problems.push(`missing: ${name}`);
    for (const name of unexpectedKeys) problems.push(`unexpected: ${name}`);
  }
  let wrongKind = false;
  for (const [name, target] of targets) {
    if (!state.has(name)) continue;
    const value: unknown = state.get(name);
    if (!isTensor(value)) {
      problems.push(`not a tensor: ${name} is ${describe(value)}`);
      wrongKind = true;
    } else if (!fits(value, target)) {
      problems.push(`dtype of ${name}: ${value.dtype}, but the module's is ${target.dtype}`);
      wrongKind = true;
    } else if (!sameShape(sizesOf(value), sizesOf(target))) {
      problems.push(
        `shape of ${name}: ${showShape(sizesOf(value))}, but the module's is ${showShape(sizesOf(target))}`,
      );
    }
  }
  if (problems.length > 0) {
    const message = `loadStateDict: the state dict does not fit ${module.constructor.name}; nothing was loaded:\n  ${problems.join('\n  ')}`;
    throw wrongKind ? new TypeError(message) : new RangeError(message);
  }
  noGrad(() => {
    const loaded = [...targets].filter(([name]) => state.has(name));
    if (assign) {
      for (const [name, target] of loaded) {
        const value = state.get(name)!;
        if (target.storage !== value.storage) replaceData(target, value);
        if (target.grad !== null) target.grad = cast(target.grad, target.dtype);
      }
      return;
    }
    // Everything is read that shares memory with the module before anything is written.
    const written = new Set(loaded.map(([, target]) => target.storage));
    const read = loaded.map(([name, target]): [Tensor, Tensor] => {
      const value = state.get(name)!;
      return [target, written.has(value.storage) ? copyOf(value) : value];
    });
    for (const [target, value] of read) {
      copyInto(cast(value, target.dtype), target);
      bumpVersion(target);
    }
  });
  return { missingKeys, unexpectedKeys };
}
