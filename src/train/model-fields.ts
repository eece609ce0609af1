/**
 * What the fields of a model and of every module below it hold, so that a change is noticed before a program is used that was traced
 * before it: a mode, a probability, a parameter or a module that was replaced, a forward of its own (hooks).
 */
import { Module, type Parameter } from '../nn';

/** What a field holds, and what that holds where it is an array. */
interface Held {
  readonly value: unknown;
  readonly items: readonly unknown[] | null;
}

interface Seen {
  readonly module: Module;
  /** Values of its fields, in order; those in arrays one by one. */
  readonly values: readonly unknown[];
  /** The fields themselves. */
  readonly fields: ReadonlyMap<string, Held>;
  /** What a container holds, which are no fields. */
  readonly members: readonly unknown[] | null;
  readonly forward: unknown;
}

const membersOf = (module: Module): unknown[] | null => {
  if (module.eachMember === Module.prototype.eachMember) return null;
  const members: unknown[] = [];
  module.eachMember((_, value) => members.push(value));
  return members;
};

const sameList = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((value, i) => Object.is(value, b[i]));

const fieldsOf = (module: Module): Map<string, Held> =>
  new Map(
    Object.entries(module).map(([name, value]: [string, unknown]) => [
      name,
      { value, items: Array.isArray(value) ? [...(value as unknown[])] : null },
    ]),
  );

function valuesOf(module: Module): unknown[] {
  const values: unknown[] = [];
  for (const key in module) {
    const value: unknown = (module as unknown as Record<string, unknown>)[key];
    if (Array.isArray(value)) for (const one of value) values.push(one);
    else values.push(value);
  }
  return values;
}

// The first field that holds something else, or null.
function changedField(module: Module, values: readonly unknown[]): string | null {
  let at = 0;
  let last = '';
  for (const key in module) {
    const value: unknown = (module as unknown as Record<string, unknown>)[key];
    if (!Array.isArray(value)) {
      if (!Object.is(value, values[at++])) return key;
    } else {
      for (let i = 0; i < value.length; i++) if (!Object.is(value[i], values[at++])) return key;
    }
    last = key;
  }
  return at === values.length ? null : last;
}

function restoreFields(module: Module, fields: ReadonlyMap<string, Held>): void {
  const target = module as unknown as Record<string, unknown>;
  for (const key of Object.keys(module)) if (!fields.has(key)) Reflect.deleteProperty(target, key);
  for (const [key, { value, items }] of fields) {
    if (!Object.is(target[key], value)) target[key] = value;
    if (items !== null && !sameList(value as unknown[], items)) {
      const array = value as unknown[];
      array.length = items.length;
      items.forEach((item, i) => (array[i] = item));
    }
  }
}

export class ModelFields {
  readonly #seen: readonly Seen[];
  /** Of the whole model, each once. */
  readonly parameters: readonly Parameter[];

  constructor(model: Module) {
    this.parameters = model.parameters();
    this.#seen = model.modules().map((module) => ({
      module,
      values: valuesOf(module),
      fields: fieldsOf(module),
      members: membersOf(module),
      forward: module.forward,
    }));
  }

  /** Gives fields back what they held: a run that was cut short has left something in them that is of no use. */
  restore(): void {
    for (const { module, fields } of this.#seen) restoreFields(module, fields);
  }

  /** What holds something else than it did, or null. */
  changed(): { readonly module: Module; readonly name: string } | null {
    for (const { module, values, members, forward } of this.#seen) {
      const name = changedField(module, values);
      if (name !== null) return { module, name };
      if (module.forward !== forward) return { module, name: 'forward' };
      if (members !== null && !sameList(membersOf(module)!, members))
        return { module, name: 'members' };
    }
    return null;
  }
}
