// State dicts: sharing, round trips, and everything that loading refuses, at once and before anything changes.
import * as nn from '../../src/nn';
import { ones, tensor, zeros } from '../../src/ops';
import type { Tensor } from '../../src/tensor/tensor';

class Net extends nn.Module {
  fc = new nn.Linear(2, 3);
  norm = new nn.LayerNorm(3);
  constructor() {
    super();
    this.registerBuffer('count', tensor([0], { dtype: 'int32' }));
    this.registerBuffer('scratch', zeros([4]), { persistent: false });
  }
  forward(x: Tensor): Tensor {
    return this.norm.forward(this.fc.forward(x));
  }
}

const copy = (state: ReadonlyMap<string, Tensor>): Map<string, Tensor> =>
  new Map([...state].map(([name, value]) => [name, value.clone()]));
const values = (module: nn.Module): unknown[] =>
  [...module.stateDict().values()].map((value) => value.toArray());

describe('stateDict', () => {
  it('has PyTorch’s keys, own buffers before children, no buffer that is not persistent', () => {
    expect([...new Net().stateDict().keys()]).toEqual([
      'count',
      'fc.weight',
      'fc.bias',
      'norm.weight',
      'norm.bias',
    ]);
    expect([...new nn.Linear(1, 1).stateDict({ prefix: 'a.' }).keys()]).toEqual([
      'a.weight',
      'a.bias',
    ]);
  });

  it('is detached and shares memory', () => {
    const layer = new nn.Linear(2, 2);
    const weight = layer.stateDict().get('weight')!;
    expect(weight.requiresGrad).toBe(false);
    weight.fill_(3);
    expect(layer.weight.toArray()).toEqual([
      [3, 3],
      [3, 3],
    ]);
  });
});

