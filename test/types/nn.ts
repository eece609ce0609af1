// What the compiler must say about modules and optimizers, without running anything: npm run test:types.
import { expectTypeOf } from 'expect-type';
import { data, nn, optim, zeros, type Tensor } from 'ostinato';

// forward needs no `override`, and takes and returns what the class says.
class Pair extends nn.Module {
  layer = new nn.Linear(2, 3);
  scale = new nn.Parameter(zeros([1]));
  forward(x: Tensor, state?: Tensor): [Tensor, Tensor] {
    const out = this.layer.forward(x).mul(this.scale);
    return [out, state ?? out];
  }
}
const model = new Pair();
expectTypeOf(model.forward(zeros([1, 2]))).toEqualTypeOf<[Tensor, Tensor]>();
expectTypeOf(model.parameters()).toEqualTypeOf<nn.Parameter[]>();
expectTypeOf(model.namedParameters()).toEqualTypeOf<[string, nn.Parameter][]>();
expectTypeOf(model.stateDict()).toEqualTypeOf<Map<string, Tensor>>();
expectTypeOf(model.eval()).toEqualTypeOf<Pair>();
expectTypeOf<nn.Parameter>().toExtend<Tensor>();

// What an option switches off is null then, and otherwise there.
declare const flag: boolean;
expectTypeOf(model.layer.bias).toEqualTypeOf<nn.Parameter>();
expectTypeOf(new nn.Linear(1, 1, { dtype: 'float64' }).bias).toEqualTypeOf<nn.Parameter>();
expectTypeOf(new nn.Linear(1, 1, { bias: true }).bias).toEqualTypeOf<nn.Parameter>();
expectTypeOf(new nn.Linear(1, 1, { bias: false }).bias).toEqualTypeOf<null>();
expectTypeOf(new nn.Linear(1, 1, { bias: flag }).bias).toEqualTypeOf<nn.Parameter | null>();
expectTypeOf<nn.Linear>().toEqualTypeOf<nn.Linear<true>>();
expectTypeOf<nn.Linear<false>>().toExtend<nn.Linear<boolean>>();
expectTypeOf(new nn.LayerNorm(3).weight).toEqualTypeOf<nn.Parameter>();
expectTypeOf(new nn.LayerNorm(3).bias).toEqualTypeOf<nn.Parameter>();
expectTypeOf(new nn.LayerNorm(3, { bias: false }).weight).toEqualTypeOf<nn.Parameter>();
expectTypeOf(new nn.LayerNorm(3, { bias: false }).bias).toEqualTypeOf<null>();
expectTypeOf(new nn.LayerNorm(3, { elementwiseAffine: false }).bias).toEqualTypeOf<null>();
expectTypeOf(new nn.LayerNorm(3, { elementwiseAffine: flag }).weight).toEqualTypeOf<nn.Parameter | null>(); // prettier-ignore
expectTypeOf(new nn.LSTMCell(1, 1).bias_ih).toEqualTypeOf<nn.Parameter>();
expectTypeOf(new nn.RNNCell(1, 1, { nonlinearity: 'relu' }).bias_hh).toEqualTypeOf<nn.Parameter>();
expectTypeOf(new nn.GRUCell(1, 1, { bias: false }).bias_hh).toEqualTypeOf<null>();
const something: nn.Module = model;
if (something instanceof nn.Linear) {
  expectTypeOf(something.bias).toEqualTypeOf<nn.Parameter | null>();
}

// Every module has a forward; what a class says of its own holds.
const modules: nn.Module[] = [model, new nn.ModuleList([])];
expectTypeOf(modules[0].forward(zeros([1]), 2)).toBeAny();
class Holder extends nn.Module {
  part = new nn.Tanh();
}
expectTypeOf(new Holder().part.forward(zeros([1]))).toEqualTypeOf<Tensor>();
class Explicit extends nn.Module {
  override forward(x: Tensor): Tensor {
    return x;
  }
}
expectTypeOf<Explicit['forward']>().toEqualTypeOf<(x: Tensor) => Tensor>();
class Field extends nn.Module {
  forward = (x: Tensor, n: number): Tensor => x.mul(n);
}
// @ts-expect-error its forward takes a number too
new Field().forward(zeros([1]));
expectTypeOf<nn.Layer>().toExtend<nn.Module>();
expectTypeOf<nn.Layer['forward']>().toEqualTypeOf<(input: Tensor) => Tensor>();

