/** Functions that are called, which a class is not. */

/** Whether a function is a class. Arrow functions have no prototype and cost no look at the source. */
export function isClass(value: object): boolean {
  const { prototype } = value as { prototype?: unknown };
  return prototype !== undefined && /^class\b/.test(Function.prototype.toString.call(value));
}

/** Whether a call works: of a function, not of a class, which only `new` takes. */
export function isCallable(value: unknown): boolean {
  if (typeof value !== 'function') return false;
  try {
    return !isClass(value);
  } catch {
    return true;
  }
}

/**
 * Refuses to make an object of a class that is there to be extended.
 * @param instead what to do
 * @param made `new.target`
 * @param missing the methods without which a subclass is of no use
 * @throws TypeError `Optimizer: is no class of its own; …`
 */
export function refuseAbstract(
  made: { readonly prototype: unknown; readonly name: string },
  Class: { readonly name: string; readonly prototype: unknown },
  instead: string,
  missing: readonly string[] = [],
): void {
  if (made === Class) throw new TypeError(`${Class.name}: is no class of its own; ${instead}`);
  for (const method of missing) {
    if (typeof (made.prototype as Record<string, unknown>)[method] !== 'function') {
      throw new TypeError(`${made.name || Class.name}: has no method ${method}; ${instead}`);
    }
  }
}
