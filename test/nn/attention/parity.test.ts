// Attention against PyTorch 2.13 from the same seed: parameters, context, weights, gradients. Fixtures:
// test/fixtures/attention.py.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { manualSeed, nn, tensor, type Tensor } from 'ostinato';
import { relativeError } from '../../support';
import { expectPacked, floats, wave, type Float, type Packed } from '../fixture';

interface ModuleCase {
  module: 'AdditiveAttention' | 'MultiplicativeAttention';
  args: unknown[];
  seed: number;
  query: number[];
  keys: number[];
  values: number[] | null;
  lengths: number[] | null;
  state: Record<string, Packed>;
  results: Record<
    Float,
    { context: Packed; weights: Packed; inputs: Packed[]; parameters: Record<string, Packed> }
  >;
}
interface FunctionCase {
  options: nn.functional.AttentionOptions;
  shapes: number[][];
  mask: { bool: boolean; rows: (number | null)[][] } | null;
  seed: number;
  results: Record<Float, { output: Packed; inputs: Packed[] }>;
}
const fixture = JSON.parse(
  readFileSync(join(__dirname, '../../fixtures/attention.json'), 'utf8'),
) as { modules: ModuleCase[]; functions: FunctionCase[] };

const tolerance: Record<Float, number> = { float32: 1e-5, float64: 1e-9 };
const leaf = (shape: number[], phase: number, dtype: Float): Tensor =>
  wave(shape, phase, dtype).detach().requiresGrad_();

function make({ module, args, seed }: ModuleCase): nn.Attention {
  manualSeed(seed);
  const Kind = nn[module] as unknown as new (...args: unknown[]) => nn.Attention;
  return new Kind(...args);
}

const named = (each: { args?: unknown[] }, i: number): string =>
  `${i} ${JSON.stringify(each.args ?? each)}`;

describe.each(
  fixture.modules.map((each, i) => [`${each.module} ${named(each, i)}`, each] as const),
)('%s', (_, each) => {
  it('draws the same parameters', () => {
    const state = make(each).stateDict();
    expect([...state.keys()].sort()).toEqual(Object.keys(each.state).sort());
    for (const [key, value] of state) {
      expect(value.shape).toEqual(each.state[key].shape);
      expect(relativeError(value.toTypedArray(), each.state[key].values)).toBeLessThanOrEqual(1e-6);
    }
  });

  it.each(floats)('attends as PyTorch does, %s', (dtype) => {
    const expected = each.results[dtype];
    const within = tolerance[dtype];
    const module = make(each);
    const state = Object.entries(each.state).map(
      ([key, { shape, values }]) => [key, tensor(values).reshape(shape)] as const,
    );
    module.loadStateDict(new Map(state));
    module.to(dtype);
    const query = leaf(each.query, 1, dtype);
    const keys = leaf(each.keys, 2, dtype);
    const values = each.values && leaf(each.values, 3, dtype);
    const mask = each.lengths && nn.functional.paddingMask(each.lengths, each.keys[1]);
    const [context, weights] = module.forward(query, keys, { mask, values });
    expectPacked(context, expected.context, within);
    expectPacked(weights, expected.weights, within);
    context
      .mul(wave(context.shape, 9, dtype))
      .sum()
      .add(weights.mul(wave(weights.shape, 5, dtype)).sum())
      .backward();
    const inputs = values === null ? [query, keys] : [query, keys, values];
    inputs.forEach((x, i) => expectPacked(x.grad, expected.inputs[i], within));
    const parameters = module.namedParameters();
    expect(parameters).toHaveLength(Object.keys(expected.parameters).length);
    for (const [key, p] of parameters) expectPacked(p.grad, expected.parameters[key], within);
  });
});

describe.each(
  fixture.functions.map(
    (each, i) => [named({ args: [each.options, each.mask] }, i), each] as const,
  ),
)('scaledDotProductAttention %s', (_, { options, shapes, mask, seed, results }) => {
  it.each(floats)('%s', (dtype) => {
    const [q, k, v] = shapes.map((shape, i) => leaf(shape, i + 1, dtype));
    const rows = mask?.rows.map((row) => row.map((x) => x ?? -Infinity));
    const attnMask = rows ? tensor(rows, { dtype: mask!.bool ? 'bool' : dtype }) : null;
    manualSeed(seed);
    const out = nn.functional.scaledDotProductAttention(q, k, v, { ...options, attnMask });
    expectPacked(out, results[dtype].output, tolerance[dtype]);
    out
      .mul(wave(out.shape, 9, dtype))
      .sum()
      .backward();
    [q, k, v].forEach((x, i) => expectPacked(x.grad, results[dtype].inputs[i], tolerance[dtype]));
  });
});
