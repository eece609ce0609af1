// First values by option: orthogonal blocks in W_hh, a forget gate that starts open; everything else as without.
import { deepcopy, eye, manualSeed, nn } from 'ostinato';

const layers = [
  ['RNN', 1],
  ['GRU', 3],
  ['LSTM', 4],
  ['JANET', 2],
] as const;
const H = 5;

describe.each(layers)('%s', (name, gates) => {
  const make = (options: object): nn.RecurrentBase => {
    manualSeed(4);
    const Layer = nn[name] as unknown as new (...given: unknown[]) => nn.RecurrentBase;
    return new Layer(3, H, { numLayers: 2, bidirectional: true, ...options });
  };

  it('starts each gate of W_hh orthogonal, all others as without the option', () => {
    const plain = make({}).namedParameters();
    const orthogonal = new Map(make({ orthogonal: true }).namedParameters());
    for (const [key, before] of plain) {
      const after = orthogonal.get(key)!;
      if (!key.startsWith('weight_hh')) {
        expect(after.toArray()).toEqual(before.toArray());
        continue;
      }
      for (const block of after.detach().chunk(gates, 0)) {
        const distance = block.matmul(block.t()).sub(eye(H)).abs().max();
        expect(distance.item()).toBeLessThan(1e-5);
      }
    }
  });

  it('keeps it in a copy and when drawn again', () => {
    const layer = deepcopy(make({ orthogonal: true }));
    expect(layer.orthogonal).toBe(true);
    layer.resetParameters();
    const [block] = layer.weight_hh_l0.detach().chunk(gates, 0);
    expect(block.matmul(block.t()).sub(eye(H)).abs().max().item()).toBeLessThan(1e-5);
  });
});

it.each([
  ['LSTM', 4, 1],
  ['JANET', 2, 0],
] as const)("unitForgetBias of %s: the forget gate's biases add up to 1", (name, gates, gate) => {
  manualSeed(4);
  const plain = new nn[name](3, H, { bidirectional: true });
  manualSeed(4);
  const open = new nn[name](3, H, { bidirectional: true, unitForgetBias: true });
  const before = new Map(plain.namedParameters());
  for (const [key, after] of open.namedParameters()) {
    const blocks = after.detach().chunk(gates, 0);
    const others = before.get(key)!.detach().chunk(gates, 0);
    for (const [i, block] of blocks.entries()) {
      const isForget = i === gate && key.startsWith('bias');
      const value = key.startsWith('bias_ih') ? 1 : 0;
      expect(block.toArray()).toEqual(isForget ? new Array(H).fill(value) : others[i].toArray());
    }
  }
  expect(() => new nn[name](3, H, { bias: false, unitForgetBias: true })).toThrow(
    new RangeError(`${name}: unitForgetBias needs the biases that bias: false leaves out`),
  );
});

it('is no option of layers without a forget gate', () => {
  expect(() => new nn.GRU(3, H, { unitForgetBias: true } as never)).toThrow(
    new TypeError(
      "GRU: unknown option 'unitForgetBias'; the options are numLayers, bias, batchFirst, dropout, bidirectional, dtype, inputDropout, outputDropout, lockedDropout, weightDropout, recurrentDropout, returnStates, orthogonal, zoneout, layerNorm",
    ),
  );
});
