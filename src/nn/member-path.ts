/** Members of modules by dotted path: what `getSubmodule`, `getParameter` and `getBuffer` find. */
import { string } from '../check';
import { isTensor } from '../tensor/rules';
import type { Tensor } from '../tensor/tensor';
import { Parameter } from './parameter';

/** A module, as far as its members are looked for. */
interface Holder {
  eachMember(visit: (name: string, value: unknown) => void): void;
  ownBuffers(): readonly (readonly [name: string, ...rest: unknown[]])[];
}

type IsHolder<M extends Holder> = (value: unknown) => value is M;

/**
 * What the path `target` names, from `root` on; `''` is `root` itself.
 * @param what that is, for messages
 * @param fits whether the member `name` of `holder` is what is looked for
 * @throws TypeError for what is no string, RangeError where there is no such member.
 */
function memberAt<T>(
  operation: string,
  what: string,
  root: Holder,
  target: string,
  isHolder: IsHolder<Holder>,
  fits: (value: unknown, holder: Holder, name: string) => value is T,
): T {
  string.check(operation, 'target', target);
  const names = target === '' ? [] : target.split('.');
  let holder = root;
  let found: unknown = root;
  for (const [i, name] of names.entries()) {
    const members = new Map<string, unknown>();
    if (isHolder(found)) {
      holder = found;
      holder.eachMember((key, value) => members.set(key, value));
    }
    if (!members.has(name)) {
      const where = i === 0 ? root.constructor.name : `'${names.slice(0, i).join('.')}'`;
      throw new RangeError(`${operation}: target must be ${what}, but ${where} has no '${name}'`);
    }
    found = members.get(name);
  }
  if (fits(found, holder, names.at(-1) ?? '')) return found;
  throw new RangeError(`${operation}: target must be ${what}, but '${target}' is none`);
}

const isParameter = (value: unknown): value is Parameter => value instanceof Parameter;
const isBuffer = (value: unknown, holder: Holder, name: string): value is Tensor =>
  isTensor(value) && holder.ownBuffers().some(([own]) => own === name);

export const submoduleAt = <M extends Holder>(root: M, target: string, isModule: IsHolder<M>): M =>
  memberAt('getSubmodule', 'the path of a module', root, target, isModule, isModule);

export const parameterAt = <M extends Holder>(
  root: M,
  target: string,
  isModule: IsHolder<M>,
): Parameter =>
  memberAt('getParameter', 'the path of a parameter', root, target, isModule, isParameter);

export const bufferAt = <M extends Holder>(
  root: M,
  target: string,
  isModule: IsHolder<M>,
): Tensor => memberAt('getBuffer', 'the path of a buffer', root, target, isModule, isBuffer);
