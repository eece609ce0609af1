/**
 * Forward hooks. A module without hooks pays nothing: the first hook puts a wrapped `forward` on the
 * instance, the removal of the last takes it away again.
 */
import { describe, functionOf, isArray } from '../check';
import type { Module } from './module';

/** After forward: what it returns replaces the output, unless it is undefined. */
export type ForwardHook = (module: Module, inputs: readonly unknown[], output: unknown) => unknown;

/** Before forward: an array that it returns replaces the inputs. */
export type ForwardPreHook = (module: Module, inputs: readonly unknown[]) => unknown;

/** Takes the hook away again. */
export type RemoveHook = () => void;

interface Hooks {
  readonly before: ForwardPreHook[];
  readonly after: ForwardHook[];
  /** Takes the wrapped forward away. */
  readonly unwrap: () => void;
}

type Forward = (this: Module, ...inputs: unknown[]) => unknown;

const hooksOf = new WeakMap<Module, Hooks>();

function wrap(module: Module): Hooks {
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
  module: Module,
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

export const addForwardHook = (module: Module, hook: ForwardHook): RemoveHook =>
  add('registerForwardHook', module, (hooks) => hooks.after, hook);

export const addForwardPreHook = (module: Module, hook: ForwardPreHook): RemoveHook =>
  add('registerForwardPreHook', module, (hooks) => hooks.before, hook);
