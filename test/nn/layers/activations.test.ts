// Activation layers: values and printed forms of PyTorch 2.13 (with our names of arguments; a float prints as one).
// x = torch.tensor([[-4, -0.75, 0.25, 1.5], [-0.25, 0.5, 3.5, 7]], dtype=torch.float64); [f"{v:.13g}" for v in layer(x).flatten()]
import { nn, tensor, type Tensor } from 'ostinato';
import { flat } from '../../support';

interface Layer {
  forward(input: Tensor): Tensor;
  toString(): string;
}
const x = (): Tensor =>
  tensor(
    [
      [-4, -0.75, 0.25, 1.5],
      [-0.25, 0.5, 3.5, 7],
    ],
    { dtype: 'float64' },
  );

const table: readonly (readonly [Layer, string, readonly number[]])[] = [
  [
    new nn.CELU({ alpha: 2 }),
    'CELU(alpha=2.0)',
    [-1.729329433527, -0.6254214424181, 0.25, 1.5, -0.2350061948308, 0.5, 3.5, 7.0],
  ],
  [
    new nn.GLU(),
    'GLU(dim=-1)',
    [-2.248706003543, -0.6131808571452, -0.2426719423122, 0.4995444744028],
  ],
  [new nn.Hardshrink(), 'Hardshrink(0.5)', [-4.0, -0.75, 0.0, 1.5, 0.0, 0.0, 3.5, 7.0]],
  [
    new nn.Hardsigmoid(),
    'Hardsigmoid()',
    [0.0, 0.375, 0.5416666666667, 0.75, 0.4583333333333, 0.5833333333333, 1.0, 1.0],
  ],
  [
    new nn.Hardswish(),
    'Hardswish()',
    [-0.0, -0.28125, 0.1354166666667, 1.125, -0.1145833333333, 0.2916666666667, 3.5, 7.0],
  ],
  [
    new nn.Hardtanh({ minVal: -2, maxVal: 3 }),
    'Hardtanh(minVal=-2.0, maxVal=3.0)',
    [-2.0, -0.75, 0.25, 1.5, -0.25, 0.5, 3.0, 3.0],
  ],
  [
    new nn.LogSigmoid(),
    'LogSigmoid()',
    [
      -4.018149927918, -1.136871006115, -0.5759394198788, -0.2014132779828, -0.8259394198788,
      -0.4740769841801, -0.02975041827262, -0.0009114664537742,
    ],
  ],
  [
    new nn.Mish(),
    'Mish()',
    [
      -0.07259174079203, -0.2764947145055, 0.1695724096638, 1.403378266396, -0.1299269636791,
      0.3752452113049, 3.493990715118, 6.99998837981,
    ],
  ],
  [
    new nn.PReLU(1, { dtype: 'float64' }),
    'PReLU(numParameters=1)',
    [-1.0, -0.1875, 0.25, 1.5, -0.0625, 0.5, 3.5, 7.0],
  ],
  [
    new nn.PReLU(4, { init: 0.5, dtype: 'float64' }),
    'PReLU(numParameters=4)',
    [-2.0, -0.375, 0.25, 1.5, -0.125, 0.5, 3.5, 7.0],
  ],
  [new nn.ReLU6(), 'ReLU6()', [0.0, 0.0, 0.25, 1.5, 0.0, 0.5, 3.5, 6.0]],
  [
    new nn.SELU(),
    'SELU()',
    [
      -1.72589862819, -0.9276320158351, 0.2626752468389, 1.576051481033, -0.3888901974781,
      0.5253504936777, 3.677453455744, 7.354906911488,
    ],
  ],
  [
    new nn.Softmin(-1),
    'Softmin(dim=-1)',
    [
      0.9459617342704, 0.03667891688546, 0.0134934194466, 0.003865929397496, 0.6681836783781,
      0.3156276207533, 0.01571417393323, 0.0004745269354267,
    ],
  ],
  [new nn.Softshrink(1), 'Softshrink(1)', [-3.0, 0.0, 0.0, 0.5, 0.0, 0.0, 2.5, 6.0]],
  [
    new nn.Tanhshrink(),
    'Tanhshrink()',
    [
      -3.000670700261, -0.1148510476127, 0.005081337596291, 0.5948517463551, -0.005081337596291,
      0.03788284273999, 2.501822102389, 6.000001663056,
    ],
  ],
  [
    new nn.Threshold(0.5, 20),
    'Threshold(threshold=0.5, value=20)',
    [20.0, 20.0, 20.0, 1.5, 20.0, 20.0, 3.5, 7.0],
  ],
];
it.each(table.map(([layer, text, values]) => [text, layer, values] as const))(
  '%s',
  (text, layer, values) => {
    expect(String(layer)).toBe(text);
    const y = flat(layer.forward(x()));
    const bad = y.filter((v, i) => Math.abs(v - values[i]) > 1e-12 * Math.max(1, Math.abs(v)));
    expect([y.length, bad]).toEqual([values.length, []]);
  },
);

