// AdaptiveLogSoftmaxWithLoss and LazyLinear against PyTorch 2.13 (test/fixtures/adaptive.py): first parameters, results, gradients.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  autograd,
  compile,
  deepcopy,
  manualSeed,
  nn,
  ones,
  optim,
  randn,
  tensor,
  type Tensor,
} from 'ostinato';
import { expectPacked, type Packed } from '../fixture';

interface Adaptive {
  args: [number, number, number[], nn.AdaptiveLogSoftmaxOptions];
  state: Record<string, Packed>;
  input: Packed;
  target: number[];
  output: Packed;
  loss: Packed;
  grads: (Packed | null)[];
  logProb: Packed;
  predict: number[];
  one: [Packed, Packed];
}
const fixture = JSON.parse(
  readFileSync(join(__dirname, '../../fixtures/adaptive.json'), 'utf8'),
) as {
  adaptive: Adaptive[];
  lazy: Record<string, Packed>[];
};
const ints = (values: readonly number[]): Tensor => tensor(Int32Array.from(values));

function expectState(layer: nn.Module, state: Record<string, Packed>): void {
  expect([...layer.stateDict().keys()]).toEqual(Object.keys(state));
  for (const [key, x] of layer.stateDict()) expectPacked(x, state[key], 1e-6);
}

describe('AdaptiveLogSoftmaxWithLoss', () => {
  it.each(fixture.adaptive.map((one) => [JSON.stringify(one.args), one] as const))(
    '%s',
    (_, one) => {
      manualSeed(5);
      const layer = new nn.AdaptiveLogSoftmaxWithLoss(...one.args);
      expectState(layer, one.state);
      layer.double();
      layer.loadStateDict(
        new Map(
          Object.entries(one.state).map(([key, { shape, values }]) => [
            key,
            tensor(values, { dtype: 'float64' }).reshape(shape),
          ]),
        ),
      );
      const x = tensor(one.input.values, { dtype: 'float64' }).reshape(one.input.shape).clone();
      x.requiresGrad_();
      const { output, loss } = layer.forward(x, ints(one.target));
      expectPacked(output, one.output, 1e-9);
      expectPacked(loss, one.loss, 1e-9);
      const weights = tensor(
        one.target.map((_unused, i) => (((i * 7) % 11) - 5) / 4),
        { dtype: 'float64' },
      );
      const grads = autograd.grad(
        [output.mul(weights).sum().add(loss)],
        [x, ...layer.parameters()],
        { allowUnused: true },
      );
      one.grads.forEach((expected, i) => {
        expectPacked(grads[i], expected, 1e-9);
      });
      expectPacked(layer.logProb(x), one.logProb, 1e-9);
      expect([...layer.predict(x.mul(4)).toTypedArray()]).toEqual(one.predict);
      const [single, singleLoss] = layer.forward(
        x.select(0, 0),
        tensor(one.target[0], { dtype: 'int32' }),
      );
      expectPacked(single, one.one[0], 1e-9);
      expectPacked(singleLoss, one.one[1], 1e-9);
    },
  );

  it('has second derivatives', () => {
    manualSeed(0);
    const layer = new nn.AdaptiveLogSoftmaxWithLoss(4, 6, [2, 4], { dtype: 'float64' });
    const of = (x: Tensor): Tensor => layer.forward(x, ints([0, 5, 3])).output;
    expect(autograd.gradgradcheck(of, [randn([3, 4], { dtype: 'float64' }).requiresGrad_()])).toBe(
      true,
    );
  });

  const layer = new nn.AdaptiveLogSoftmaxWithLoss(4, 6, [2, 4]);
  it.each<[() => unknown, Error]>([
    ...([[], [0, 2], [2, 2], [4, 2], [6]] as number[][]).map((cutoffs): [() => unknown, Error] => [
      () => new nn.AdaptiveLogSoftmaxWithLoss(4, 6, cutoffs),
      new RangeError(
        `AdaptiveLogSoftmaxWithLoss: cutoffs must be at least one, and increase from at least 1 to at most nClasses - 1 (5), got [${cutoffs.join(', ')}]`,
      ),
    ]),
    [
      () => layer.forward(ones([2, 4]), ints([0, 6])),
      new RangeError(
        'AdaptiveLogSoftmaxWithLoss.forward: target 6 at position 1 is not a class: there are 6 (0 to 5)',
      ),
    ],
    [
      () => layer.forward(ones([2, 4]), ints([0])),
      new RangeError(
        'AdaptiveLogSoftmaxWithLoss.forward: input must be [N, 4] with target [N], or [4] with [], got [2, 4] and [1]',
      ),
    ],
    [
      () => layer.forward(ones([2, 4]), ones([2])),
      new TypeError(
        "AdaptiveLogSoftmaxWithLoss.forward: target must be int32 class indices, got float32; convert it with to('int32')",
      ),
    ],
    [
      () => layer.predict(ones([4])),
      new RangeError('AdaptiveLogSoftmaxWithLoss.predict: input must be [N, 4], got [4]'),
    ],
  ])('refuses %#', (call, error) => {
    expect(call).toThrow(error);
  });
});

