/**
 * Rules: what a positional argument or an option must be. Each says it in words, and `check` is the one place that
 * refuses a value: `operation: name must be …, got …`, a TypeError for the kind and a RangeError for the value.
 *
 * @example
 * const rows = count.check('Embedding', 'numEmbeddings', given);
 * // Embedding: numEmbeddings must be an integer of at least 0, got -1
 */
import { withArticle } from './article';
import { isCallable } from './callable';
import { got } from './keyword';

type Refusal = typeof TypeError | typeof RangeError;

/** Throws the error of every refused argument. */
export function refuse(
  operation: string,
  name: string,
  must: string,
  value: unknown,
  Kind: Refusal = TypeError,
): never {
  throw new Kind(`${operation}: ${name} must be ${must}, got ${got(operation, name, value)}`);
}

/** An option that may be left out: its rule, and what it is then. */
export interface Field<T, Default extends T | undefined> {
  readonly rule: Rule<T>;
  readonly fallback: Default;
}

/** What a value must be. */
export abstract class Rule<T> {
  /** @param must what follows "must be" */
  constructor(readonly must: string) {}

  /**
   * The value, or a copy of it where it could change after the check.
   * @throws TypeError for another kind, RangeError for a value out of range.
   */
  abstract check(operation: string, name: string, value: unknown): T;

  /** Whether `check` would let the value through. */
  accepts(value: unknown): value is T {
    try {
      this.check('', '', value);
      return true;
    } catch {
      return false;
    }
  }

  /** The field of an options table that is `fallback` where it is not given. */
  or<Default extends T>(fallback: Default): Field<T, T> {
    return { rule: this, fallback };
  }

  /** The field of an options table that is undefined where it is not given. */
  get optional(): Field<T, undefined> {
    return { rule: this, fallback: undefined };
  }

  /** The same rule, or null. */
  get orNull(): Rule<T | null> {
    return either<T | null>(this, literalNull);
  }
}

class SimpleRule<T> extends Rule<T> {
  constructor(
    must: string,
    /** Whether a RangeError would refuse the value, if it is refused. */
    readonly isKind: (value: unknown) => boolean,
    private readonly isAllowed: ((value: T) => boolean) | null,
  ) {
    super(must);
  }

  override check(operation: string, name: string, value: unknown): T {
    if (!this.isKind(value)) refuse(operation, name, this.must, value);
    if (this.isAllowed !== null && !this.isAllowed(value as T)) {
      refuse(operation, name, this.must, value, RangeError);
    }
    return value as T;
  }

  override accepts(value: unknown): value is T {
    return this.isKind(value) && (this.isAllowed === null || this.isAllowed(value as T));
  }
}

/**
 * A rule out of two questions: is it the right kind (TypeError), is it an allowed value (RangeError).
 * @param isKind must not throw for any value
 */
export const rule = <T>(
  must: string,
  isKind: (value: unknown) => boolean,
  isAllowed: ((value: T) => boolean) | null = null,
): Rule<T> => new SimpleRule(must, isKind, isAllowed);

const isNumber = (value: unknown): boolean => typeof value === 'number';
const literalNull = rule<null>('null', (value) => value === null);

export const anything = rule<unknown>('anything', () => true);
export const boolean = rule<boolean>('true or false', (value) => typeof value === 'boolean');
export const string = rule<string>('a string', (value) => typeof value === 'string');

/** Any number, NaN and the infinities included. */
export const number = rule<number>('a number', isNumber);
export const finite = rule<number>('a finite number', isNumber, Number.isFinite);
export const positive = rule<number>('a number above 0', isNumber, (value) => value > 0);
export const nonNegative = rule<number>('a number of at least 0', isNumber, (value) => value >= 0);
export const probability = rule<number>(
  'a probability from 0 to 1',
  isNumber,
  (value) => value >= 0 && value <= 1,
);

/** A finite number of at least `least`. */
export const finiteFrom = (least: number): Rule<number> =>
  rule(
    `a finite number of at least ${least}`,
    isNumber,
    (value: number) => value >= least && value < Infinity,
  );

export const integer = rule<number>('an integer', isNumber, Number.isSafeInteger);
/** An integer of at least `least`. */
export const integerFrom = (least: number): Rule<number> =>
  rule(
    `an integer of at least ${least}`,
    isNumber,
    (value: number) => Number.isSafeInteger(value) && value >= least,
  );
