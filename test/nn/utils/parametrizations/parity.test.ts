// Parametrized modules against PyTorch 2.13 (test/fixtures/parametrize.py): states, results, gradients, training, removal.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { manualSeed, nn, optim, tensor, type Tensor } from 'ostinato';
import {
  expectPacked,
  expectResults,
  floats,
  inputOf,
  within,
  type Float,
  type Input,
  type Packed,
  type Results,
} from '../../fixture';
import { Scaled, Symmetric } from '../parametrize/samples';

interface Case {
  module: 'Linear';
  args: [number, number];
  parametrized: [name: string, what: number | null | 'Symmetric' | 'Scaled'][];
  seed: number;
  inputs: [Input];
  state: Record<string, Packed>;
  results: Record<Float, Results>;
  trained: Record<string, Packed>;
  removed: Record<string, Packed>;
}
const { cases } = JSON.parse(
  readFileSync(join(__dirname, '../../../fixtures/parametrize.json'), 'utf8'),
) as { cases: Case[] };

function expectState(module: nn.Module, expected: Record<string, Packed>, tolerance: number): void {
  const state = module.stateDict();
  expect([...state.keys()]).toEqual(Object.keys(expected));
  for (const [key, value] of Object.entries(expected)) {
    expectPacked(state.get(key)!, value, tolerance);
  }
}

const { parametrize, parametrizations } = nn.utils;

it.each(cases.map((one) => [`${one.module} ${JSON.stringify(one.parametrized)}`, one] as const))(
  '%s',
  (_, one) => {
    manualSeed(one.seed);
    const module = new nn[one.module](...one.args);
    for (const [name, what] of one.parametrized) {
      if (typeof what === 'string') {
        const made = what === 'Scaled' ? new Scaled() : new Symmetric();
        expect(parametrize.registerParametrization(module, name, made)).toBe(module);
      } else expect(parametrizations.weightNorm(module, name, what)).toBe(module);
    }
    expectState(module, one.state, 1e-6);
    const forward = (x: Tensor): Tensor => {
      const out: Tensor | [Tensor] = module.forward(x);
      return Array.isArray(out) ? (out[0] as Tensor) : out;
    };
    const start = new Map(
      Object.entries(one.state).map(([key, { shape, values }]) => [
        key,
        tensor(Float32Array.from(values)).reshape(shape),
      ]),
    );
    for (const dtype of floats) {
      module.to(dtype).loadStateDict(start);
      module.zeroGrad();
      const expected = one.results[dtype];
      expectResults(forward, [inputOf(one.inputs[0], dtype)], expected, within[dtype]);
      for (const [key, { grad }] of module.namedParameters()) {
        expectPacked(grad, expected.parameters[key], within[dtype]);
      }
    }
    const optimizer = new optim.SGD(module.parameters(), { lr: 0.1 });
    const x = inputOf(one.inputs[0], 'float64').detach();
    for (let step = 0; step < 3; step++) {
      optimizer.zeroGrad();
      forward(x).square().sum().backward();
      optimizer.step();
    }
    expectState(module, one.trained, 1e-6);
    const last = forward(x).detach();
    for (const name of new Set(one.parametrized.map(([field]) => field))) {
      parametrize.removeParametrizations(module, name);
    }
    expectState(module, one.removed, 1e-6);
    expect(module.constructor).toBe(nn[one.module]);
    expect(forward(x).sub(last).abs().max().item()).toBeLessThan(1e-12);
  },
);

it('weightNorm refuses a weight that is parametrized already', () => {
  const layer = nn.utils.parametrizations.weightNorm(new nn.Linear(2, 3));
  expect(() => nn.utils.parametrizations.weightNorm(layer)).toThrow(
    /^weightNorm: weight of \w*Linear is parametrized already; length and direction can only be those of a plain weight$/,
  );
  expect(layer.forward(tensor([[1, 2]])).shape).toEqual([1, 3]);
});