// Recurrent layers: a tensor gives a tensor, a packed batch a packed batch, either gives either; so does a union of layers.
declare const packed: nn.utils.rnn.PackedSequence;
declare const either: Tensor | nn.utils.rnn.PackedSequence;
const lstm = new nn.LSTM(2, 3);
type Pair2 = [hN: Tensor, cN: Tensor];
expectTypeOf(lstm.forward(zeros([1]))).toEqualTypeOf<[out: Tensor, state: Pair2]>();
expectTypeOf(lstm.forward(packed)[0]).toEqualTypeOf<nn.utils.rnn.PackedSequence>();
expectTypeOf(lstm.forward(either)[0]).toEqualTypeOf<typeof either>();
expectTypeOf(lstm.forward(either, [zeros([1]), zeros([1])])[1]).toEqualTypeOf<Pair2>();
expectTypeOf(lstm.forward(zeros([1]), null)[0]).toEqualTypeOf<Tensor>();
for (const layer of [new nn.RNN(1, 1), new nn.GRU(1, 1)]) {
  expectTypeOf(layer.forward(either, zeros([1]))).toEqualTypeOf<[out: typeof either, hN: Tensor]>();
}
declare const anyLayer: nn.RNN | nn.LSTM | nn.GRU;
expectTypeOf(anyLayer.forward(zeros([1]))[0]).toEqualTypeOf<Tensor>();
expectTypeOf(anyLayer.forward(zeros([1]))[1]).toEqualTypeOf<Tensor | Pair2>();
expectTypeOf(anyLayer.forward(packed)[0]).toEqualTypeOf<nn.utils.rnn.PackedSequence>();
expectTypeOf(anyLayer.forward(either)[0]).toEqualTypeOf<typeof either>();
// All states as a third result, where they are asked for.
const [, , states] = new nn.LSTM(2, 3, { returnStates: 'all' }).forward(packed);
expectTypeOf(states.c).toEqualTypeOf<readonly nn.utils.rnn.PackedSequence[]>();
const [, , hidden] = new nn.GRU(2, 3, { returnStates: 'all', numLayers: 2 }).forward(zeros([1]));
expectTypeOf(hidden.h).toEqualTypeOf<readonly Tensor[]>();
// @ts-expect-error there are no states of every step by default
void lstm.forward(zeros([1]))[2];
expectTypeOf(new nn.Stateful(lstm).forward(zeros([1]))).toEqualTypeOf<
  [out: Tensor, state: Pair2]
>();
// A session takes what forward takes, and gives what it gives.
expectTypeOf(lstm.stream().push(zeros([1]))).toEqualTypeOf<[out: Tensor, state: Pair2]>();
expectTypeOf(
  new nn.GRU(1, 1)
    .stream()
    .fork()
    .push(zeros([1])),
).toEqualTypeOf<[out: Tensor, hN: Tensor]>();
class Scorer extends nn.Module {
  rnn = new nn.GRU(1, 1);
  forward(x: Tensor, scale: number): Tensor {
    return this.rnn.forward(x)[0].mul(scale);
  }
}
const scorers = new nn.Sessions(new Scorer());
expectTypeOf(scorers.push([scorers.open()], zeros([1]), 2)).toEqualTypeOf<Tensor>();
// @ts-expect-error forward takes a scale too
new Scorer().stream().push(zeros([1]));
// @ts-expect-error sessions have a model
new nn.Sessions();
// @ts-expect-error a Stateful needs a recurrent layer
new nn.Stateful(new nn.Linear(1, 1));
// @ts-expect-error an LSTM's state is a pair
lstm.forward(zeros([1]), zeros([1]));

// Parameters by PyTorch's names.
expectTypeOf(lstm.weight_hh_l0).toEqualTypeOf<nn.Parameter>();
expectTypeOf(lstm.bias_ih_l1_reverse).toEqualTypeOf<nn.Parameter>();
expectTypeOf(anyLayer.weight_ih_l0).toEqualTypeOf<nn.Parameter>();
lstm.weight_hr_l0 = new nn.Parameter(zeros([1]));
// @ts-expect-error there is no such parameter
expectTypeOf(lstm.weight_xx_l0);

