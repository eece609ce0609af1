// RNN, LSTM and GRU against PyTorch 2.13: parameters drawn from the same seed, outputs, final states and
// all first and second gradients, in float64 and float32 (fixtures: test/fixtures/recurrent.py).
import { autograd, manualSeed, nn, tensor, type DType, type Tensor } from 'ostinato';
import cases from '../../fixtures/recurrent.json';
import { expectNear } from '../../support';
import { forward } from './support';

interface Values {
  shape: number[];
  data: number[];
}
interface Case {
  kind: 'RNN' | 'LSTM' | 'GRU';
  seed: number;
  options: Record<string, unknown>;
  parameters: Record<string, number[]>;
  order: string[];
  x: Values;
  state?: Values[];
  lengths?: number[];
  out: Values;
  final: Values[];
  gradX: Values;
  gradState: Values[];
  gradParameters: Record<string, number[]>;
  /** Of the gradients' weighted sum: the gradients of x, the states and the parameters. */
  second: number[][];
}

const camel: Record<string, string> = {
  num_layers: 'numLayers',
  batch_first: 'batchFirst',
  proj_size: 'projSize',
};
const optionsOf = (c: Case): Record<string, unknown> =>
  Object.fromEntries(Object.entries(c.options).map(([key, value]) => [camel[key] ?? key, value]));

type AnyLayer = nn.RNN | nn.LSTM | nn.GRU;
const make = (c: Case): AnyLayer => new nn[c.kind](3, 5, optionsOf(c));

const load = (v: Values, dtype: DType): Tensor =>
  tensor(v.data.map(Math.fround), { dtype }).reshape(v.shape).clone().requiresGrad_();

// The same weights as the script's weights_like.
const weightsLike = (x: Tensor, phase: number): Tensor =>
  tensor(
    Array.from({ length: x.numel }, (_, i) => Math.sin(i * 0.7 + phase)),
    { dtype: x.dtype },
  ).reshape(x.shape);

const named = (cases as unknown as Case[]).map((c, index): [string, Case, number] => [
  `${c.kind} ${JSON.stringify(c.options)}${c.state ? ' with states' : ''}${c.lengths ? ` packed ${c.lengths.join()}` : ''}${c.x.shape.length === 2 ? ' unbatched' : ''}`,
  c,
  index,
]);

test.each(named)('%s draws PyTorch’s parameters', (_name, c) => {
  manualSeed(c.seed);
  const layer = make(c);
  expect(layer.namedParameters().map(([name]) => name)).toEqual(c.order);
  for (const [name, p] of layer.namedParameters()) {
    expectNear(p.toTypedArray(), c.parameters[name], 1e-6);
  }
});

describe.each<[DType, number]>([
  ['float64', 1e-9],
  ['float32', 1e-5],
])('in %s', (dtype, tolerance) => {
  test.each(named)('%s', (_name, c, index) => {
    const layer = make(c).to(dtype);
    layer.loadStateDict(
      new Map(
        layer
          .namedParameters()
          .map(([name, p]) => [
            name,
            tensor(c.parameters[name].map(Math.fround), { dtype }).reshape(p.shape),
          ]),
      ),
    );
    const x = load(c.x, dtype);
    const states = c.state?.map((s) => load(s, dtype));
    const given = (states && (c.kind === 'LSTM' ? [states[0], states[1]] : states[0])) as never;
    const batchFirst = c.options['batch_first'] === true;
    manualSeed(index);
    let out: Tensor;
    let final: Tensor | [Tensor, Tensor];
    if (c.lengths === undefined) [out, final] = forward(layer, x, given);
    else {
      const packed = nn.utils.rnn.packPaddedSequence(x, c.lengths, {
        batchFirst,
        enforceSorted: false,
      });
      const [packedOut, packedFinal] = (layer as nn.LSTM).forward(packed, given);
      const [padded, lengths] = nn.utils.rnn.padPackedSequence(packedOut, { batchFirst });
      expect(lengths.toArray()).toEqual(c.lengths);
      [out, final] = [padded, packedFinal];
    }
    const finals = Array.isArray(final) ? final : [final];
    const results = [out, ...finals];
    const weighted = (ys: readonly Tensor[]): Tensor =>
      ys.map((y, i) => y.mul(weightsLike(y, i)).sum()).reduce((a, b) => a.add(b));
    const leaves = [x, ...(states ?? []), ...layer.parameters()];
    const loss = weighted(results);
    const grads = autograd.grad(loss, leaves, { createGraph: true }) as Tensor[];
    const second = autograd.grad(weighted(grads), leaves, { retainGraph: true });
    loss.backward();

    const compare = (ours: Tensor | null, theirs: Values): void => {
      expect(ours!.shape).toEqual(theirs.shape);
      expectNear(ours!.toTypedArray(), theirs.data, tolerance);
    };
    compare(out, c.out);
    finals.forEach((f, i) => compare(f, c.final[i]));
    compare(x.grad, c.gradX);
    states?.forEach((s, i) => compare(s.grad, c.gradState[i]));
    for (const [name, p] of layer.namedParameters()) {
      expectNear(p.grad!.toTypedArray(), c.gradParameters[name], tolerance);
    }
    leaves.forEach((leaf, i) => {
      expectNear(grads[i].toTypedArray(), leaf.grad!.toTypedArray(), tolerance);
      expectNear(second[i]!.toTypedArray(), c.second[i], tolerance);
    });
  });
});
