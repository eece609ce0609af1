// Right, or refused in one sentence of ours: every public function, constructor and method, found from the exports themselves
// (surface.ts), is called with arguments spoiled one at a time. What comes back is a result or our own error: no message of the
// engine's, nothing internal. What is no option, is of the wrong kind, or is given where the options object belongs is refused.
import * as ostinato from 'ostinato';
import { fault } from './fault';
import { isMade, publicCalls, type PublicCall } from './surface';
import { runIn } from '../support';
import { folder, makeCall, sampledNames, sampleOf, type Sample } from './samples';

// A path that is spoiled is a file of that name.
runIn(folder);

const calls = publicCalls();
const { proxy: revoked, revoke } = Proxy.revocable({}, {});
revoke();
const trap = new Proxy([1, 2], {
  get(target, key) {
    if (key === Symbol.toPrimitive || key === 'then') return undefined;
    return Reflect.get(target, key) as unknown;
  },
});
const throwing = {
  toString(): string {
    throw new Error('toString of the user');
  },
};
/** Each hostile value by what a failure calls it. */
const hostile: Readonly<Record<string, unknown>> = {
  undefined,
  null: null,
  true: true,
  '-1': -1,
  '1.5': 1.5,
  '2^53': 2 ** 53,
  NaN,
  "'text'": 'text',
  '[]': [],
  // eslint-disable-next-line no-sparse-arrays
  '[, 1]': [, 1],
  "['a']": ['a'],
  '{}': {},
  'Symbol()': Symbol('s'),
  '1n': 1n,
  'a function': () => undefined,
  'a Proxy of an array': trap,
  'a revoked Proxy': revoked,
  'an object whose toString throws': throwing,
  'a Tensor of another shape': ostinato.ones([7, 1, 2]),
  'a bool Tensor': ostinato.tensor([true, false]),
  'an empty Tensor': ostinato.zeros([0]),
  'a Date': new Date(0),
};

const endless: unknown[] = [];
endless.push(endless, endless);
const endlessObject: Record<string, unknown> = {};
endlessObject.x = endlessObject;
/** What may be inside of an array, a Map or an object, by what a failure calls it. */
const inside: Readonly<Record<string, unknown>> = {
  'a hole': undefined,
  null: null,
  "'text'": 'text',
  'Symbol()': Symbol('s'),
  '[]': [],
  'an array that holds itself': endless,
  'an object that holds itself': endlessObject,
  'a revoked Proxy': revoked,
  'a Tensor of another shape': ostinato.ones([7, 1, 2]),
};

/** Copies of `value`, each with another item in place of one of its own, at any depth. */
function* spoiledInside(value: unknown, item: unknown): Generator<unknown, void> {
  if (Array.isArray(value)) {
    for (const [i, own] of value.entries()) {
      const copy = [...(value as unknown[])];
      // eslint-disable-next-line @typescript-eslint/no-array-delete
      if (item === undefined) delete copy[i];
      else copy[i] = item;
      yield copy;
      for (const each of spoiledInside(own, item)) yield (value as unknown[]).with(i, each);
    }
  } else if (value instanceof Map) {
    for (const [key, own] of value as Map<unknown, unknown>) {
      yield new Map(value).set(key, item);
      for (const each of spoiledInside(own, item)) yield new Map(value).set(key, each);
    }
  } else if (
    typeof value === 'object' &&
    value !== null &&
    Object.getPrototypeOf(value) === Object.prototype
  ) {
    for (const [key, own] of Object.entries(value)) {
      yield { ...value, [key]: item };
      for (const each of spoiledInside(own, item)) yield { ...value, [key]: each };
    }
  }
}

const wrongKinds = (value: unknown): readonly unknown[] =>
  new Map<string, readonly unknown[]>([
    ['boolean', ['false', 1, {}, Symbol('s')]],
    ['number', ['1', {}, true, Symbol('s')]],
    ['string', [1, {}, true, Symbol('s')]],
    ['function', [1, 'text', {}]],
  ]).get(typeof value) ?? [1.5, 'text', Symbol('s')];

const snake = (key: string): string =>
  key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const attempt = (call: PublicCall, sample: Sample): unknown => {
  try {
    makeCall(call, sample);
    return undefined;
  } catch (error) {
    return error ?? new Error('nothing was thrown');
  }
};
const show = (value: unknown): string =>
  typeof value === 'symbol' ? 'Symbol()' : typeof value === 'object' ? 'an object' : `${value as string}`; // prettier-ignore

