// The encoder of a transformer with masks and in stacks, beside PyTorch's numbers (test/fixtures/transformer.py; without masks they
// are in layers/parity.test.ts): what it prints, copies and refuses.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { arange, deepcopy, manualSeed, nn, ones, zeros, tensor, type Tensor } from 'ostinato';
import { expectClose, sample } from '../../support';
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
} from '../fixture';

interface EncoderCase {
  options: nn.TransformerEncoderLayerOptions;
  numLayers: number | null;
  norm: boolean;
  isCausal: boolean | null;
  causal: boolean;
  lengths: number[] | null;
  seed: number;
  state: Record<string, Packed>;
  inputs: Input[];
  results: Record<Float, Results>;
}
const { encoders } = JSON.parse(
  readFileSync(join(__dirname, '../../fixtures/transformer.json'), 'utf8'),
) as { encoders: EncoderCase[] };

const causal = (steps: number): Tensor => arange(steps).unsqueeze(1).lt(arange(steps));

it.each(encoders.map((one) => [JSON.stringify({ ...one, state: 0, results: 0 }), one] as const))(
  '%s',
  (_, one) => {
    manualSeed(one.seed);
    const layer = new nn.TransformerEncoderLayer(8, 2, one.options);
    const norm = one.norm ? new nn.LayerNorm(8) : null;
    const module =
      one.numLayers === null ? layer : new nn.TransformerEncoder(layer, one.numLayers, { norm });
    const state = module.stateDict();
    expect([...state.keys()]).toEqual(Object.keys(one.state));
    for (const [key, expected] of Object.entries(one.state)) {
      expectPacked(state.get(key)!, expected, 1e-6);
    }
    const mask = one.causal ? causal(4) : null;
    const lengths = one.lengths;
    const srcKeyPaddingMask =
      lengths === null ? null : arange(4).ge(tensor(lengths, { dtype: 'int32' }).unsqueeze(1));
    const given = { srcKeyPaddingMask, isCausal: one.isCausal ?? false };
    for (const dtype of floats) {
      module.to(dtype);
      module.zeroGrad();
      manualSeed(one.seed);
      const { results } = one;
      expectResults(
        (x) =>
          module instanceof nn.TransformerEncoder
            ? module.forward(x, { mask, ...given })
            : module.forward(x, { srcMask: mask, ...given }),
        one.inputs.map((input) => inputOf(input, dtype)),
        results[dtype],
        within[dtype],
      );
      for (const [key, { grad }] of module.namedParameters()) {
        expectPacked(grad, results[dtype].parameters[key], within[dtype]);
      }
    }
  },
);

const made = (options: nn.TransformerEncoderLayerOptions = {}): nn.TransformerEncoderLayer => {
  manualSeed(1);
  return new nn.TransformerEncoderLayer(8, 2, { dimFeedforward: 6, dropout: 0, dtype: 'float64', ...options }); // prettier-ignore
};
const x = sample([5, 3, 8]);

it('takes an activation by name, as a function and as a module', () => {
  const out = made({ activation: 'gelu' }).forward(x);
  expectClose(made({ activation: (y) => nn.functional.gelu(y) }).forward(x), out, 1e-12);
  const layer = made({ activation: new nn.GELU() });
  expectClose(layer.forward(x), out, 1e-12);
  expect([...layer.modules()].some((one) => one instanceof nn.GELU)).toBe(true);
  const learned = made({ activation: new nn.PReLU(1, { dtype: 'float64' }) });
  expect([...learned.stateDict().keys()].at(-1)).toBe('activation.weight');
});

it('copies its layer, which stays apart', () => {
  const layer = made();
  const encoder = new nn.TransformerEncoder(layer, 2);
  expect(encoder.parameters()).toHaveLength(2 * layer.parameters().length);
  expectClose(encoder.forward(x), layer.forward(layer.forward(x)), 1e-12);
  const copy = deepcopy(encoder);
  encoder.layers.at(0).parameters()[0].detach().zero_();
  expectClose(copy.forward(x), layer.forward(layer.forward(x)), 1e-12);
});

