/**
 * What a method is called on. An object with private fields is itself alone: a Proxy around it (Vue, MobX and others wrap what they are
 * given), nothing (`const { forward } = layer`) and an object of the prototype alone have none of them, and V8 would speak of
 * private members. The methods and accessors of every public class say it in a sentence of ours. They ask when a call has failed in
 * other words, so that a call that works costs one call more (less than what repeated runs of a small layer's forward differ by), and
 * one that needs no private field works through a Proxy too.
 */
import { inspect, types } from 'node:util';
import { isClass } from './callable';
import { describe } from './describe';
import { isMade } from './rule';

type Method = (this: unknown, ...given: unknown[]) => unknown;

const isAbove = (owner: object, receiver: object): boolean =>
  owner === receiver || Object.prototype.isPrototypeOf.call(owner, receiver);

/** What `receiver` is instead of an object that inherits from `owner`, and what to do; null where it is one. */
function wrong(receiver: unknown, owner: object, call: string): string | null {
  const got = describe(receiver);
  if (types.isProxy(receiver)) {
    return `called on ${got}, which has none of its private fields; call it on the object itself (markRaw and toRaw of Vue, observable.ref of MobX)`;
  }
  const isObject = typeof receiver === 'object' || typeof receiver === 'function';
  if (receiver === null || !isObject || !isAbove(owner, receiver)) {
    return `called on ${got}; a method that is taken out of its object loses it: write ${call}`;
  }

  const { [isMade]: made } = receiver as { readonly [isMade]?: () => boolean };
  const isUnmade =
    made === undefined
      ? Reflect.ownKeys(receiver).length === 0 || isPrototype(receiver)
      : !Reflect.apply(made, receiver, []);
  return isUnmade ? `called on ${got} that no constructor has made; make one with new` : null;
}

/** Whether objects of a class inherit from `receiver`, which is none of them. */
const isPrototype = (receiver: object): boolean => {
  const { constructor } = receiver as { readonly constructor?: unknown };
  return typeof constructor === 'function' && constructor.prototype === receiver;
};

const ourForm = /^[\w.]+: ./;
// What was refused here, with the receiver: the method that the user called on it says it.
const refused = new WeakMap<Error, unknown>();

function refusal(receiver: unknown, name: string, what: string, cause?: unknown): TypeError {
  const error = new TypeError(`${name}: ${what}`, cause === undefined ? {} : { cause });
  refused.set(error, receiver);
  return error;
}

const nameOf = (key: PropertyKey): string => String(key).replace(/^Symbol\((Symbol\.)?|\)$/g, '');
const callOf = (owner: object, name: string): string =>
  `${typeof owner === 'function' ? owner.name : 'object'}.${name}(…)`;

/**
 * What the method `name` of `owner` throws where `error` came of a call on `receiver`: the sentence about the receiver where it is none
 * and the error does not speak of ours already, else the error.
 */
export function aboutReceiver(
  error: unknown,
  receiver: unknown,
  owner: object,
  name: string,
): unknown {
  if (!types.isNativeError(error)) return error;
  const isOurs = refused.has(error) ? refused.get(error) !== receiver : ourForm.test(error.message);
  const what = isOurs ? null : wrong(receiver, owner, callOf(owner, name));
  return what === null ? error : refusal(receiver, name, what, error);
}

function guarded(owner: object, key: PropertyKey, method: Method): Method {
  const name = nameOf(key);
  // These fail when their result is asked for.
  const isLater = types.isGeneratorFunction(method) || types.isAsyncFunction(method);
  const methods: Readonly<Record<'guard', Method>> = {
    guard(...given) {
      if (isLater) {
        const what = wrong(this, owner, callOf(owner, name));
        if (what !== null) throw refusal(this, name, what);
      }
      try {
        return Reflect.apply(method, this, given);
      } catch (error) {
        if (key === inspect.custom && wrong(this, owner, name) !== null) {
          return `[${describe(this)}]`;
        }
        throw aboutReceiver(error, this, owner, name);
      }
    },
  };
  return Object.defineProperties(Reflect.get(methods, 'guard'), {
    name: { value: method.name },
    length: { value: method.length },
  });
}

/**
 * Guards the methods and accessors that a prototype has itself.
 * @param kinds what of a property is guarded
 * @param which the properties
 */
export function guardMethods(
  owner: object,
  kinds: readonly ('value' | 'get' | 'set')[] = ['value', 'get', 'set'],
  which: (key: PropertyKey) => boolean = () => true,
): void {
  for (const key of Reflect.ownKeys(owner)) {
    const property = Object.getOwnPropertyDescriptor(owner, key)!;
    if (key === 'constructor' || key === isMade || !property.configurable) continue;
    if (!which(key)) continue;
    // V8 inlines what is defined once.
    let isGuarded = false;
    for (const kind of kinds) {
      const method = Reflect.get(property, kind) as unknown;
      if (typeof method !== 'function' || isClass(method)) continue;
      property[kind] = guarded(owner, key, method as Method);
      isGuarded = true;
    }
    if (isGuarded) Object.defineProperty(owner, key, property);
  }
}

// Object.prototype may be another realm's.
const isNamespace = (value: unknown): value is object => {
  if (typeof value !== 'object' || value === null) return false;
  const above = Object.getPrototypeOf(value) as object | null;
  return above === null || Object.getPrototypeOf(above) === null;
};

/**
 * Guards the methods and accessors of every class that a namespace and those in it name, and of the classes that they extend.
 * @param except a class that guards itself
 */
export function guardClasses(namespace: object, except: { readonly prototype: object }): void {
  const seen = new Set<unknown>();
  const visit = (value: unknown): void => {
    if (seen.has(value)) return;
    seen.add(value);
    if (isNamespace(value)) return Object.values(value).forEach(visit);
    if (typeof value !== 'function' || !isClass(value)) return;
    const { prototype } = value as unknown as { readonly prototype: object };
    if (prototype === except.prototype) return;
    guardMethods(prototype);
    visit(Object.getPrototypeOf(value));
  };
  visit(namespace);
}