function refusal(error: unknown, what: string): string | null {
  if (error === undefined) return `${what}: accepted`;
  const wrong = fault(error);
  if (wrong !== null) return `${what}: ${wrong}`;
  if (error instanceof TypeError || error instanceof RangeError) return null;
  return `${what}: ${(error as Error).message}, which is neither a TypeError nor a RangeError`;
}

test('the table has a line for everything public, and no other', () => {
  const missing = calls.filter((call) => isMade(call) && sampleOf(call.name) === null);
  expect(missing.map(({ name }) => name)).toEqual([]);
  const names = new Set(calls.map(({ name }) => name));
  const isKnown = (name: string): boolean => names.has(name) || names.has(`Tensor.${name}`);
  expect(sampledNames.filter((name) => !isKnown(name))).toEqual([]);
});

const sampled = calls.filter((call) => isMade(call) && sampleOf(call.name) !== null);

// Switched on by a call of the table, it would look at every later backward.
afterEach(() => {
  ostinato.autograd.setDetectAnomaly(false);
});

describe.each(sampled.map((call) => [call.name, call] as const))('%s', (name, call) => {
  const fresh = (): Sample => sampleOf(name)!;

  test('the call of the table works', () => {
    expect(() => makeCall(call, fresh())).not.toThrow();
  });

  test('whatever is passed, what comes back is a result or our sentence', () => {
    const found: string[] = [];
    const count = fresh().args.length;
    for (let i = 0; i < count; i++) {
      for (const [value, spoiled] of Object.entries(hostile)) {
        const sample = fresh();
        const args = sample.args.with(i, spoiled);
        const error = attempt(call, { ...sample, args });
        const wrong = error === undefined ? null : fault(error);
        if (wrong !== null) found.push(`argument ${i} is ${value}: ${wrong}`);
      }
    }
    for (let kept = 0; kept < count; kept++) {
      const sample = fresh();
      const error = attempt(call, { on: sample.on, args: sample.args.slice(0, kept) });
      const wrong = error === undefined ? null : fault(error);
      if (wrong !== null) found.push(`${kept} arguments: ${wrong}`);
    }
    expect(found).toEqual([]);
  });

  test('whatever is inside of what is passed, what comes back is a result or our sentence', () => {
    const found: string[] = [];
    const { args, options = {} } = fresh();
    for (const [value, item] of Object.entries(inside)) {
      for (const i of args.keys()) {
        for (const spoiled of spoiledInside(fresh().args[i], item)) {
          const sample = fresh();
          const error = attempt(call, { ...sample, args: sample.args.with(i, spoiled) });
          const wrong = error === undefined ? null : fault(error);
          if (wrong !== null) found.push(`argument ${i} has ${value} inside: ${wrong}`);
        }
      }
      for (const [key, given] of Object.entries(options)) {
        for (const spoiled of spoiledInside(given, item)) {
          const error = attempt(call, { ...fresh(), options: { ...options, [key]: spoiled } });
          const wrong = error === undefined ? null : fault(error);
          if (wrong !== null) found.push(`option ${key} has ${value} inside: ${wrong}`);
        }
      }
    }
    expect(found).toEqual([]);
  });

  if (call.options.length === 0) return;
  test('the table knows its options', () => {
    const { options } = fresh();
    expect(options).toBeDefined();
    expect(Object.keys(options!).filter((key) => !call.options.includes(key))).toEqual([]);
  });

  test('options: what is unknown, of the wrong kind or no object is refused', () => {
    const found: (string | null)[] = [];
    const spoil = (options: unknown, what: string): unknown => {
      const sample = fresh();
      const error = attempt(call, { on: sample.on, args: [...sample.args, options] });
      found.push(refusal(error, what));
      return error;
    };
    for (const other of [null, 'text', true, 3, Symbol('s'), revoked, ostinato.ones([2])]) {
      spoil(other, `${show(other)} in place of the options`);
    }
    const { options = {} } = fresh();
    for (const key of call.options) {
      const unknown = { ...options, [snake(key)]: options[key] };
      if (snake(key) !== key) {
        const error = spoil(unknown, snake(key));
        if (error instanceof Error && !error.message.includes(`'${key}'`)) {
          found.push(`${snake(key)}: does not name '${key}': ${error.message}`);
        }
      }
      if (!(key in options)) continue;
      for (const value of wrongKinds(options[key])) {
        spoil({ ...options, [key]: value }, `${key}: ${show(value)}`);
      }
    }
    spoil({ ...options, nonsense: 1 }, 'nonsense');
    expect(found.filter((one) => one !== null)).toEqual([]);
  });
});