export const count = integerFrom(0);
export const positiveInteger = integerFrom(1);

/** An integer from `low` to `high`, both included. */
export const integerBetween = (low: number, high: number): Rule<number> =>
  rule(
    `an integer from ${low} to ${high}`,
    isNumber,
    (value: number) => Number.isSafeInteger(value) && value >= low && value <= high,
  );

/** A number with `low ≤ value < high`. */
export const numberBelow = (low: number, high: number): Rule<number> =>
  rule(
    `a number from ${low} to below ${high}`,
    isNumber,
    (value: number) => value >= low && value < high,
  );

/** A function; its parameters and result cannot be checked. */
export const functionOf = <F extends (...given: never[]) => unknown>(
  must = 'a function',
): Rule<F> => rule(must, isCallable);

const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;

/** One of some strings. */
export const oneOf = <const Words extends readonly string[]>(
  ...words: Words
): Rule<Words[number]> =>
  rule(
    listed(words.map((word) => `'${word}'`)),
    (value) => typeof value === 'string',
    (value: string) => words.includes(value),
  );

/** A method that says whether the constructor made this: `Object.create` did not, and a Proxy is another object. */
export const isMade: unique symbol = Symbol('isMade');

interface Made {
  readonly [isMade]?: () => boolean;
}

/** `value instanceof Class`, which a Proxy may answer by throwing, and made by the constructor where the class can tell. */
export function isInstance<T>(
  value: unknown,
  Class: abstract new (...given: never[]) => T,
): value is T {
  try {
    return value instanceof Class && (value as Made)[isMade]?.() !== false;
  } catch {
    return false;
  }
}

/** An instance of a class. */
export const instanceOf = <T>(
  Class: abstract new (...given: never[]) => T,
  must = withArticle(Class.name),
): Rule<T> => rule(must, (value) => isInstance(value, Class));

class EitherRule<T> extends Rule<T> {
  /** The given rules, in place of one that is of this class its own. */
  private readonly rules: readonly Rule<T>[];

  constructor(given: readonly Rule<T>[]) {
    super(listed(given.map(({ must }) => must)));
    this.rules = given.flatMap((one) =>
      one instanceof EitherRule ? (one.rules as Rule<T>[]) : [one],
    );
  }

  override check(operation: string, name: string, value: unknown): T {
    let Kind: Refusal = TypeError;
    for (const each of this.rules) {
      // Asked, not tried: an error takes 10 µs to make, and null is often the last of the rules.
      if (each instanceof SimpleRule) {
        if (each.accepts(value)) return value as T;
        if (each.isKind(value)) Kind = RangeError;
        continue;
      }
      try {
        return each.check(operation, name, value);
      } catch (error) {
        if (error instanceof RangeError) Kind = RangeError;
      }
    }
    refuse(operation, name, this.must, value, Kind);
  }
}

/** What one of several rules accepts; a RangeError when the kind was right for one of them. */
export const either = <T>(...rules: readonly Rule<T>[]): Rule<T> => new EitherRule(rules);

/** A number as operations on bool tensors take one too: `true` and `false` are 1 and 0. */
export const numberOrBoolean = either<number | boolean>(number, boolean);

/** Whether `value` is an array; a revoked Proxy is none. */
export function isArray(value: unknown): value is readonly unknown[] {
  try {
    return Array.isArray(value);
  } catch {
    return false;
  }
}

export type Plain = Readonly<Record<string, unknown>>;

/** Whether `value` is an object without a class, of any realm: from `{}`, `JSON.parse`, `Object.create(null)`; a revoked Proxy is none. */
export function isPlain(value: unknown): value is Plain {
  try {
    if (typeof value !== 'object' || value === null || isArray(value)) return false;
    const above: unknown = Object.getPrototypeOf(value);
    return above === null || Object.getPrototypeOf(above) === null;
  } catch {
    return false;
  }
}

/** How deep arrays and objects may be nested that a call goes through: those that hold themselves have no end. */
export const deepest = 100;

/** @throws RangeError at a depth that nothing reaches that has an end. */
export function checkDepth(operation: string, what: string, depth: number): void {
  if (depth <= deepest) return;
  throw new RangeError(
    `${operation}: ${what} must be nested at most ${deepest} deep; what holds itself has no end`,
  );
}

class ArrayRule<T> extends Rule<readonly T[]> {
  constructor(
    must: string,
    private readonly item: Rule<T>,
    private readonly size: number | null,
  ) {
    super(must);
  }

