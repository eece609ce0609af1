// Options: defaults, what is refused, and that nothing is read twice.
import {
  boolean,
  instanceOf,
  nearest,
  oneOf,
  optionsTable,
  positiveInteger,
  probability,
} from '../../src/check';

interface LayerOptions {
  numLayers?: number;
  batchFirst?: boolean;
  dropout?: number;
  mode?: 'sum' | 'mean';
  seed?: number;
}

const layer = optionsTable<LayerOptions, 'seed'>('Layer', {
  numLayers: positiveInteger.or(1),
  batchFirst: boolean.or(false),
  dropout: probability.or(0),
  mode: oneOf('sum', 'mean').or('mean'),
  seed: positiveInteger.optional,
});
const defaults = {
  numLayers: 1,
  batchFirst: false,
  dropout: 0,
  mode: 'mean',
  seed: undefined,
};
/** As a user without types would call it. */
const read = (given: unknown, operation?: string): unknown =>
  layer.read(given as LayerOptions, operation);

test('gives the same frozen defaults where no options are given', () => {
  expect(layer.read(undefined)).toBe(layer.defaults);
  expect(layer.defaults).toEqual(defaults);
  expect(Object.isFrozen(layer.defaults)).toBe(true);
  expect(read({})).toEqual(defaults);
  expect(read({ dropout: undefined })).toEqual(defaults);
});

test('puts what is given in place of the defaults', () => {
  expect(read({ numLayers: 2, seed: 3 })).toEqual({ ...defaults, numLayers: 2, seed: 3 });
});

test('counts what a prototype or a class has', () => {
  class Given {
    numLayers = 2;
    get batchFirst(): boolean {
      return true;
    }
  }
  expect(read(new Given())).toMatchObject({ numLayers: 2, batchFirst: true });
  expect(read(Object.create({ numLayers: 3 }))).toMatchObject({ numLayers: 3 });
  for (const own of [{}, { seed: 1 }]) {
    expect(() => read(Object.assign(Object.create({ layers: 3 }), own))).toThrow(
      "Layer: unknown option 'layers'; did you mean 'numLayers'?",
    );
  }
});

test.each<[unknown, string]>([
  [{ batch_first: true }, "Layer: unknown option 'batch_first'; did you mean 'batchFirst'?"],
  [{ batchfirst: true }, "Layer: unknown option 'batchfirst'; did you mean 'batchFirst'?"],
  [{ num_layer: 2 }, "Layer: unknown option 'num_layer'; did you mean 'numLayers'?"],
  [
    { hidden: 2 },
    "Layer: unknown option 'hidden'; the options are numLayers, batchFirst, dropout, mode, seed",
  ],
  [
    { toString: 2 },
    "Layer: unknown option 'toString'; the options are numLayers, batchFirst, dropout, mode, seed",
  ],
  [
    { numLayers: 2, [Symbol('s')]: 2 },
    'Layer: unknown option Symbol(s); the options are numLayers, batchFirst, dropout, mode, seed',
  ],
  [
    { [Symbol('s')]: 2 },
    'Layer: unknown option Symbol(s); the options are numLayers, batchFirst, dropout, mode, seed',
  ],
  [{ batchFirst: 'false' }, "Layer: batchFirst must be true or false, got 'false'"],
  [{ dropout: true }, 'Layer: dropout must be a probability from 0 to 1, got true'],
  [{ numLayers: null }, 'Layer: numLayers must be an integer of at least 1, got null'],
  [2, 'Layer: options must be an object, got 2; did you mean { numLayers: 2 }?'],
  [0.5, 'Layer: options must be an object, got 0.5; did you mean { dropout: 0.5 }?'],
  [true, 'Layer: options must be an object, got true; did you mean { batchFirst: true }?'],
  ['sum', "Layer: options must be an object, got 'sum'; did you mean { mode: 'sum' }?"],
  [
    null,
    'Layer: options must be an object, got null; the options are numLayers, batchFirst, dropout, mode, seed',
  ],
  [
    [2],
    'Layer: options must be an object, got [2]; the options are numLayers, batchFirst, dropout, mode, seed',
  ],
  [
    new Map([['numLayers', 2]]),
    'Layer: options must be an object, got a Map; the options are numLayers, batchFirst, dropout, mode, seed',
  ],
])('refuses %p', (given, message) => {
  expect(() => read(given)).toThrow(new TypeError(message));
});

test('says what to do without an option of PyTorch that does not exist here', () => {
  const table = optionsTable<{ reduction?: number }>('loss', { reduction: positiveInteger.or(1) });
  const refused =
    (given: object): (() => unknown) =>
    () =>
      table.read(given);
  expect(refused({ size_average: false })).toThrow(
    new TypeError("loss: unknown option 'size_average'; use reduction: 'mean', or 'sum' for false"),
  );
  expect(refused({ device: 'cpu' })).toThrow(
    new TypeError(
      "loss: unknown option 'device'; tensors are in the memory of the CPU, so leave it out",
    ),
  );
});

