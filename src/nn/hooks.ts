/**
 * Forward hooks. A module without hooks has no overhead: the first hook puts a wrapped `forward` on the
 * instance, the removal of the last restores it.
 */
import { describe, functionOf, isArray } from '../check';

/** A hook of modules M after forward: what it returns replaces the output, unless it is undefined. */
export type HookAfter<M> = (module: M, inputs: readonly unknown[], output: unknown) => unknown;

/** A hook of modules M before forward: an array that it returns replaces the inputs. */
export type HookBefore<M> = (module: M, inputs: readonly unknown[]) => unknown;

/** Removes the hook. */
export type RemoveHook = () => void;

interface Hooks {
  readonly before: HookBefore<object>[];
  readonly after: HookAfter<object>[];
  /** Restores the unwrapped forward. */
  readonly unwrap: () => void;
}

type Forward = (this: object, ...inputs: unknown[]) => unknown;

const hooksOf = new WeakMap<object, Hooks>();

function wrap(module: object): Hooks {
  // A forward that is itself a field (an arrow function) is put back in the end.
  const field = Object.getOwnPropertyDescriptor(module, 'forward');
  const forward = (module as unknown as { forward: Forward }).forward;
  const hooks: Hooks = {
    before: [],
    after: [],
    unwrap: () => {
      delete (module as { forward?: unknown }).forward;
      if (field !== undefined) Object.defineProperty(module, 'forward', field);
      hooksOf.delete(module);
    },
  };
  Object.defineProperty(module, 'forward', {
    value: (...inputs: unknown[]): unknown => {
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
    },
    enumerable: false,
    configurable: true,
    writable: true,
  });
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
  let there = true;
  return () => {
    if (!there) return;
    there = false;
    list.splice(list.indexOf(hook), 1);
    if (hooks.before.length === 0 && hooks.after.length === 0) hooks.unwrap();
  };
}

// A module's hooks are called with that module only.
export const addForwardHook = <M extends object>(module: M, hook: HookAfter<M>): RemoveHook =>
  add('registerForwardHook', module, (hooks) => hooks.after, hook as HookAfter<object>);

export const addForwardPreHook = <M extends object>(module: M, hook: HookBefore<M>): RemoveHook =>
  add('registerForwardPreHook', module, (hooks) => hooks.before, hook as HookBefore<object>);