describe('loadStateDict', () => {
  it('makes another module equal, and keeps its parameters’ identity', () => {
    const [from, to] = [new Net(), new Net()];
    const { weight } = to.fc;
    expect(values(to)).not.toEqual(values(from));
    expect(to.loadStateDict(from.stateDict())).toEqual({ missingKeys: [], unexpectedKeys: [] });
    expect(values(to)).toEqual(values(from));
    expect(to.fc.weight).toBe(weight);
    expect(weight.requiresGrad).toBe(true);
    from.fc.stateDict().get('weight')!.fill_(0);
    expect(values(to)).not.toEqual(values(from));
  });

  it('converts between float types', () => {
    const [from, to] = [new Net().double(), new Net()];
    to.loadStateDict(from.stateDict());
    expect(to.fc.weight.dtype).toBe('float32');
    expect(to.fc.weight.toTypedArray()).toEqual(Float32Array.from(from.fc.weight.toTypedArray()));
  });

  it('reads a transposed tensor', () => {
    const layer = new nn.Linear(2, 3, { bias: false });
    layer.loadStateDict(new Map([['weight', tensor([[1, 2, 3], [4, 5, 6]]).t()]])); // prettier-ignore
    expect(layer.weight.toArray()).toEqual([
      [1, 4],
      [2, 5],
      [3, 6],
    ]);
  });

  it('lists every missing, unexpected, misshapen and mistyped key at once, and loads nothing', () => {
    const net = new Net();
    const before = values(net);
    const state = copy(new Net().stateDict()) as Map<string, unknown>;
    state.delete('fc.bias');
    state.set('fc.wieght', ones([1]));
    state.set('fc.weight', ones([3, 3]));
    state.set('norm.weight', ones([3], { dtype: 'int32' }));
    state.set('norm.bias', [0, 0, 0]);
    state.set('count', tensor([1.5]));
    const load = (): unknown => net.loadStateDict(state as Map<string, Tensor>);
    expect(load).toThrow(
      new TypeError(
        "loadStateDict: the state dict does not fit Net; nothing was loaded:\n  missing: fc.bias\n  unexpected: fc.wieght\n  dtype of count: float32, but the module's is int32\n  shape of fc.weight: [3, 3], but the module's is [3, 2]\n  dtype of norm.weight: int32, but the module's is float32\n  not a tensor: norm.bias is [0, 0, 0]",
      ),
    );
    expect(load).toThrow(
      [
        'loadStateDict: the state dict does not fit Net; nothing was loaded:',
        '  missing: fc.bias',
        '  unexpected: fc.wieght',
        "  dtype of count: float32, but the module's is int32",
        "  shape of fc.weight: [3, 3], but the module's is [3, 2]",
        "  dtype of norm.weight: int32, but the module's is float32",
        '  not a tensor: norm.bias is [0, 0, 0]',
      ].join('\n'),
    );
    expect(values(net)).toEqual(before);
  });

  it('throws a RangeError where only keys and shapes are wrong', () => {
    const layer = new nn.Linear(1, 1);
    expect(() => layer.loadStateDict(new Map())).toThrow(
      new RangeError(
        'loadStateDict: the state dict does not fit Linear; nothing was loaded:\n  missing: weight\n  missing: bias',
      ),
    );
    const state = copy(layer.stateDict()).set('weight', ones([2, 1]));
    expect(() => layer.loadStateDict(state)).toThrow(
      "loadStateDict: the state dict does not fit Linear; nothing was loaded:\n  shape of weight: [2, 1], but the module's is [1, 1]",
    );
  });

  it('returns missing and unexpected keys when not strict, but still refuses shapes', () => {
    const layer = new nn.Linear(1, 1);
    const state = new Map([
      ['weight', tensor([[5]])],
      ['other', zeros([1])],
    ]);
    expect(layer.loadStateDict(state, { strict: false })).toEqual({
      missingKeys: ['bias'],
      unexpectedKeys: ['other'],
    });
    expect(layer.weight.item()).toBe(5);
    state.set('weight', ones([1]));
    expect(() => layer.loadStateDict(state, { strict: false })).toThrow(
      "loadStateDict: the state dict does not fit Linear; nothing was loaded:\n  shape of weight: [1], but the module's is [1, 1]",
    );
  });

  it.each([
    [null, 'null'],
    [{ weight: 1 }, 'an object'],
    ['file.safetensors', "'file.safetensors'"],
  ])('refuses %s for a state dict', (state, shown) => {
    const load = (): unknown => new nn.Linear(1, 1).loadStateDict(state as never);
    expect(load).toThrow(
      new TypeError(
        `loadStateDict: the state dict must be a Map from names to tensors, got ${shown}; new Map(Object.entries(…)) makes one of an object`,
      ),
    );
  });

  it('reads views of the module’s own memory before it writes', () => {
    const layer = new nn.Linear(2, 2, { bias: false });
    layer.loadStateDict(new Map([['weight', tensor([[1, 2], [3, 4]])]])); // prettier-ignore
    layer.loadStateDict(new Map([['weight', layer.weight.t()]]));
    expect(layer.weight.toArray()).toEqual([[1, 3], [2, 4]]); // prettier-ignore
    const state = layer.stateDict();
    layer.loadStateDict(new Map([['weight', state.get('weight')!.flip(0)]]));
    expect(layer.weight.toArray()).toEqual([[2, 4], [1, 3]]); // prettier-ignore
  });

  it('exchanges two tensors of one module', () => {
    const pair = new nn.Sequential(new nn.Linear(1, 1), new nn.Linear(1, 1));
    const state = pair.stateDict();
    const [a, b] = [state.get('0.weight')!, state.get('1.weight')!];
    const [before, other] = [a.item(), b.item()];
    pair.loadStateDict(state.set('0.weight', b).set('1.weight', a));
    expect([a.item(), b.item()]).toEqual([other, before]);
  });

  it('is noticed by a graph that saved the old values', () => {
    const layer = new nn.Linear(2, 2);
    const out = layer.forward(ones([1, 2], { requiresGrad: true })).sum();
    layer.loadStateDict(copy(layer.stateDict()));
    expect(() => out.backward()).toThrow(
      'backward: a tensor of shape [2, 2] that linear needs for its gradient was changed in place since (version 2, saved at 1); change a clone() instead, or do it before linear',
    );
  });
});
