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
import { noteOptions } from './keyword';
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

// In the place of an option's value until there is one.
const notGiven = Symbol('not given');

interface Table {
  readonly names: readonly string[];
  readonly rules: readonly Rule<unknown>[];
  readonly known: ReadonlySet<string>;
  readonly required: ReadonlySet<string>;
  /** Frozen. */
  readonly defaults: Readonly<Record<string, unknown>>;
  /** The same, to be copied: what is copied of a frozen object is slow to write. */
  readonly start: Readonly<Record<string, unknown>>;
  /** What was given for each option, during `read`; `notGiven` before and after. */
  readonly received: unknown[];
  /**
   * What a given object is assigned to: a setter for each option that writes to `received`, and nothing can be added. V8
   * assigns quickly, and symbols too; asking an object for its symbols takes longer than all else here.
   */
  readonly receiver: object;
}

function tableOf(fields: Readonly<Record<string, AnyField>>): Table {
  const names = Object.keys(fields);
  const isRequired = (name: string): boolean => fields[name] instanceof Rule;
  const start = Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [
      name,
      field instanceof Rule ? undefined : field.fallback,
    ]),
  );
  const received = names.map((): unknown => notGiven);
  const receiver = Object.create(null) as object;
  names.forEach((name, i) => {
    Object.defineProperty(receiver, name, { set: (value: unknown) => (received[i] = value) });
  });
  return {
    names,
    rules: names.map((name) => ruleOf(fields[name])),
    known: new Set(names),
    required: new Set(names.filter(isRequired)),
    defaults: Object.freeze({ ...start }),
    start,
    received,
    receiver: Object.preventExtensions(receiver),
  };
}

/** The table of one operation's options. Made once, by `optionsTable`. */
export class Options<T extends object, Undefined extends keyof T = never> {
  // Made when first used: most tables of a process never are.
  #table: Table | null = null;
  /** The defaults, where all options have one, once they have been asked for. */
  #unchanged: Resolved<T, Undefined> | null = null;
  #isReading = false;

  constructor(
    readonly operation: string,
    /** The table itself, to be spread into that of an operation that takes these options too. */
    readonly fields: Fields<T, Undefined>,
  ) {
    noteOptions(operation, fields);
  }

  /** Every option's default; an option that must be given is undefined. */
  get defaults(): Resolved<T, Undefined> {
    const table = (this.#table ??= tableOf(this.fields));
    return table.defaults as Resolved<T, Undefined>;
  }

  /**
   * The options with defaults in place of what is missing or undefined; each is read once. Without a given object that is
   * `defaults` itself.
   * @param operation for the message, where it is not the table's own (a subclass)
   * @throws TypeError for no object, an unknown or a missing option, a value of the wrong kind; RangeError for one out of
   * range.
   */
  read(given: T | undefined, operation?: string): Resolved<T, Undefined> {
    // Short, so that V8 inlines it: most calls give no options.
    return given === undefined && this.#unchanged !== null
      ? this.#unchanged
      : this.#readGiven(given, operation ?? this.operation);
  }

  #readGiven(given: T | undefined, operation: string): Resolved<T, Undefined> {
    const table = (this.#table ??= tableOf(this.fields));
    if (given === undefined && table.required.size === 0) {
      return (this.#unchanged = table.defaults as Resolved<T, Undefined>);
    }
    // A getter or an iterator of the user's may call the operation again.
    if (this.#isReading) return new Options(this.operation, this.fields).read(given, operation);
    const { names, received, rules, required } = table;
    this.#isReading = true;
    try {
      this.#receive(given, operation, table);
      const copy = { ...table.start };
      for (let i = 0; i < names.length; i++) {
        const value = received[i];
        if (value !== undefined) copy[names[i]] = rules[i].check(operation, names[i], value);
        else if (required.has(names[i])) {
          throw new TypeError(`${operation}: option ${names[i]} is required`);
        }
      }
      return copy as Resolved<T, Undefined>;
    } finally {
      for (let i = 0; i < received.length; i++) received[i] = notGiven;
      this.#isReading = false;
    }
  }

  /**
   * Checks options that have been read before and may have been changed since.
   * @throws as `read`, except for unknown names.
   */
  verify(values: Resolved<T, Undefined>, operation = this.operation): void {
    const { names, rules } = (this.#table ??= tableOf(this.fields));
    const given = values as Readonly<Record<string, unknown>>;
    for (let i = 0; i < names.length; i++) rules[i].check(operation, names[i], given[names[i]]);
  }

  /** Reads the given object into `table.received`. */
  #receive(given: unknown, operation: string, table: Table): void {
    if (typeof given !== 'object' || given === null) refuseObject(given, operation, table);
    const { names, received, known } = table;
    let own = 0;
    try {
      Object.assign(table.receiver, given);
      for (let i = 0; i < received.length; i++) {
        if (received[i] !== notGiven) own++;
        else received[i] = (given as Readonly<Record<string, unknown>>)[names[i]];
      }
      // Own names are options, or could not have been assigned; there may be inherited ones too.
      let all = 0;
      for (const key in given) {
        if (++all > own && !known.has(key) && !isOfEveryObject(given, key)) {
          throw new TypeError(key);
        }
      }
    } catch (error) {
      if (!isOptionsObject(given)) refuseObject(given, operation, table);
      const unknown = unknownOf(given, table);
      // A getter or a Proxy threw.
      if (unknown === undefined) {
        throw new TypeError(`${operation}: the options could not be read`, { cause: error });
      }
      // A tensor or a generator where the object that holds it belongs.
      if (!isPlain(given) && takerOf(given, table) !== undefined) {
        refuseObject(given, operation, table);
      }
      refuseOption(operation, unknown, names);
    }
    if (own === 0 && !isOptionsObject(given)) refuseObject(given, operation, table);
  }
}

/** Whether somebody added the name to Object.prototype, so that it says nothing of `given`. */
const isOfEveryObject = (given: object, key: string): boolean =>
  Object.hasOwn(Object.prototype, key) && !Object.hasOwn(given, key);

/** The first name that is none of an option. */
function unknownOf(given: object, { known }: Table): string | symbol | undefined {
  try {
    for (const key in given) if (!known.has(key) && !isOfEveryObject(given, key)) return key;
    return Object.getOwnPropertySymbols(given).at(0);
  } catch {
    return undefined;
  }
}

/** The first option that would take the value. */
const takerOf = (given: unknown, { names, rules }: Table): string | undefined =>
  names.find((_, i) => rules[i] !== anything && rules[i].accepts(given));

function refuseObject(given: unknown, operation: string, table: Table): never {
  const name = takerOf(given, table);
  const shown = typeof given === 'object' ? '…' : describe(given);
  const hint =
    given === undefined || given === null || name === undefined
      ? `; the options are ${table.names.join(', ')}`
      : `; did you mean { ${name}: ${shown} }?`;
  throw new TypeError(`${operation}: options must be an object, got ${describe(given)}${hint}`);
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
function isOptionsObject(value: object): boolean {
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