test('names the option that takes an instance', () => {
  class Seed {
    state = 1;
  }
  const table = optionsTable<{ size?: number; seed?: Seed }, 'seed'>('draw', {
    size: positiveInteger.or(1),
    seed: instanceOf(Seed).optional,
  });
  expect(() => table.read(new Seed() as never)).toThrow(
    new TypeError('draw: options must be an object, got a Seed; did you mean { seed: … }?'),
  );
});

test('refuses a value out of range with a RangeError', () => {
  expect(() => read({ numLayers: 0 })).toThrow(
    new RangeError('Layer: numLayers must be an integer of at least 1, got 0'),
  );
});

test('names the operation that it is told', () => {
  expect(() => read({ dropout: 2 }, 'MyLayer')).toThrow(
    'MyLayer: dropout must be a probability from 0 to 1, got 2',
  );
});

test('reads every option once', () => {
  const reads: string[] = [];
  const given = new Proxy(
    { numLayers: 2, dropout: 0.5 },
    {
      get(target, key) {
        if (typeof key === 'string') reads.push(key);
        return Reflect.get(target, key) as unknown;
      },
    },
  );
  expect(read(given)).toMatchObject({ numLayers: 2, dropout: 0.5 });
  expect(reads).toHaveLength(5);
  expect(new Set(reads)).toEqual(new Set(['numLayers', 'batchFirst', 'dropout', 'mode', 'seed']));
});

test('reads options of a getter that reads options itself', () => {
  const given = {
    numLayers: 2,
    get dropout(): number {
      expect(read({ numLayers: 3, seed: 4 })).toEqual({ ...defaults, numLayers: 3, seed: 4 });
      return 0.5;
    },
  };
  expect(read(given)).toEqual({ ...defaults, numLayers: 2, dropout: 0.5 });
});

test('keeps nothing of options that it refused', () => {
  expect(() => read({ numLayers: 0, seed: 3 })).toThrow(
    'Layer: numLayers must be an integer of at least 1, got 0',
  );
  expect(() => read({ seed: 3, weights: 3 })).toThrow(
    "Layer: unknown option 'weights'; the options are numLayers, batchFirst, dropout, mode, seed",
  );
  expect(read({})).toEqual(defaults);
});

test.each([[new Date()], [new Set([1])], [Promise.resolve()], [new Float32Array(0)]])(
  'takes %p for no options, though it has no names',
  (given) => {
    expect(() => read(given)).toThrow(
      /^Layer: options must be an object, got (a|an) .*; the options are numLayers, batchFirst, dropout, mode, seed$/,
    );
  },
);

test('has one sentence for a getter that throws and for a revoked Proxy', () => {
  const cause = new Error('no');
  const throwing = {
    get dropout(): number {
      throw cause;
    },
  };
  let caught: unknown;
  try {
    read(throwing);
  } catch (error) {
    caught = error;
  }
  expect(caught).toEqual(new TypeError('Layer: the options could not be read'));
  expect((caught as Error).cause).toBe(cause);
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  expect(() => read(proxy)).toThrow(
    'Layer: options must be an object, got an object that cannot be read; the options are numLayers, batchFirst, dropout, mode, seed',
  );
});

test('asks for what has no default', () => {
  const decode = optionsTable<{ start: number; end?: number }>('decode', {
    start: positiveInteger,
    end: positiveInteger.or(2),
  });
  expect(decode.read({ start: 1 })).toEqual({ start: 1, end: 2 });
  expect(() => decode.read({} as { start: number })).toThrow(
    new TypeError('decode: option start is required'),
  );
  expect(() => decode.read(undefined)).toThrow(
    'decode: options must be an object, got undefined; the options are start, end',
  );
});

test('is held to the interface by the compiler', () => {
  // @ts-expect-error an option without a row
  optionsTable<LayerOptions, 'seed'>('Layer', { numLayers: positiveInteger.or(1) });
  // @ts-expect-error a row without an option
  optionsTable<{ dim?: number }>('f', { dim: positiveInteger.or(1), size: positiveInteger.or(1) });
  // @ts-expect-error a default of another type
  optionsTable<{ dim?: number }>('f', { dim: boolean.or(true) });
  // @ts-expect-error an option that is undefined by default, but is not named as one
  optionsTable<{ dim?: number }>('f', { dim: positiveInteger.optional });
  // @ts-expect-error a word that the interface does not have
  optionsTable<{ mode?: 'a' | 'b' }>('f', { mode: oneOf('a', 'c').or('a') });
  expect(layer.read({}).numLayers + 1).toBe(2);
});

test.each([
  ['batch_first', 'batchFirst'],
  ['keepDim', 'keepdim'],
  ['learning_rate', 'lr'],
  ['learningRate', 'lr'],
  ['weightDecy', 'weightDecay'],
  ['colour', undefined],
])('nearest: %s is %s', (given, name) => {
  expect(nearest(given, ['lr', 'keepdim', 'batchFirst', 'weightDecay'])).toBe(name);
});
