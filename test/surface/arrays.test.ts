// Every array that a public call takes, in any argument, option or array of the table, is read once: an array whose elements and length
// change after the first reading, one with methods of its own, and one that is changed after the call give what the plain one gives,
// and a hole what undefined gives.
import * as ostinato from 'ostinato';
import { Tensor } from 'ostinato';
import { runIn } from '../support';
import { outcome } from './outcome';
import { folder, makeCall, sampleOf, type Sample } from './samples';
import { publicCalls, type PublicCall } from './surface';
import { isPlain } from './values';

runIn(folder);

type Path = readonly (string | number)[];
type Spoil = (list: unknown[]) => unknown;

/** Where in a sample there are arrays; in plain objects and in other arrays too. */
function* arraysIn(value: unknown, path: Path = []): Generator<Path, void> {
  if (Array.isArray(value)) {
    yield path;
    for (const [i, one] of value.entries()) yield* arraysIn(one, [...path, i]);
  } else if (isPlain(value)) {
    for (const [key, one] of Object.entries(value)) yield* arraysIn(one, [...path, key]);
  }
}

/** A copy of `value` with another value at the path. */
function replacedAt(
  value: unknown,
  [key, ...rest]: Path,
  put: (value: unknown) => unknown,
): unknown {
  if (key === undefined) return put(value);
  const inner = replacedAt((value as Record<string, unknown>)[key], rest, put);
  if (Array.isArray(value)) return (value as unknown[]).with(key as number, inner);
  return { ...(value as object), [key]: inner };
}

const isIndex = (key: unknown): key is string => typeof key === 'string' && /^\d+$/.test(key);
const other = (item: unknown): unknown =>
  typeof item === 'number' ? 1000 : item instanceof Tensor ? ostinato.zeros([1, 7]) : undefined;

/** Items other than the first time, from their second reading on. */
function changing(list: unknown[]): unknown {
  const read = new Set<string>();
  return new Proxy(list, {
    get(target, key) {
      const item = Reflect.get(target, key) as unknown;
      if (!isIndex(key) || !read.has(key)) {
        if (isIndex(key)) read.add(key);
        return item;
      }
      return other(item);
    },
  });
}

/** The same of getters, which need no Proxy. */
function getters(list: unknown[]): unknown {
  const made: unknown[] = [];
  for (const [i, item] of list.entries()) {
    let reads = 0;
    Object.defineProperty(made, i, {
      get: () => (reads++ === 0 ? item : other(item)),
      enumerable: true,
    });
  }
  return made;
}

const names = ['at', 'concat', 'entries', 'every', 'filter', 'find', 'findIndex', 'flat', 'flatMap', 'forEach', 'includes', 'indexOf', 'join', 'keys', 'map', 'push', 'reduce', 'reverse', 'slice', 'some', 'sort', 'splice', 'values', 'with'] as const; // prettier-ignore
function ownMethods(list: unknown[]): unknown {
  const called = (): never => {
    throw new Error("a method of the user's array was called");
  };
  for (const name of names) Object.defineProperty(list, name, { value: called });
  return list;
}

const forms: Readonly<Record<string, Spoil>> = {
  'items change': changing,
  'items of getters change': getters,
  'methods of its own': ownMethods,
};

/** An array of a call: where it is, and whether the table has a number there, which the call takes as an array of one, too. */
interface Place {
  readonly path: Path;
  readonly isNumber: boolean;
}

function spoiledSample(name: string, { path, isNumber }: Place, spoil: Spoil): Sample {
  const { on, args, options } = sampleOf(name)!;
  const put = (value: unknown): unknown =>
    isNumber ? spoil([value]) : spoil([...(value as unknown[])]);
  const [where, ...rest] = path;
  return where === 'args'
    ? { on, args: replacedAt(args, rest, put) as unknown[], options }
    : { on, args, options: replacedAt(options, rest, put) as Record<string, unknown> };
}

const same: Spoil = (list) => list;
const works = (call: PublicCall, make: () => Sample): boolean => {
  try {
    makeCall(call, make());
    return true;
  } catch {
    return false;
  }
};