describe('LazyLinear', () => {
  it.each([
    [5, {}],
    [4, { bias: false }],
  ] as const)(
    'of %d features draws what PyTorch draws, and becomes a Linear',
    (features, options) => {
      manualSeed(5);
      const layer = new nn.LazyLinear(3, options);
      expect(String(layer)).toMatch(/^LazyLinear\(inFeatures=0, outFeatures=3, /);
      const optimizer = new optim.SGD(layer.parameters(), { lr: 0.1 });
      const out = layer.forward(ones([2, features]));
      expect(out.shape).toEqual([2, 3]);
      expectState(layer, fixture.lazy[features === 5 ? 0 : 1]);
      expect(String(layer)).toMatch(
        new RegExp(`^Linear\\(inFeatures=${features}, outFeatures=3, `),
      );
      expect(layer instanceof nn.Linear).toBe(true);
      const before = layer.weight.clone();
      out.sum().backward();
      optimizer.step();
      expect([...layer.weight.toTypedArray()]).toEqual(
        [...before.sub(0.2).toTypedArray()].map((v) => expect.closeTo(v, 5) as number),
      );
    },
  );

  it('takes its features from a state dict, and keeps its element type', () => {
    const from = new nn.Linear(4, 3, { dtype: 'float64' });
    const layer = new nn.Sequential(new nn.LazyLinear(3, { dtype: 'float64' }));
    const state = new Map([...from.stateDict()].map(([key, x]) => [`0.${key}`, x]));
    layer.loadStateDict(state);
    const x = randn([2, 4], { dtype: 'float64' });
    expect(layer.forward(x).toArray()).toEqual(from.forward(x).toArray());
    const wrong = new nn.LazyLinear(5);
    expect(() => wrong.loadStateDict(from.stateDict())).toThrow(
      new RangeError(
        "loadStateDict: the state dict does not fit LazyLinear; nothing was loaded:\n  shape of weight: [3, 4], but the module's is [5, 0]\n  shape of bias: [3], but the module's is [5]",
      ),
    );
  });

  it('is copied before and after its first input', () => {
    const layer = new nn.LazyLinear(3);
    const copy = deepcopy(layer);
    layer.forward(ones([2, 4]));
    expect(copy.inFeatures).toBe(0);
    expect(copy.forward(ones([2, 7])).shape).toEqual([2, 3]);
    expect(deepcopy(layer).inFeatures).toBe(4);
  });

  it('has hooks before its first input', () => {
    const layer = new nn.LazyLinear(3);
    const shapes: unknown[] = [];
    layer.registerForwardHook((_, __, out) => void shapes.push((out as Tensor).shape));
    layer.forward(ones([2, 4]));
    layer.forward(ones([5, 4]));
    expect(shapes).toEqual([[2, 3], [5, 3]]); // prettier-ignore
  });

  it.each<[() => unknown, Error]>([
    [
      () => new nn.LazyLinear(-1),
      new RangeError('LazyLinear: outFeatures must be an integer of at least 0, got -1'),
    ],
    [
      () => new nn.LazyLinear(2, { bias: 1 as never }),
      new TypeError('LazyLinear: bias must be true or false, got 1'),
    ],
    [
      () => new nn.LazyLinear(2).forward(tensor(3)),
      new RangeError('LazyLinear.forward: the first input must have at least one feature'),
    ],
    [
      () => new nn.LazyLinear(2).forward(ints([1])),
      new TypeError(
        "LazyLinear.forward: takes float32 or float64, got int32; convert with to('float32')",
      ),
    ],
    [
      () => {
        const layer = new nn.LazyLinear(2);
        return compile((x: Tensor) => layer.forward(x))(ones([2, 4]));
      },
      new Error(
        'compile: the first LazyLinear.forward cannot be traced: it makes the parameters; call the layer once outside',
      ),
    ],
  ])('refuses %#', (call, error) => {
    expect(call).toThrow(error);
  });
});
