/** The names of functions that other functions make: what stack traces, consoles and printed modules call them. */

/** `f`, whose `name` is `name`. */
export function withName<F extends (...given: never[]) => unknown>(name: string, f: F): F;
export function withName<C extends abstract new (...given: never[]) => unknown>(
  name: string,
  f: C,
): C;
export function withName(name: string, f: { readonly name: string }): unknown {
  return f.name === name
    ? f
    : Object.defineProperty(f, 'name', { value: name, configurable: true });
}

/** `f` with what it is made of, which no console prints. */
export function withDeclaration<
  F extends (...given: never[]) => unknown,
  D extends { readonly name: string },
>(f: F, declaration: D): F & { readonly declaration: D } {
  const named = withName(declaration.name, f);
  return Object.defineProperty(named, 'declaration', { value: declaration }) as F & {
    readonly declaration: D;
  };
}
