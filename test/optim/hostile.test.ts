// What a user can change of an optimizer is checked before a kernel reads it: every entry of every optimizer's state, found from
// the states themselves, the groups, and state dicts. Nothing is updated then.
import { empty, nn, ones, optim, Tensor, zeros } from 'ostinato';

/** What the types forbid. */
const forced = (value: unknown): never => value as never;
const makers: Readonly<Record<string, (params: Tensor[]) => optim.Optimizer>> = {
  SGD: (params) => new optim.SGD(params, { momentum: 0.9 }),
  Adam: (params) => new optim.Adam(params, { amsgrad: true }),
  AdamW: (params) => new optim.AdamW(params),
  RMSprop: (params) => new optim.RMSprop(params, { momentum: 0.9, centered: true }),
  Adagrad: (params) => new optim.Adagrad(params),
  NAdam: (params) => new optim.NAdam(params),
  RAdam: (params) => new optim.RAdam(params),
  Adamax: (params) => new optim.Adamax(params),
  Adadelta: (params) => new optim.Adadelta(params),
  ASGD: (params) => new optim.ASGD(params),
  Rprop: (params) => new optim.Rprop(params),
};

// LBFGS has its own in lbfgs.test.ts.
it('has every optimizer', () => {
  const classes = Object.entries(optim).filter(
    ([name, Class]) => typeof Class === 'function' && !['Optimizer', 'LBFGS'].includes(name),
  );
  expect(Object.keys(makers).sort()).toEqual(classes.map(([name]) => name).sort());
});

interface Made {
  readonly params: nn.Parameter[];
  readonly optimizer: optim.Optimizer;
  readonly state: Record<string, unknown>;
}
function made(name: string): Made {
  const params = [new nn.Parameter(ones([2])), new nn.Parameter(ones([3, 4]))];
  const optimizer = makers[name](params);
  for (const param of params) param.sum().backward();
  optimizer.step();
  return { params, optimizer, state: optimizer.state.get(params[1])! };
}

const must = "contiguous, float32 and of its parameter's shape [3, 4]";
const noTensors: readonly (readonly [unknown, string])[] = [
  ['5', "'5'"],
  [3, '3'],
  [undefined, 'undefined'],
  [{}, 'an object'],
  [1n, '1n'],
  [Symbol('s'), 'Symbol(s)'],
  [Object.create(Tensor.prototype as object), 'a Tensor'],
];
const misfits: readonly (readonly [Tensor, string])[] = [
  [zeros([1]), 'float32 [1]'],
  [zeros([12]), 'float32 [12]'],
  [zeros([0]), 'float32 [0]'],
  [zeros([3, 4], { dtype: 'float64' }), 'float64 [3, 4]'],
  [zeros([3, 4], { dtype: 'int32' }), 'int32 [3, 4]'],
  [zeros([4, 3]).t(), 'float32 [3, 4], not contiguous'],
  [zeros([1, 4]).expand([3, 4]), 'float32 [3, 4], not contiguous'],
];
const noSteps: readonly (readonly [unknown, string, boolean])[] = [
  ['5', "'5'", true],
  [null, 'null', true],
  [undefined, 'undefined', true],
  [2n, '2n', true],
  [zeros([]), 'a Tensor', true],
  [NaN, 'NaN', false],
  [-1, '-1', false],
  [0.5, '0.5', false],
  [Infinity, 'Infinity', false],
];
const noScalars = noSteps.filter(([value]) => value !== -1 && value !== 0.5);

describe.each(Object.keys(makers))('%s', (name) => {
  const refusalsOf = (key: string): [unknown, Error][] => {
    const where = `${name}.step: state.${key}`;
    if (key === 'step') {
      return noSteps.map(([value, text, isKind]) => [
        value,
        new (isKind ? TypeError : RangeError)(
          `${where} must be an integer of at least 0, got ${text}`,
        ),
      ]);
    }
    if (['muProduct', 'eta', 'mu'].includes(key)) {
      return noScalars.map(([value, text, isKind]) => [
        value,
        new (isKind ? TypeError : RangeError)(`${where} must be a finite number, got ${text}`),
      ]);
    }
    return [
      ...noTensors.map(([value, text]): [unknown, Error] => [
        value,
        new TypeError(`${where} must be a Tensor, got ${text}`),
      ]),
      ...misfits.map(([value, text]): [unknown, Error] => [
        value,
        new RangeError(`${where} must be ${must}, got ${text}`),
      ]),
    ];
  };

  it.each(Object.keys(made(name).state))('state.%s', (key) => {
    for (const [value, error] of refusalsOf(key)) {
      const { params, optimizer, state } = made(name);
      const first = { ...optimizer.state.get(params[0]) };
      const before = params.map((param) => param.toArray());
      state[key] = value;
      expect(() => optimizer.step()).toThrow(error);
      expect(params.map((param) => param.toArray())).toEqual(before);
      expect(optimizer.state.get(params[0])!['step']).toBe(first['step']);
    }
    const { optimizer, state } = made(name);
    delete state[key];
    const isScalar = typeof made(name).state[key] === 'number';
    const what =
      key === 'step' ? 'an integer of at least 0' : isScalar ? 'a finite number' : 'a Tensor';
    expect(() => optimizer.step()).toThrow(
      new TypeError(`${name}.step: state.${key} must be ${what}, got undefined`),
    );
  });

  it('a parameter of another element type than its state', () => {
    const model = new nn.Linear(4, 3);
    const optimizer = makers[name]([...model.parameters()]);
    const step = (): void => {
      optimizer.zeroGrad();
      model
        .forward(ones([2, 4], { dtype: model.weight.dtype }))
        .sum()
        .backward();
      optimizer.step();
    };
    step();
    model.double();
    expect(step).toThrow(
      /^\w+\.step: state\.\w+ must be contiguous, float64 and of its parameter's shape \[3, 4\], got float32 \[3, 4\]$/,
    );
  });

  it('state, paramGroups and parameters that are none', () => {
    for (const key of ['state', 'paramGroups']) {
      const { optimizer } = made(name);
      Object.assign(optimizer, { [key]: null });
      const what = key === 'state' ? 'a Map' : 'an array';
      expect(() => optimizer.step()).toThrow(
        new TypeError(`${name}.step: ${key} must be ${what}, got null`),
      );
    }
    const { optimizer } = made(name);
    optimizer.paramGroups[0].params.push(forced({ accumulated: 1 }));
    expect(() => optimizer.step()).toThrow(
      new TypeError(`${name}: parameter 2 must be a Tensor, got an object`),
    );
  });

  it('a state dict with entries that do not fit', () => {
    const { optimizer } = made(name);
    const dict = optimizer.stateDict();
    for (const key of Object.keys(dict.state[1])) {
      for (const value of ['5', Symbol('s'), {}, zeros([12]), empty([2, 2], { dtype: 'int32' })]) {
        const spoiled = {
          ...dict,
          state: { ...dict.state, 1: { ...dict.state[1], [key]: value } },
        };
        expect(() => optimizer.loadStateDict(forced(spoiled))).toThrow(
          /^\w+\.loadStateDict: the state dict does not fit; nothing was loaded:\n {2}state 1: [\s\S]+$/,
        );
      }
    }
  });
});
