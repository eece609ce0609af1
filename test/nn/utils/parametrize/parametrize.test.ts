// Parametrizations: what a module is while it has them, assignment, copies, files, cached, and what is refused.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { arange, compile, deepcopy, io, manualSeed, nn, ones, optim, randn, tensor, zeros, type Tensor } from 'ostinato'; // prettier-ignore
import { expectClose } from '../../../support';
import { Scaled, Sum, Symmetric } from './samples';

const { weightNorm } = nn.utils.parametrizations;
const { cached, isParametrized, ParametrizationList, registerParametrization, removeParametrizations } = nn.utils.parametrize; // prettier-ignore
const computed = (module: nn.Module, name = 'weight'): Tensor =>
  (module as unknown as Record<string, Tensor>)[name];

it('prints, and says what is parametrized', () => {
  const layer = weightNorm(new nn.LSTM(3, 4), 'weight_hh_l0');
  registerParametrization(layer, 'bias_hh_l0', new Scaled());
  expect(String(layer)).toBe(
    [
      'ParametrizedLSTM(',
      '  3, 4',
      '  (parametrizations): ModuleDict(',
      '    (weight_hh_l0): ParametrizationList(',
      '      (0): _WeightNorm()',
      '    )',
      '    (bias_hh_l0): ParametrizationList(',
      '      (0): Scaled()',
      '    )',
      '  )',
      ')',
    ].join('\n'),
  );
  expect(layer).toBeInstanceOf(nn.LSTM);
  expect([isParametrized(layer), isParametrized(layer, 'weight_hh_l0'), isParametrized(layer, 'weight_ih_l0')]).toEqual([true, true, false]); // prettier-ignore
  expect(isParametrized(new nn.Linear(1, 1))).toBe(false);
});

it.each([
  ['RNN', () => new nn.RNN(3, 4), 'weight_hh_l0'],
  ['GRU', () => new nn.GRU(3, 4, { numLayers: 2 }), 'weight_ih_l1'],
  ['JANET', () => new nn.JANET(3, 4), 'weight_hh_l0'],
  ['a peephole LSTM', () => new nn.LSTM(3, 4, { peephole: true, weightDropout: 0.5 }), 'weight_hh_l0'],
  ['a projected LSTM', () => new nn.LSTM(3, 4, { projSize: 2 }), 'weight_hr_l0'],
] as [string, () => nn.RNN, string][])('%s: copied, saved and loaded, trained', (_, make, name) => {
  manualSeed(1);
  const layer = weightNorm(make(), name).eval();
  const x = randn([6, 2, 3]);
  const [out] = layer.forward(x);
  const copy = deepcopy(layer);
  expect(String(copy)).toBe(String(layer));
  expectClose(copy.forward(x)[0], out, 0);
  const file = join(mkdtempSync(join(tmpdir(), 'ostinato-parametrize-')), 'model.safetensors');
  io.saveSafetensors(file, layer.stateDict());
  const other = weightNorm(make(), name).eval();
  other.loadStateDict(io.loadSafetensors(file));
  expectClose(other.forward(x)[0], out, 0);
  const optimizer = new optim.Adam(layer.train().parameters(), { lr: 0.05 });
  const loss = (): Tensor => layer.forward(x)[0].sub(0.5).square().mean();
  const before = loss().item();
  for (let step = 0; step < 30; step++) {
    optimizer.zeroGrad();
    loss().backward();
    optimizer.step();
  }
  expect(loss().item()).toBeLessThan(before * 0.9);
  // The copies have parts of their own.
  expectClose(copy.forward(x)[0], out, 0);
  removeParametrizations(layer.eval(), name);
  expectClose(copy.forward(x)[0], out, 0);
  expectClose(layer.forward(x)[0], weightNorm(layer, name).forward(x)[0], 1e-6);
}); // prettier-ignore

it('works in cells that are unrolled, and compiled', () => {
  const cell = weightNorm(new nn.GRUCell(3, 4), 'weight_hh');
  const x = randn([5, 2, 3]);
  let h = zeros([2, 4]);
  for (const step of x.unbind(0)) h = cell.forward(step, h);
  const [, last] = new nn.Recurrent(cell).forward(x);
  expectClose(last, h, 1e-6);
  const layer = weightNorm(new nn.Linear(3, 2));
  const f = compile((y: Tensor) => layer.forward(y));
  expectClose(f(x), layer.forward(x), 0);
  layer.parameters()[1].detach().mul_(2);
  expectClose(f(x), layer.forward(x), 0);
});

it('is assigned through the inverses, from the last to the first', () => {
  const layer = new nn.Linear(3, 3, { bias: false });
  const start = layer.weight.clone();
  registerParametrization(layer, 'weight', new Sum());
  registerParametrization(layer, 'weight', new Scaled());
  expect([...layer.stateDict().keys()]).toEqual([
    'parametrizations.weight.original0',
    'parametrizations.weight.original1',
  ]);
  expectClose(computed(layer), start.mul(0.5), 1e-6);
  const value = randn([3, 3]);
  const parameters = layer.parameters();
  layer.weight = value;
  expectClose(computed(layer), value, 1e-6);
  expect(layer.parameters().map((p, i) => p === parameters[i])).toEqual([true, true]);
  const again = registerParametrization(new nn.Linear(3, 3), 'weight', new Symmetric());
  expect(() => (again.weight = value)).toThrow(
    new TypeError(
      'ParametrizationList.rightInverse: Symmetric has no rightInverse, so that the tensor cannot be assigned',
    ),
  );
});