// Lists keep their modules' class.
expectTypeOf(new nn.ModuleList([new nn.Linear(1, 1)]).at(0)).toEqualTypeOf<nn.Linear>();
expectTypeOf(
  new nn.Sequential(new nn.Tanh(), model.layer).forward(zeros([2])),
).toEqualTypeOf<Tensor>();

const adam = new optim.Adam(model.parameters(), { lr: 0.1, betas: [0.5, 0.9] });
expectTypeOf(adam).toExtend<optim.Optimizer>();
expectTypeOf(adam.paramGroups[0].betas).toEqualTypeOf<readonly [number, number]>();
expectTypeOf(adam.step(() => 'loss')).toEqualTypeOf<string>();
new optim.SGD([{ params: model.layer.parameters(), lr: 1 }, { params: model.scale }], {
  momentum: 0.9,
});
new optim.lrScheduler.StepLR(adam, 3, { gamma: 0.5 });

// @ts-expect-error a layer of a Sequential takes one tensor and returns one
new nn.Sequential(model);
// @ts-expect-error Adam has no momentum
new optim.Adam(model.parameters(), { momentum: 0.9 });
// @ts-expect-error options come in an object
new nn.Linear(2, 3, false);
// @ts-expect-error a parameter is made of a tensor
new nn.Parameter([1, 2]);
// @ts-expect-error there is no such reduction
new nn.MSELoss({ reduction: 'average' });

// A loader takes what extends a dataset, and arrays of samples.
expectTypeOf([...new data.DataLoader([1, 2])]).toEqualTypeOf<Tensor[]>();
expectTypeOf([...new data.DataLoader([[1, 'a'] as [number, string]])]).toEqualTypeOf<[Tensor, string[]][]>(); // prettier-ignore
expectTypeOf(data.randomSplit(['a', 'b'], [1, 1])[0].get(0)).toEqualTypeOf<string>();
// As many parts and tensors as were given, known to a compiler that checks indices (noUncheckedIndexedAccess).
const pairs = new data.TensorDataset(zeros([2]), new nn.Parameter(zeros([2])));
expectTypeOf(pairs.get(0)).toEqualTypeOf<[Tensor, Tensor]>();
interface Sentence { words: Int32Array; tags: readonly number[]; text: string; length: number; known: boolean; on: Date | null } // prettier-ignore
declare const sentences: readonly Sentence[];
type Dates = Date[] | null[];
expectTypeOf([...new data.DataLoader(sentences)]).toEqualTypeOf<
  { words: Tensor; tags: readonly Tensor[]; text: string[]; length: Tensor; known: Tensor; on: Dates }[]
>(); // prettier-ignore
expectTypeOf(data.paddingCollate()(sentences)).toEqualTypeOf<
  { words: data.PaddedBatch; tags: data.PaddedBatch; text: string[]; length: Tensor; known: Tensor; on: Dates }
>(); // prettier-ignore
expectTypeOf(data.paddingCollate()([[zeros([2]), 1] as [Tensor, number]])).toEqualTypeOf<[data.PaddedBatch, Tensor]>(); // prettier-ignore
expectTypeOf([...new data.DataLoader<unknown>([])]).toEqualTypeOf<unknown[]>();
expectTypeOf([...new data.DataLoader(pairs)]).toEqualTypeOf<[Tensor, Tensor][]>();
expectTypeOf(data.randomSplit(pairs, [1, 1])).toEqualTypeOf<
  [data.Subset<[Tensor, Tensor]>, data.Subset<[Tensor, Tensor]>]
>();
declare const parts: number[];
expectTypeOf(data.randomSplit(pairs, parts)).toEqualTypeOf<data.Subset<[Tensor, Tensor]>[]>();
expectTypeOf<typeof pairs>().toExtend<data.TensorDataset>();
// @ts-expect-error an iterable is no IterableDataset
new data.DataLoader(new Set([1]));
// @ts-expect-error neither is what has its members
new data.DataLoader({ length: 1, get: () => 1 });
