/**
 * Forward hooks. A module without hooks has no overhead: the first hook puts a wrapped `forward` on the
 * instance, the removal of the last restores it.
 */
import { describe, functionOf, isArray } from '../check';
import { handleOf, type RemoveHook } from '../autograd/hooks';
import { copyUnlessOwn, type Copying } from '../tensor/deepcopy';

/** A hook of modules M after forward: what it returns replaces the output, unless it is undefined. */
export type HookAfter<M> = (module: M, inputs: readonly unknown[], output: unknown) => unknown;

/** A hook of modules M before forward: an array that it returns replaces the inputs. */
export type HookBefore<M> = (module: M, inputs: readonly unknown[]) => unknown;

interface Hooks {
  readonly before: HookBefore<object>[];
  readonly after: HookAfter<object>[];
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
    let output = forward.apply(module, current);
    for (const hook of [...hooks.after]) {
      const changed = hook(module, current, output);
      if (changed !== undefined) output = changed;
    }
    return output;
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
    if (hooks.before.length === 0 && hooks.after.length === 0) hooks.unwrap();
    else hooks.renew();
  });
}

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
  const { before, after, field } = hooks;
  if (field !== undefined) {
    Object.defineProperty(to, 'forward', {
      ...field,
      value: copyUnlessOwn(field.value, forward, copy, 'forward'),
    });
  }
  const own = wrap(to);
  before.forEach((hook, i) =>
    own.before.push(copyUnlessOwn(hook, made?.before[i], copy, 'forwardPreHook') as typeof hook),
  );
  after.forEach((hook, i) =>
    own.after.push(copyUnlessOwn(hook, made?.after[i], copy, 'forwardHook') as typeof hook),
  );
}

// A module's hooks are called with that module only.
export const addForwardHook = <M extends object>(module: M, hook: HookAfter<M>): RemoveHook =>
  add('registerForwardHook', module, (hooks) => hooks.after, hook as HookAfter<object>);

export const addForwardPreHook = <M extends object>(module: M, hook: HookBefore<M>): RemoveHook =>
  add('registerForwardPreHook', module, (hooks) => hooks.before, hook as HookBefore<object>);