it('takes buffers, integers where unsafe, and other shapes', () => {
  const module = new nn.Module() as nn.Module & { seen: Tensor };
  module.registerBuffer('seen', arange(4).to('float32'));
  registerParametrization(module, 'seen', new Scaled());
  expect(module.namedBuffers().map(([name]) => name)).toEqual(['parametrizations.seen.original']);
  expect(module.seen.toArray()).toEqual([0, 1, 2, 3]);
  expect(module.stateDict().get('parametrizations.seen.original')!.toArray()).toEqual([0, 2, 4, 6]);
  removeParametrizations(module, 'seen', { leaveParametrized: false });
  expect(module.namedBuffers().map(([name]) => name)).toEqual(['seen']);
  expect(module.seen.toArray()).toEqual([0, 2, 4, 6]);
  class Row extends nn.Module {
    forward(x: Tensor): Tensor {
      return x.sum(0).to('int32');
    }
  }
  registerParametrization(module, 'seen', new Row(), { unsafe: true });
  expect([module.seen.shape, module.seen.dtype]).toEqual([[], 'int32']);
});

it('is left as it is by what is refused', () => {
  class Wrong extends nn.Module {
    forward(x: Tensor): Tensor {
      return x.sum(0);
    }
    rightInverse(y: Tensor): Tensor {
      return y.mul(3);
    }
  }
  const layer = new nn.Linear(3, 2);
  const before = layer.weight.clone();
  expect(() => registerParametrization(layer, 'weight', new Wrong())).toThrow(
    new RangeError(
      'ParametrizationList: the result must have shape [2, 3], got [3]; pass { unsafe: true } if that is meant',
    ),
  );
  expect([...layer.stateDict().keys()]).toEqual(['weight', 'bias']);
  expectClose(layer.weight, before, 0);
});

it('weightNorm of a vector has a length for each element, or one', () => {
  const layer = new nn.Linear(3, 2);
  const { bias } = layer;
  const before = bias.clone();
  for (const dim of [0, null]) {
    weightNorm(layer, 'bias', dim);
    const g = layer.stateDict().get('parametrizations.bias.original0')!;
    expect(g.shape).toEqual(dim === null ? [] : [2]);
    expectClose(computed(layer, 'bias'), before, 1e-6);
    removeParametrizations(layer, 'bias');
  }
});

it("weightNorm loads states of PyTorch's older weight_norm", () => {
  // torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(3, 2)), given what the state dict of torch.nn.utils.weight_norm's has
  const old = new Map([
    ['bias', tensor([0.5, -0.25])],
    ['weight_g', tensor([[2], [3]])],
    ['weight_v', tensor([[1, 2, 2], [0, 3, 4]])],
  ]); // prettier-ignore
  const linear = weightNorm(new nn.Linear(3, 2));
  expect(linear.loadStateDict(old)).toEqual({ missingKeys: [], unexpectedKeys: [] });
  expectClose(linear.forward(tensor([[1, 2, 3]])), tensor([[7.8333, 10.55]]), 1e-4);
  expect([...old.keys()]).toEqual(['bias', 'weight_g', 'weight_v']);

  const nested = new nn.ModuleList([weightNorm(new nn.LSTM(2, 1), 'weight_hh_l0')]);
  const named = ([key, x]: [string, Tensor]): [string, Tensor] => [
    key.replace('parametrizations.weight_hh_l0.original0', 'weight_hh_l0_g').replace('parametrizations.weight_hh_l0.original1', 'weight_hh_l0_v'),
    x.add(1),
  ]; // prettier-ignore
  const state = nested.stateDict();
  const former = new Map([...state].map(named));
  expect(former.has('0.weight_hh_l0_g')).toBe(true);
  nested.loadStateDict(former);
  expectClose(state.get('0.parametrizations.weight_hh_l0.original1')!, former.get('0.weight_hh_l0_v')!, 0); // prettier-ignore
  former.delete('0.weight_hh_l0_g');
  expect(nested.loadStateDict(former, { strict: false })).toEqual({
    missingKeys: ['0.parametrizations.weight_hh_l0.original0', '0.parametrizations.weight_hh_l0.original1'],
    unexpectedKeys: ['0.weight_hh_l0_v'],
  }); // prettier-ignore
});

