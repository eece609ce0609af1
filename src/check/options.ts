/**
 * Options objects: a table says what each option must be and what it is by default, `read` checks a given object
 * against it. Nothing is ignored: an unknown name, a value of the wrong kind and a value where the object belongs are
 * errors that name the right spelling.
 *
 *     LSTM: unknown option 'batch_first'; did you mean 'batchFirst'?
 *     LSTM: batchFirst must be true or false, got 'false'
 *     LSTM: options must be an object, got 2; did you mean { numLayers: 2 }?
 */
import { describe } from './describe';
import { remedy } from './foreign';
import { nearest } from './nearest';
import { anything, Rule, type Field } from './rule';

/** How the option `T` may be declared: with a default, without one (undefined), or as required. */
type FieldOf<T, Name extends keyof T, Undefined extends keyof T> = Name extends Undefined
  ? Field<Exclude<T[Name], undefined>, undefined>
  : undefined extends T[Name]
    ? Field<Exclude<T[Name], undefined>, Exclude<T[Name], undefined>>
    : Rule<T[Name]>;

/**
 * What each option of `T` must be, in the order in which a value that is given in place of the object is matched.
 * `Undefined` names the options that have no default.
 */
export type Fields<T, Undefined extends keyof T = never> = {
  readonly [Name in keyof T]-?: FieldOf<T, Name, Undefined>;
};

/** The options of `T` with their defaults in place. */
export type Resolved<T, Undefined extends keyof T = never> = {
  readonly [Name in keyof T]-?: Name extends Undefined
    ? T[Name] | undefined
    : Exclude<T[Name], undefined>;
};

type AnyField = Field<unknown, unknown> | Rule<unknown>;

const ruleOf = (field: AnyField): Rule<unknown> => (field instanceof Rule ? field : field.rule);

/** The table of one operation's options. Made once, by `optionsTable`. */
export class Options<T extends object, Undefined extends keyof T = never> {
  /** Every option's default; an option that must be given is undefined. */
  readonly defaults: Resolved<T, Undefined>;
  readonly #names: readonly string[];
  readonly #rules: Readonly<Record<string, Rule<unknown>>>;
  readonly #required: readonly string[];

  constructor(
    readonly operation: string,
    /** The table itself, to be spread into that of an operation that takes these options too. */
    readonly fields: Fields<T, Undefined>,
  ) {
    const list = Object.entries<AnyField>(fields as Record<string, AnyField>);
    this.#names = list.map(([name]) => name);
    this.#rules = Object.assign(
      Object.create(null) as object,
      Object.fromEntries(list.map(([name, field]) => [name, ruleOf(field)])),
    );
    this.#required = list.filter(([, field]) => field instanceof Rule).map(([name]) => name);
    this.defaults = Object.freeze(
      Object.fromEntries(
        list.map(([name, field]) => [name, field instanceof Rule ? undefined : field.fallback]),
      ),
    ) as Resolved<T, Undefined>;
  }

  /**
   * The options with defaults in place of what is missing or undefined; each is read once. Without a given object that is
   * `defaults` itself.
   * @param operation for the message, where it is not the table's own (a subclass)
   * @throws TypeError for no object, an unknown or a missing option, a value of the wrong kind; RangeError for one out of
   * range.
   */
  read(given: T | undefined, operation = this.operation): Resolved<T, Undefined> {
    if (given === undefined && this.#required.length === 0) return this.defaults;
    const copy = this.#snapshot(given, operation);
    for (const name of this.#names) {
      const value = copy[name];
      if (value === undefined) copy[name] = this.#fallback(name, operation);
      else copy[name] = this.#rules[name].check(operation, name, value);
    }
    return copy as Resolved<T, Undefined>;
  }

  /**
   * Checks options that have been read before and may have been changed since.
   * @throws as `read`, except for unknown names.
   */
  verify(values: Resolved<T, Undefined>, operation = this.operation): void {
    const given = values as Readonly<Record<string, unknown>>;
    for (const name of this.#names) this.#rules[name].check(operation, name, given[name]);
  }

  #fallback(name: string, operation: string): unknown {
    if (this.#required.includes(name)) {
      throw new TypeError(`${operation}: option ${name} is required`);
    }
    return (this.defaults as Record<string, unknown>)[name];
  }

  #snapshot(given: unknown, operation: string): Record<string, unknown> {
    if (!isOptionsObject(given)) this.#refuse(given, operation);
    let unknown: string | symbol | undefined;
    const copy: Record<string, unknown> = {};
    try {
      for (const key in given) if (!(key in this.#rules)) unknown ??= key;
      unknown ??= Object.getOwnPropertySymbols(given).at(0);
      // By name, so that inherited properties count too.
      if (unknown === undefined) for (const name of this.#names) copy[name] = given[name];
    } catch (error) {
      // A getter or a Proxy threw.
      throw new TypeError(`${operation}: the options could not be read`, { cause: error });
    }
    if (unknown !== undefined) {
      // A tensor or a generator where the object that holds it belongs.
      if (!isPlain(given) && this.#takerOf(given) !== undefined) this.#refuse(given, operation);
      refuseOption(operation, unknown, this.#names);
    }
    return copy;
  }

  /** The first option that would take the value. */
  #takerOf(given: unknown): string | undefined {
    return this.#names.find(
      (name) => this.#rules[name] !== anything && this.#rules[name].accepts(given),
    );
  }

  #refuse(given: unknown, operation: string): never {
    const name = this.#takerOf(given);
    const shown = typeof given === 'object' ? '…' : describe(given);
    const hint =
      given === undefined || given === null || name === undefined
        ? `; the options are ${this.#names.join(', ')}`
        : `; did you mean { ${name}: ${shown} }?`;
    throw new TypeError(`${operation}: options must be an object, got ${describe(given)}${hint}`);
  }
}

/** Throws the error of an option that does not exist. */
export function refuseOption(
  operation: string,
  key: string | symbol,
  names: readonly string[],
): never {
  const near = typeof key === 'string' ? nearest(key, names) : undefined;
  const instead = typeof key === 'string' ? remedy(key, names) : undefined;
  const hint =
    instead ??
    (near === undefined ? `the options are ${names.join(', ')}` : `did you mean '${near}'?`);
  const shown = typeof key === 'string' ? `'${key}'` : describe(key);
  throw new TypeError(`${operation}: unknown option ${shown}; ${hint}`);
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

// Plain objects and instances of classes; not arrays, Maps, typed arrays, promises, revoked Proxies.
function isOptionsObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  try {
    return Object.prototype.toString.call(value) === '[object Object]';
  } catch {
    return false;
  }
}

/**
 * A table of options, checked by the compiler against their interface: an option without a row, or a row without an
 * option, does not compile. Name those without a default in `Undefined`; a required one is its rule alone.
 *
 * @example
 * interface RollOptions { sides?: number; generator?: Generator }
 * const rollOptions = optionsTable<RollOptions, 'generator'>('roll', {
 *   sides: positiveInteger.or(6),
 *   generator: generator.optional,
 * });
 * function roll(given?: RollOptions): number {
 *   const { sides, generator } = rollOptions.read(given);
 *   …
 * }
 */
export const optionsTable = <T extends object, Undefined extends keyof T = never>(
  operation: string,
  fields: Fields<T, Undefined>,
): Options<T, Undefined> => new Options(operation, fields);