const inplace = { inplace: true };
const overwriting = [
  [new nn.CELU(inplace), 'CELU(alpha=1.0, inplace=True)'],
  [new nn.Hardsigmoid(inplace), 'Hardsigmoid(inplace=True)'],
  [new nn.Hardswish(inplace), 'Hardswish(inplace=True)'],
  [new nn.Hardtanh(inplace), 'Hardtanh(minVal=-1.0, maxVal=1.0, inplace=True)'],
  [new nn.Mish(inplace), 'Mish(inplace=True)'],
  [new nn.ReLU6(inplace), 'ReLU6(inplace=True)'],
  [new nn.SELU(inplace), 'SELU(inplace=True)'],
  [new nn.Threshold(0.1, 20, inplace), 'Threshold(threshold=0.1, value=20, inplace=True)'],
] as const;
it.each(overwriting.map(([layer, text]) => [text, layer] as const))('%s', (text, layer) => {
  expect(String(layer)).toBe(text);
  const input = x();
  const Plain = layer.constructor as new (...args: unknown[]) => Layer;
  const expected = new Plain(...(layer instanceof nn.Threshold ? [0.1, 20] : [])).forward(x());
  expect(layer.forward(input)).toBe(input);
  expect(flat(input)).toEqual(flat(expected));
});

it('PReLU learns its slopes, which stateDict has under the name of PyTorch', () => {
  const layer = new nn.PReLU(4);
  layer.forward(x().float()).sum().backward();
  expect([...layer.stateDict().keys()]).toEqual(['weight']);
  expect(flat(layer.weight.grad!)).toEqual([-4.25, -0.75, 0, 0]);
  expect(() => new nn.Hardtanh({ minVal: 2, maxVal: 2 })).toThrow(
    new RangeError('Hardtanh: minVal must be below maxVal, got 2 and 2'),
  );
});

describe('of int32, limits lose their fraction', () => {
  const F = nn.functional;
  const i = (): Tensor => tensor([-3, -1, 0, 1, 2, 7, 9], { dtype: 'int32' });
  // i = torch.tensor([-3, -1, 0, 1, 2, 7, 9], dtype=torch.int32); F.hardtanh(i, -2.7, 2.7), F.relu6(i), F.threshold(i, 1.5, 9.7), …
  const cases: [string, (y: Tensor, given: { inplace: boolean }) => Tensor, number[]][] = [
    ['hardtanh', (y, given) => F.hardtanh(y, { minVal: -2.7, maxVal: 2.7, ...given }), [-2, -1, 0, 1, 2, 2, 2]],
    ['hardtanh to 0', (y, given) => F.hardtanh(y, { minVal: -0.5, maxVal: 0.5, ...given }), [0, 0, 0, 0, 0, 0, 0]],
    ['relu6', (y, given) => F.relu6(y, given), [0, 0, 0, 1, 2, 6, 6]],
    ['threshold', (y, given) => F.threshold(y, 1.5, 9.7, given), [9, 9, 9, 9, 2, 7, 9]],
    ['threshold below 0', (y, given) => F.threshold(y, -2.5, -9.7, given), [-9, -1, 0, 1, 2, 7, 9]],
  ]; // prettier-ignore
  it.each(cases)('%s', (_, call, expected) => {
    const y = i();
    const out = call(y, { inplace: false });
    expect([out.dtype, flat(out)]).toEqual(['int32', expected]);
    expect(flat(y)).toEqual(flat(i()));
    expect(call(y, { inplace: true })).toBe(y);
    expect(flat(y)).toEqual(expected);
  });
});
