/**
 * Walks over a module and those below it. Which members a module has it says itself (`eachMember`); members by path are
 * member-path.ts.
 */
import type { Tensor } from '../tensor/tensor';
import { Parameter } from './parameter';

/** A module, as far as walking needs it. */
interface Part {
  eachMember(visit: (name: string, value: unknown) => void): void;
}

type IsPart<M extends Part> = (value: unknown) => value is M;

const join = (prefix: string, name: string): string => (prefix === '' ? name : `${prefix}.${name}`);

/** The modules directly below `parent`, by name; one that two fields hold comes once. */
export function childrenOf<M extends Part>(
  parent: M,
  isModule: IsPart<M>,
): (readonly [string, M])[] {
  const seen = new Set<M>();
  const found: [string, M][] = [];
  parent.eachMember((name, value) => {
    if (!isModule(value) || seen.has(value)) return;
    seen.add(value);
    found.push([name, value]);
  });
  return found;
}

/**
 * `root`, which is called `prefix`, and every module below it, parents first.
 * @throws Error when a module contains itself.
 */
export function walk<M extends Part>(
  root: M,
  isModule: IsPart<M>,
  prefix: string,
  removeDuplicate: boolean,
): [string, M][] {
  const found: [string, M][] = [];
  const seen = new Set<M>();
  const ancestors: M[] = [];
  const visit = (module: M, path: string): void => {
    if (ancestors.includes(module)) {
      throw new Error(
        `modules: '${path}' of ${root.constructor.name} is a module that contains it; keep a reference to a parent in a #private field`,
      );
    }
    if (removeDuplicate && seen.has(module)) return;
    seen.add(module);
    found.push([path, module]);
    ancestors.push(module);
    module.eachMember((name, value) => {
      if (isModule(value)) visit(value, join(path, name));
    });
    ancestors.pop();
  };
  visit(root, prefix);
  return found;
}

/** What `own` finds in each of `modules`, by path. */
export function namedIn<M, T extends Tensor>(
  modules: readonly (readonly [path: string, module: M])[],
  own: (module: M) => readonly (readonly [string, T, ...unknown[]])[],
  removeDuplicate: boolean,
): [string, T][] {
  const found: [string, T][] = [];
  const seen = new Set<T>();
  for (const [path, module] of modules) {
    for (const [name, value] of own(module)) {
      if (removeDuplicate && seen.has(value)) continue;
      seen.add(value);
      found.push([join(path, name), value]);
    }
  }
  return found;
}

/** The parameters of `modules` themselves, a shared one once. */
export function parametersIn(modules: readonly Part[]): Parameter[] {
  const found = new Set<Parameter>();
  for (const module of modules) {
    module.eachMember((_, value) => {
      if (value instanceof Parameter) found.add(value);
    });
  }
  return [...found];
}