it('copies a class that copies itself', () => {
  class Own extends nn.Module {
    readonly #factor = 2;
    layer = new nn.Linear(2, 2);
    scale = new nn.Parameter(ones([1]));
    [deepcopy.custom](): Own {
      return new Own();
    }
    forward(x: Tensor): Tensor {
      return this.layer.forward(x).mul(this.#factor).mul(this.scale);
    }
  }
  const module = registerParametrization(new Own(), 'scale', new Scaled());
  const copy = deepcopy(module);
  const x = randn([3, 2]);
  expectClose(copy.forward(x), module.forward(x), 0);
  expect(isParametrized(copy, 'scale')).toBe(true);
});

it('cached computes once, until it ends', () => {
  const layer = weightNorm(new nn.Linear(3, 2));
  expect(computed(layer)).not.toBe(computed(layer));
  const kept = cached(() => {
    const first = computed(layer);
    expect(cached(() => computed(layer))).toBe(first);
    expect(computed(layer)).toBe(first);
    return first;
  });
  expect(computed(layer)).not.toBe(kept);
  expectClose(kept, computed(layer), 0);
  cached(() => layer.forward(ones([1, 3])).add(layer.forward(ones([1, 3]))))
    .sum()
    .backward();
  expect(layer.parameters().every(({ grad }) => grad !== null)).toBe(true);
  expect(() => cached(() => Promise.resolve())).toThrow(
    new TypeError(
      'cached: the function returned a promise; what is computed is kept for synchronous code only, so await outside',
    ),
  );
  const f = compile((y: Tensor) => cached(() => layer.forward(y)));
  expect(() => f(ones([1, 3]))).toThrow(
    'compile: a parametrized tensor inside of cached cannot be traced: what is kept there is not computed in later runs; call cached outside',
  );
});

it('ParametrizationList says what it is computed of', () => {
  const weight = new nn.Parameter(ones([2]));
  const list = new ParametrizationList([new Sum(), new Scaled()], weight);
  expect([list.isTensor, list.ntensors, list.length, list.unsafe]).toEqual([false, 2, 2, false]);
  list.rightInverse(zeros([2]));
  expect(list.forward().toArray()).toEqual([0, 0]);
  const one = new ParametrizationList([new Scaled()], weight, { unsafe: true });
  expect([one.isTensor, one.ntensors, one.unsafe]).toEqual([true, 1, true]);
});

class Text extends nn.Module {
  forward(): Tensor {
    return 'text' as never;
  }
}
class Half extends nn.Module {
  forward(x: Tensor): Tensor {
    return x.to('float64');
  }
}
class Inverse extends nn.Module {
  forward(x: Tensor): Tensor {
    return x;
  }
  rightInverse(): Tensor {
    return 5 as never;
  }
}
const linear = (): nn.Linear => new nn.Linear(3, 2);
it.each<[string, () => unknown, Error]>([
  ['a name that is none', () => registerParametrization(linear(), 'weights', new Scaled()), new RangeError("registerParametrization: Linear has no parameter or buffer 'weights'")],
  ['a bias that is null', () => registerParametrization(new nn.Linear(2, 2, { bias: false }), 'bias', new Scaled()), new RangeError("registerParametrization: Linear has no parameter or buffer 'bias'")],
  ['a function', () => registerParametrization(linear(), 'weight', ((x: Tensor) => x) as never), new TypeError('registerParametrization: parametrization must be a Module, got a function')],
  ['no module', () => registerParametrization(1 as never, 'weight', new Scaled()), new TypeError('registerParametrization: module must be a Module, got 1')],
  ['another type', () => registerParametrization(linear(), 'weight', new Half()), new TypeError('ParametrizationList: the result must be float32, got float64; pass { unsafe: true } if that is meant')],
  ['no tensor', () => registerParametrization(linear(), 'weight', new Text()), new TypeError("ParametrizationList.forward: what Text gives must be a Tensor, got 'text'")],
  ['an inverse that is none', () => registerParametrization(linear(), 'weight', new Inverse()), new TypeError('ParametrizationList: rightInverse must give a Tensor or an array of them, got 5')],
  ['another type behind another', () => registerParametrization(weightNorm(linear()), 'weight', new Half()), new TypeError('registerParametrization: what the parametrization gives must be float32, got float64; pass { unsafe: true } if that is meant')],
  ['no modules', () => new ParametrizationList([], new nn.Parameter(ones([1]))), new RangeError('ParametrizationList: there must be at least one module')],
  ['removal of none', () => removeParametrizations(linear(), 'weight'), new RangeError("removeParametrizations: Linear has no parametrization of 'weight'")],
  ['removal to several', () => removeParametrizations(weightNorm(linear()), 'weight', { leaveParametrized: false }), new RangeError("removeParametrizations: 'weight' is computed of several tensors, so that only leaveParametrized keeps one")],
  ['a dimension that is none', () => weightNorm(linear(), 'weight', 2), new RangeError('weightNorm: dim must be an integer from -2 to 1, got 2')],
  ['a weight that is none', () => weightNorm(linear(), 'weight_g'), new RangeError("registerParametrization: Linear has no parameter or buffer 'weight_g'")],
  ['a parameter of the name', () => weightNorm(linear()).registerParameter('weight', new nn.Parameter(ones([2, 3]))), new RangeError("registerParameter: 'weight' is already something else in ParametrizedLinear; use another name")],
])('refuses %s', (_, run, error) => {
  expect(run).toThrow(error);
}); // prettier-ignore
