/**
 * How functions of a tensor become methods of it, at run time and in types. A method has the function's documentation:
 * TypeScript keeps a declaration through spreads, `Pick` and mapped types that keep the keys.
 */
import { aboutReceiver, describe, withName } from '../../check';
import { Tensor } from '../../tensor/tensor';

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

/** A function of a tensor and more, without the tensor: of one, two or three forms. */
export type Method<F> = F extends {
  (x: infer _X, ...a: infer A extends readonly unknown[]): infer R;
  (x: infer _Y, ...b: infer B extends readonly unknown[]): infer S;
  (x: infer _Z, ...c: infer C extends readonly unknown[]): infer T;
}
  ? // A function of fewer forms matches with its first one repeated.
    Same<[A, R], [B, S]> extends false
    ? { (...a: A): R; (...b: B): S; (...c: C): T }
    : Same<[B, S], [C, T]> extends false
      ? { (...b: B): S; (...c: C): T }
      : (...c: C) => T
  : never;

/** The method of a function of a tensor and an array of numbers: it takes the array, or its numbers one by one. */
export type Variadic<F> = F extends (x: infer _X, list: infer L) => infer R
  ? { (list: L): R; (...list: readonly number[]): R }
  : never;

/** A module's exports of these names. */
export function only<N extends object, K extends keyof N>(
  module: N,
  ...names: readonly K[]
): Pick<N, K> {
  return picked(module, names);
}

function picked<N extends object, K extends keyof N>(module: N, names: readonly K[]): Pick<N, K> {
  return Object.fromEntries(names.map((name) => [name, module[name]])) as Pick<N, K>;
}

/** A module's exports but those of these names. */
export function without<N extends object, K extends keyof N>(
  module: N,
  ...names: readonly K[]
): Pick<N, Exclude<keyof N, K>> {
  const kept = (Object.keys(module) as (keyof N)[]).filter((name) => !names.includes(name as K));
  return picked(module, kept as Exclude<keyof N, K>[]);
}

/** Gives Tensor a method, hidden from enumeration. */
export function define(name: string, value: unknown): void {
  if (typeof value === 'function') withName(name, value as () => unknown);
  Object.defineProperty(Tensor.prototype, name, { value, writable: true, configurable: true });
}

type Operation = (x: Tensor, a?: unknown, b?: unknown, c?: unknown, d?: unknown) => unknown;

/** The array that a method was given, or the one of the numbers that it was given one by one. */
export function gathered(
  name: string,
  first: number | readonly number[],
  rest: readonly number[],
): readonly number[] {
  if (typeof first === 'number') return [first, ...rest];
  if (rest.length === 0) return first;
  throw new TypeError(
    `${name}: takes an array of numbers or several numbers, got ${describe(first)} and ${describe(rest[0])}`,
  );
}

/** Gives Tensor functions of an array of numbers as methods that take the array, or its numbers one by one. */
export function attachVariadic(functions: object): void {
  for (const [name, value] of Object.entries(functions)) {
    const operation = value as (x: Tensor, list: readonly number[]) => unknown;
    define(name, function (this: Tensor, first: number | readonly number[], ...rest: number[]) {
      return operation(this, gathered(name, first, rest));
    });
  }
}

/** Gives Tensor all of a module's functions as methods. */
export function attach(functions: object): void {
  for (const [name, value] of Object.entries(functions)) {
    const operation = value as Operation;
    // As many as the call gave, so that the operation sees those that are too many. One by one, because collecting and
    // spreading them costs more than a small kernel.
    define(name, function (this: Tensor, a?: unknown, b?: unknown, c?: unknown, d?: unknown) {
      try {
        switch (arguments.length) {
          case 0:
            return operation(this);
          case 1:
            return operation(this, a);
          case 2:
            return operation(this, a, b);
          case 3:
            return operation(this, a, b, c);
          case 4:
            return operation(this, a, b, c, d);
          default:
            return Reflect.apply(operation, undefined, [this, ...arguments]) as unknown;
        }
      } catch (error) {
        throw aboutReceiver(error, this, Tensor.prototype, name);
      }
    });
  }
}
