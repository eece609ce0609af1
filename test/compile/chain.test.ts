// Chains: elementwise calls fused tile by tile. Sizes are such that there are several tiles, and an incomplete last one.
import { autograd, compile, manualSeed, randn, setNumThreads, tensor, type Tensor } from 'ostinato';
import { expectSameBits } from '../support';

interface Case {
  readonly name: string;
  readonly shapes: readonly number[][];
  readonly f: (...xs: Tensor[]) => Tensor;
  /** Whether one chain computes everything, so that no intermediate result needs memory. */
  readonly whole: boolean;
}
const cases: readonly Case[] = [
  {
    name: 'one shape, with numbers',
    shapes: [
      [301, 203],
      [301, 203],
    ],
    f: (x, y) => x.mul(y).add(0.5).tanh().sub(y).square().mul(2),
    whole: true,
  },
  {
    name: 'gates: parts of rows',
    shapes: [
      [2003, 128],
      [2003, 128],
      [2003, 32],
    ],
    f: (x, y, c) => {
      const [i, f, g, o] = x.add(y).chunk(4, -1);
      const cell = f.sigmoid().mul(c).add(i.sigmoid().mul(g.tanh()));
      return o.sigmoid().mul(cell.tanh());
    },
    whole: true,
  },
  {
    name: 'a bias for each column, a factor for each row',
    shapes: [[307, 129], [129], [307, 1]],
    f: (x, bias, factor) => x.add(bias).relu().mul(factor).sub(bias).exp(),
    whole: true,
  },
  {
    name: 'comparisons, conditions and other element types',
    shapes: [[70001], [70001]],
    f: (x, y) => x.mul(2).where(x.gt(y), y.neg()).to('float64').sin().to('float32'),
    whole: true,
  },
  {
    name: 'parts that are written to',
    shapes: [
      [401, 64],
      [401, 64],
    ],
    f: (x, y) => {
      const out = x.mul(2);
      out.at(':', '3:40').mul_(y.at(':', '10:47'));
      out.add_(y);
      return out.sigmoid();
    },
    whole: true,
  },
  {
    name: 'rows that move: no chain',
    shapes: [
      [400, 400],
      [400, 400],
    ],
    f: (x, y) => {
      const z = x.mul(y);
      return z.add(z.t());
    },
    whole: false,
  },
  {
    name: 'a shift by one row: no chain across it',
    shapes: [[2001, 40]],
    f: (x) => {
      const z = x.mul(2).add(1);
      return z.at('1:2001').mul(z.at('0:2000')).exp();
    },
    whole: false,
  },
];

beforeEach(() => void manualSeed(0));

// Bytes by which ArrayBuffers grow in one synchronous call, beyond its result.
function memoryOf(call: () => Tensor): number {
  const before = process.memoryUsage().arrayBuffers;
  const out = call();
  return process.memoryUsage().arrayBuffers - before - 4 * out.numel;
}

describe.each(cases.map((one) => [one.name, one] as const))('%s', (_name, { shapes, f, whole }) => {
  if (whole) {
    it('takes no memory for intermediate results', () => {
      const inputs = shapes.map((shape) => randn(shape));
      const numel = Math.max(...inputs.map((x) => x.numel));
      const compiled = compile(f);
      // One intermediate result would take 4 bytes an element.
      expect(memoryOf(() => compiled(...inputs))).toBeLessThan(2 * numel + 1e5);
      // A collection may come between in one of these calls.
      const plain = [0, 1, 2].map(() => memoryOf(() => f(...inputs)));
      expect(Math.max(...plain)).toBeGreaterThan(4 * numel);
    });
  }

  it.each(['float32', 'float64'] as const)('has the bits of its calls, %s', (dtype) => {
    const compiled = compile(f);
    for (const threads of [1, 2]) {
      setNumThreads(threads);
      const inputs = shapes.map((shape) => randn(shape, { dtype }).requiresGrad_());
      const outs = [compiled(...inputs), f(...inputs)];
      expectSameBits([outs[0]], [outs[1]]);
      const options = { gradOutputs: [randn(outs[1].shape, { dtype: outs[1].dtype })] };
      const [a, b] = outs.map((out) => autograd.grad([out], inputs, options));
      expectSameBits(a, b);
    }
  });
});

it('covers rows of every remainder', () => {
  const f = (x: Tensor, b: Tensor): Tensor => x.add(b).sigmoid().mul(x).sub(1);
  const compiled = compile(f, { cacheSize: 1 });
  const b = randn([333]);
  for (const rows of [1, 2, 30, 31, 47, 48, 49, 97, 200]) {
    const x = randn([rows, 333]);
    expectSameBits([compiled(x, b)], [f(x, b)]);
  }
  for (const n of [1, 7, 8191, 8192, 8193, 20011]) {
    const x = randn([n]);
    const y = tensor([0.25]);
    expectSameBits([compiled(x, y)], [f(x, y)]);
  }
});