/** A call's arrays; the arguments themselves are no array of the user's. */
function placesOf(call: PublicCall): Place[] {
  const { args, options = {} } = sampleOf(call.name)!;
  const found: Place[] = [
    ...[...arraysIn(args)].filter((path) => path.length > 0).map((path) => ['args', ...path]),
    ...[...arraysIn(options)].map((path) => ['options', ...path]),
  ].map((path) => ({ path, isNumber: false }));
  for (const [where, all] of [
    ['args', args],
    ['options', options],
  ] as const) {
    for (const [key, value] of Object.entries(all)) {
      const place = { path: [where, where === 'args' ? Number(key) : key], isNumber: true };
      if (typeof value === 'number' && works(call, () => spoiledSample(call.name, place, same)))
        found.push(place);
    }
  }
  return found;
}

// What they show tells the time.
const timed = new Set(['tqdm']);
const places = new Map<PublicCall, Place[]>();
for (const call of publicCalls()) {
  if (timed.has(call.name) || sampleOf(call.name) === null) continue;
  const found = placesOf(call);
  if (found.length > 0) places.set(call, found);
}
const calls = [...places.keys()];

it('finds what takes arrays', () => {
  const found = calls.map(({ name }) => name);
  const some = ['cat', 'stack', 'zeros', 'permute', 'sum', 'Tensor.sum', 'roll', 'Tensor.expand', 'optim.Adam', 'nn.LayerNorm', 'nn.functional.pad'];
  expect(some.filter((name) => !found.includes(name))).toEqual([]);
}); // prettier-ignore

describe.each(Object.entries(forms))('%s', (_, spoil) => {
  it.each(calls.map((call) => [call.name, call] as const))('%s', (name, call) => {
    const found: string[] = [];
    for (const place of places.get(call)!) {
      const plain = outcome(call, () => spoiledSample(name, place, same));
      const spoiled = outcome(call, () => spoiledSample(name, place, spoil));
      if (spoiled !== plain) found.push(`${place.path.join('.')}: ${spoiled} in place of ${plain}`);
    }
    expect(found).toEqual([]);
  });
});

it.each(calls.map((call) => [call.name, call] as const))('a hole is undefined: %s', (name, call) => {
  const found: string[] = [];
  for (const place of places.get(call)!) {
    for (const i of [0, -1]) {
      const hole: Spoil = (list) => {
        if (list.length === 0) return list;
        // eslint-disable-next-line @typescript-eslint/no-array-delete
        delete list[i < 0 ? list.length - 1 : i];
        return list;
      };
      const nothing: Spoil = (list) => (list.length === 0 ? list : list.with(i, undefined));
      const [a, b] = [hole, nothing].map((by) => outcome(call, () => spoiledSample(name, place, by)));
      if (a !== b) found.push(`${place.path.join('.')}[${i}]: ${a} in place of ${b}`);
    }
  }
  expect(found).toEqual([]);
}); // prettier-ignore

/** Whether what a call gives holds the very array, so that a later change of it would change an object of ours. */
function holds(value: unknown, list: unknown, depth = 6, seen = new Set<unknown>()): boolean {
  if (value === list) return true;
  if (typeof value !== 'object' || value === null || depth === 0 || seen.has(value)) return false;
  seen.add(value);
  const inner = value instanceof Map ? [...(value as Map<unknown, unknown>)].flat() : [];
  const own = Object.values(Object.getOwnPropertyDescriptors(value)).map((one) => one.value as unknown);
  return [...inner, ...own].some((one) => holds(one, list, depth - 1, seen));
} // prettier-ignore

/** What the user gives is the collection itself: the rows of a data set, the samples of a batch. */
const keepers = new Set<string>([]);

it.each(calls.filter(({ name }) => !keepers.has(name)).map((call) => [call.name, call] as const))(
  'keeps no array of its user: %s',
  (name, call: PublicCall) => {
    const found: string[] = [];
    for (const place of places.get(call)!) {
      let given: unknown;
      const sample = spoiledSample(name, place, (list) => (given = list));
      let result: unknown;
      try {
        result = makeCall(call, sample);
      } catch {
        continue;
      }
      if (holds(result, given) || (sample.on !== undefined && holds(sample.on, given)))
        found.push(place.path.join('.'));
    }
    expect(found).toEqual([]);
  },
);
