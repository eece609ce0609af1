/**
 * Forward and backward hooks. A module without hooks has no overhead: the first hook puts a wrapped `forward` on the
 * instance, the removal of the last restores it.
 */
import { describe, functionOf, isArray } from '../check';
import { handleOf, type RemoveHook } from '../autograd/hooks';
import { copyUnlessOwn, type Copying } from '../tensor/deepcopy';
import { HookedCall, type HookAfterBackward, type HookBeforeBackward } from './backward-hooks';

/** A hook of modules M after forward: what it returns replaces the output, unless it is undefined. */
export type HookAfter<M> = (module: M, inputs: readonly unknown[], output: unknown) => unknown;

/** A hook of modules M before forward: an array that it returns replaces the inputs. */
export type HookBefore<M> = (module: M, inputs: readonly unknown[]) => unknown;

interface Hooks {
  readonly before: HookBefore<object>[];
  readonly after: HookAfter<object>[];
  readonly beforeBackward: HookBeforeBackward<object>[];
  readonly afterBackward: HookAfterBackward<object>[];
  /** A forward that is itself a field (a function), which the last removal puts back. */
  readonly field: PropertyDescriptor | undefined;
  /** Wraps forward anew, so that whoever has compared it (a compiled step) notices that the hooks are others. */
  readonly renew: () => void;
  /** Restores the unwrapped forward. */
  readonly unwrap: () => void;
}

type Forward = (this: object, ...inputs: unknown[]) => unknown;

const hooksOf = new WeakMap<object, Hooks>();

function wrap(module: object): Hooks {
  const field = Object.getOwnPropertyDescriptor(module, 'forward');
  const forward = (module as unknown as { forward: Forward }).forward;
  const hooks: Hooks = {
    before: [],
    after: [],
    beforeBackward: [],
    afterBackward: [],
    field,
    renew: () => {
      // Another forward may have been assigned since.
      if (Object.getOwnPropertyDescriptor(module, 'forward')?.value !== wrapped) return;
      define();
    },
    unwrap: () => {
      delete (module as { forward?: unknown }).forward;
      if (field !== undefined) Object.defineProperty(module, 'forward', field);
      hooksOf.delete(module);
    },
  };
  const run = (inputs: unknown[]): unknown => {
    let current = inputs;
    for (const hook of [...hooks.before]) {
      const changed = hook(module, current);
      if (isArray(changed)) current = [...changed];
      else if (changed !== undefined) {
        throw new TypeError(
          `registerForwardPreHook: a hook returns an array of inputs or nothing, got ${describe(changed)}`,
        );
      }
    }
    const { beforeBackward, afterBackward } = hooks;
    const call =
      beforeBackward.length + afterBackward.length === 0
        ? null
        : new HookedCall(module, [...beforeBackward], [...afterBackward]);
    let output = forward.apply(module, call === null ? current : call.inputs(current));
    for (const hook of [...hooks.after]) {
      const changed = hook(module, current, output);
      if (changed !== undefined) output = changed;
    }
    return call === null ? output : call.output(output);
  };
  let wrapped: unknown;
  const define = (): void => {
    wrapped = (...inputs: unknown[]): unknown => run(inputs);
    Object.defineProperty(module, 'forward', {
      value: wrapped,
      enumerable: false,
      configurable: true,
      writable: true,
    });
  };
  define();
  hooksOf.set(module, hooks);
  return hooks;
}

const listsOf = ({ before, after, beforeBackward, afterBackward }: Hooks): readonly unknown[][] => [
  before,
  after,
  beforeBackward,
  afterBackward,
];

const anyHook = functionOf();

function add<H>(
  operation: string,
  module: object,
  pick: (hooks: Hooks) => H[],
  hook: H,
): RemoveHook {
  anyHook.check(operation, 'hook', hook);
  const hooks = hooksOf.get(module) ?? wrap(module);
  const list = pick(hooks);
  list.push(hook);
  hooks.renew();
  let there = true;
  return handleOf(() => {
    if (!there) return;
    there = false;
    list.splice(list.indexOf(hook), 1);
    if (listsOf(hooks).every((each) => each.length === 0)) hooks.unwrap();
    else hooks.renew();
  });
}

// Of the lists, where a copy fails.
const names = ['forwardPreHook', 'forwardHook', 'fullBackwardPreHook', 'fullBackwardHook'] as const;

/**
 * Puts the hooks of `from` on its copy `to`, in place of those that `to` has.
 * @param copyFields copies all fields of `from` but one
 */
export function copyHooks(
  from: object,
  to: object,
  copy: Copying,
  copyFields: (except: string | null) => void,
): void {
  const made = hooksOf.get(to);
  made?.unwrap();
  const forward: unknown = Object.getOwnPropertyDescriptor(to, 'forward')?.value;
  const hooks = hooksOf.get(from);
  copyFields(hooks === undefined ? null : 'forward');
  if (hooks === undefined) return;
  const { field } = hooks;
  if (field !== undefined) {
    Object.defineProperty(to, 'forward', {
      ...field,
      value: copyUnlessOwn(field.value, forward, copy, 'forward'),
    });
  }
  const lists = [listsOf(wrap(to)), made === undefined ? null : listsOf(made)] as const;
  listsOf(hooks).forEach((list, kind) =>
    list.forEach((hook, i) =>
      lists[0][kind].push(copyUnlessOwn(hook, lists[1]?.[kind][i], copy, names[kind])),
    ),
  );
}

/** Whether a module has a hook of any kind. */
export const isHooked = (module: object): boolean => hooksOf.has(module);

// A module's hooks are called with that module only.
export const addForwardHook = <M extends object>(module: M, hook: HookAfter<M>): RemoveHook =>
  add('registerForwardHook', module, (hooks) => hooks.after, hook as HookAfter<object>);

export const addForwardPreHook = <M extends object>(module: M, hook: HookBefore<M>): RemoveHook =>
  add('registerForwardPreHook', module, (hooks) => hooks.before, hook as HookBefore<object>);

export const addBackwardHook = <M extends object>(
  module: M,
  hook: HookAfterBackward<M>,
): RemoveHook =>
  add(
    'registerFullBackwardHook',
    module,
    (hooks) => hooks.afterBackward,
    hook as HookAfterBackward<object>,
  );

export const addBackwardPreHook = <M extends object>(
  module: M,
  hook: HookBeforeBackward<M>,
): RemoveHook =>
  add(
    'registerFullBackwardPreHook',
    module,
    (hooks) => hooks.beforeBackward,
    hook as HookBeforeBackward<object>,
  );
