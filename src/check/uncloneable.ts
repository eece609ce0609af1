/**
 * What `structuredClone` and `postMessage` refuse, with a reason: they give back an object without its class. An enumerable field
 * that holds a symbol is what they cannot clone, and they name it in their error. `hideRefusal` keeps it out of what `console.log` shows.
 */
export const uncloneable = (reason: string): symbol => Symbol(reason);

const inspect = Symbol.for('nodejs.util.inspect.custom');

// What is shown of an object: one and the same each time, so that Node finds circles.
const shownOf = new WeakMap<object, object>();
const plainOf = new WeakMap<object, object>();

/** The fields of `value` but the refusal, as an object of its class that shows itself in Node's own way. */
function shown(value: object): object {
  const prototype = Object.getPrototypeOf(value) as object;
  let plain = plainOf.get(prototype);
  if (plain === undefined) {
    plain = Object.create(prototype, { [inspect]: { value: undefined } }) as object;
    plainOf.set(prototype, plain);
  }
  let copy = shownOf.get(value);
  if (copy === undefined) shownOf.set(value, (copy = Object.create(plain) as object));
  for (const key of Reflect.ownKeys(copy)) Reflect.deleteProperty(copy, key);
  for (const key of Reflect.ownKeys(value)) {
    if (key === 'refusal') continue;
    const field = Reflect.getOwnPropertyDescriptor(value, key)!;
    Object.defineProperty(copy, key, { ...field, configurable: true });
  }
  return copy;
}

/** Has `console.log` show instances of these classes without the field `refusal`. */
export function hideRefusal(...classes: { readonly prototype: object }[]): void {
  for (const { prototype } of classes) {
    Object.defineProperty(prototype, inspect, {
      value(this: object) {
        return shown(this);
      },
      configurable: true,
      writable: true,
    });
  }
}