it('hides what a causal mask hides, for one sequence too', () => {
  const layer = made();
  const srcMask = causal(5);
  const out = layer.forward(x, { srcMask, isCausal: true });
  const changed = x.clone();
  changed.at(4).zero_();
  expectClose(layer.forward(changed, { srcMask }).at('0:4'), out.at('0:4'), 1e-12);
  const srcKeyPaddingMask = zeros([5], { dtype: 'bool' });
  expectClose(layer.forward(x.select(1, 0), { srcMask, srcKeyPaddingMask }), out.select(1, 0), 1e-12);
}); // prettier-ignore

it('prints as PyTorch does', () => {
  const encoder = new nn.TransformerEncoder(made(), 2, { norm: new nn.LayerNorm(8) });
  expect(String(encoder)).toBe(`TransformerEncoder(
  (layers): ModuleList(
    (0-1): 2 x TransformerEncoderLayer(
      (self_attn): MultiheadAttention(
        (out_proj): Linear(inFeatures=8, outFeatures=8, bias=True)
      )
      (linear1): Linear(inFeatures=8, outFeatures=6, bias=True)
      (dropout): Dropout(p=0, inplace=False)
      (linear2): Linear(inFeatures=6, outFeatures=8, bias=True)
      (norm1): LayerNorm((8,), eps=1e-05, elementwiseAffine=True, bias=True)
      (norm2): LayerNorm((8,), eps=1e-05, elementwiseAffine=True, bias=True)
      (dropout1): Dropout(p=0, inplace=False)
      (dropout2): Dropout(p=0, inplace=False)
    )
  )
  (norm): LayerNorm((8,), eps=1e-05, elementwiseAffine=True, bias=True)
)`);
});

it.each<[string, () => unknown, Error]>([
  [
    'heads that do not divide',
    () => new nn.TransformerEncoderLayer(8, 3),
    new RangeError('TransformerEncoderLayer: nhead must divide dModel, got 3 heads for 8 features'),
  ],
  [
    'another activation',
    () => made({ activation: 'tanh' as 'relu' }),
    new RangeError(
      "TransformerEncoderLayer: activation must be 'relu' or 'gelu' or a function or a Module, got 'tanh'",
    ),
  ],
  [
    'other features',
    () => made({ normFirst: true }).forward(sample([5, 3, 7])),
    new RangeError(
      'TransformerEncoderLayer.forward: src must be [S, N, 8] or [S, 8], got [5, 3, 7]',
    ),
  ],
  [
    'isCausal alone',
    () => made().forward(x, { isCausal: true }),
    new RangeError(
      'TransformerEncoderLayer.forward: isCausal is a hint about srcMask, which must be given',
    ),
  ],
  [
    'isCausal alone, in a stack',
    () => new nn.TransformerEncoder(made(), 2).forward(x, { isCausal: true }),
    new RangeError(
      'TransformerEncoder.forward: isCausal is a hint about mask, which must be given',
    ),
  ],
  [
    'a mask in the place of options',
    () => made().forward(x, ones([5, 5], { dtype: 'bool' }) as never),
    new TypeError(
      'TransformerEncoderLayer.forward: options must be an object, got a Tensor; did you mean { srcMask: … }?',
    ),
  ],
  [
    'no layers',
    () => new nn.TransformerEncoder(made(), 0),
    new RangeError('TransformerEncoder: numLayers must be an integer from 1 to 10000, got 0'),
  ],
  [
    'no module',
    () => new nn.TransformerEncoder(nn.TransformerEncoderLayer as never, 2),
    new TypeError(
      'TransformerEncoder: encoderLayer must be a Module, got the class TransformerEncoderLayer',
    ),
  ],
])('refuses %s', (_, run, error) => {
  expect(run).toThrow(error);
});