  override check(operation: string, name: string, value: unknown): readonly T[] {
    if (!isArray(value)) refuse(operation, name, this.must, value);
    const { length } = value;
    if (this.size !== null && length !== this.size) {
      refuse(operation, name, this.must, value, RangeError);
    }
    const copy: T[] = [];
    for (let i = 0; i < length; i++) {
      copy.push(this.item.check(operation, `${name}[${i}]`, value[i]));
    }
    return copy;
  }
}

/** An array, copied in one reading, whose items keep a rule. A hole is an item that is undefined. */
export const arrayOf = <T>(item: Rule<T>, must = 'an array'): Rule<readonly T[]> =>
  new ArrayRule(must, item, null);

/** A pair of values that keep one rule. */
export const pairOf = <T>(item: Rule<T>, must: string): Rule<readonly [T, T]> =>
  new ArrayRule(must, item, 2) as Rule<readonly unknown[]> as Rule<readonly [T, T]>;

class ObjectRule<T extends object> extends Rule<T> {
  constructor(
    must: string,
    private readonly fields: { readonly [K in keyof T]: Rule<T[K]> },
  ) {
    super(must);
  }

  override check(operation: string, name: string, value: unknown): T {
    if (typeof value !== 'object' || value === null) refuse(operation, name, this.must, value);
    const copy: Partial<T> = {};
    for (const key of Object.keys(this.fields) as (keyof T & string)[]) {
      copy[key] = this.fields[key].check(operation, `${name}.${key}`, read(value, key));
    }
    return copy as T;
  }
}

// What a revoked Proxy or a getter that throws holds is undefined.
function read(value: object, key: string): unknown {
  try {
    return (value as Record<string, unknown>)[key];
  } catch {
    return undefined;
  }
}

/** An object whose fields keep rules, copied in one reading; others are not looked at. */
export const objectOf = <T extends object>(
  must: string,
  fields: { readonly [K in keyof T]: Rule<T[K]> },
): Rule<T> => new ObjectRule(must, fields);

class RecordRule<T> extends Rule<Readonly<Record<string, T>>> {
  constructor(
    must: string,
    private readonly item: Rule<T>,
  ) {
    super(must);
  }

  override check(operation: string, name: string, value: unknown): Readonly<Record<string, T>> {
    if (!isPlain(value)) refuse(operation, name, this.must, value);
    return Object.fromEntries(
      Object.keys(value).map((key) => [
        key,
        this.item.check(operation, `${name}.${key}`, read(value, key)),
      ]),
    );
  }
}

/** An object without a class, copied in one reading, whose values keep a rule whatever their names. */
export const recordOf = <T>(item: Rule<T>, must: string): Rule<Readonly<Record<string, T>>> =>
  new RecordRule(must, item);

class IterableRule<T> extends Rule<T[]> {
  constructor(
    must: string,
    private readonly item: Rule<T>,
  ) {
    super(must);
  }

  override check(operation: string, name: string, value: unknown): T[] {
    if (!isIterable(value)) refuse(operation, name, this.must, value);
    const items: T[] = [];
    for (const each of iterated(operation, name, value)) {
      items.push(this.item.check(operation, `${name}[${items.length}]`, each));
    }
    return items;
  }
}

/** What `value` gives, one by one. @throws TypeError where its iterator is none. */
export function iterated<T>(operation: string, name: string, value: Iterable<T>): Iterable<T> {
  const iterator: unknown = value[Symbol.iterator]();
  const { next } = (typeof iterator === 'object' && iterator !== null ? iterator : {}) as {
    next?: unknown;
  };
  if (typeof next !== 'function')
    refuse(operation, `the iterator of ${name}`, 'one with next()', iterator);
  return { [Symbol.iterator]: () => iterator as Iterator<T> };
}

/** Whether `for (… of value)` works; strings are no lists of anything. */
export function isIterable(value: unknown): value is Iterable<unknown> {
  if (typeof value !== 'object' || value === null) return false;
  try {
    return typeof (value as Partial<Iterable<unknown>>)[Symbol.iterator] === 'function';
  } catch {
    return false;
  }
}

/** Anything that can be iterated, read once into an array whose items keep a rule. */
export const iterableOf = <T>(item: Rule<T>, must = 'an iterable'): Rule<T[]> =>
  new IterableRule(must, item);
