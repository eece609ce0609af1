// Chains: elementwise calls fused tile by tile. Sizes are such that there are several tiles, and an incomplete last one.
import { autograd, compile, manualSeed, randn, setNumThreads, tensor, type Tensor } from 'ostinato';
import { kernelNames } from '../../src/native/recording';
import { isChain, withChains, type Chain } from '../../src/compile/chain';
import { traceFunction } from '../../src/compile/traced';
import { expectSameBits } from '../support';

/** The chains of a function of float32 tensors of these shapes, as names of kernels. */
function chainsOf(shapes: readonly number[][], f: (...xs: Tensor[]) => Tensor): string[][] {
  const signatures = shapes.map((shape) => ({
    shape,
    dtype: 'float32' as const,
    requiresGrad: false,
  }));
  const traced = traceFunction(
    (xs) => f(...xs),
    signatures,
    false,
    () => false,
  );
  const steps = withChains(traced.forward, (buffer) => buffer.kind === 'made');
  return steps
    .filter((step): step is Chain => isChain(step))
    .map(({ links }) => links.map(({ call }) => kernelNames[call.kernel]));
}

interface Case {
  readonly name: string;
  readonly shapes: readonly number[][];
  readonly f: (...xs: Tensor[]) => Tensor;
  /** How many calls each chain has. */
  readonly chains: readonly number[];
}
const cases: readonly Case[] = [
  {
    name: 'one shape, with numbers',
    shapes: [
      [301, 203],
      [301, 203],
    ],
    f: (x, y) => x.mul(y).add(0.5).tanh().sub(y).square().mul(2),
    chains: [6],
  },
  {
    name: 'gates: parts of rows',
    shapes: [
      [203, 128],
      [203, 128],
      [203, 32],
    ],
    f: (x, y, c) => {
      const [i, f, g, o] = x.add(y).chunk(4, -1);
      const cell = f.sigmoid().mul(c).add(i.sigmoid().mul(g.tanh()));
      return o.sigmoid().mul(cell.tanh());
    },
    chains: [10],
  },
  {
    name: 'a bias for each column, a factor for each row',
    shapes: [[307, 129], [129], [307, 1]],
    f: (x, bias, factor) => x.add(bias).relu().mul(factor).sub(bias).exp(),
    chains: [5],
  },
  {
    name: 'comparisons, conditions and other element types',
    shapes: [[70001], [70001]],
    f: (x, y) => x.mul(2).where(x.gt(y), y.neg()).to('float64').sin().to('float32'),
    chains: [7],
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
    chains: [4],
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
    chains: [],
  },
  {
    name: 'a shift by one row: no chain across it',
    shapes: [[2001, 40]],
    f: (x) => {
      const z = x.mul(2).add(1);
      return z.at('1:2001').mul(z.at('0:2000')).exp();
    },
    chains: [2, 2],
  },
];

beforeEach(() => void manualSeed(0));

describe.each(cases.map((one) => [one.name, one] as const))(
  '%s',
  (_name, { shapes, f, chains }) => {
    it('is found', () => {
      const found = chainsOf(shapes, f);
      expect({ found, counts: found.map((names) => names.length) }).toEqual({
        found,
        counts: chains,
      });
    });

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
  },
);

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
