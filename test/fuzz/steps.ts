// Random trainings. A model of random layers is trained by a random optimizer on batches of random forms, and between its steps something
// changes; once by compile.step and once by the step written out. After each step both must have the same bits: loss, gradients, parameters and
// buffers, the optimizer's state, the next random number; or the same error, which ends it.
import * as o from 'ostinato';
import { nn, optim, type Tensor } from 'ostinato';
import { bitsOf } from '../support';
import { randomOf, type Random } from './random';

const F = nn.functional;

/** A layer of random sizes, from features to features. */
interface Piece {
  readonly name: string;
  readonly features: number;
  readonly make: () => nn.Module;
}

/** The pieces one after the other, on [N, T, F]. */
class Model extends nn.Module {
  readonly embed: nn.Embedding | null;
  pieces: nn.ModuleList;
  head: nn.Linear;
  constructor(vocabulary: number, pieces: readonly Piece[], inputs: number, outputs: number) {
    super();
    this.embed = vocabulary === 0 ? null : new nn.Embedding(vocabulary, inputs);
    this.pieces = new nn.ModuleList(pieces.map(({ make }) => make()));
    this.head = new nn.Linear(pieces.at(-1)?.features ?? inputs, outputs);
  }
  override forward(given: Tensor): Tensor {
    let x = this.embed === null ? given : this.embed.forward(given);
    for (const piece of this.pieces) {
      if (piece instanceof nn.BatchNorm1d || piece instanceof nn.Conv1d) {
        x = (piece.forward(x.transpose(1, 2))).transpose(1, 2); // prettier-ignore
      } else {
        const y: unknown = piece.forward(x);
        x = Array.isArray(y) ? (y as [Tensor])[0] : (y as Tensor);
      }
    }
    return this.head.forward(x);
  }
}

class Leaky extends nn.Module {
  w: nn.Linear;
  constructor(inputs: number, outputs: number) {
    super();
    this.w = new nn.Linear(inputs, outputs);
  }
  override forward(x: Tensor, h: Tensor | null = null): Tensor {
    const y = this.w.forward(x).tanh();
    return h === null ? y : h.mul(0.9).add(y.mul(0.1));
  }
}

function pieceOf(random: Random, inputs: number): Piece {
  const features = random.pick([1, 2, 3, 5, 8]);
  const p = random.pick([0, 0.2, 0.5]);
  const rnn = { batchFirst: true, numLayers: 1 + random.below(2), dropout: random.pick([0, 0.3]), bidirectional: random.chance(0.3), bias: random.chance(0.8) }; // prettier-ignore
  const wide = features * (rnn.bidirectional ? 2 : 1);
  return random.pick<Piece>([
    { name: 'Linear', features, make: () => new nn.Linear(inputs, features, { bias: rnn.bias }) },
    { name: 'LSTM', features: wide, make: () => new nn.LSTM(inputs, features, rnn) },
    { name: 'GRU', features: wide, make: () => new nn.GRU(inputs, features, rnn) },
    { name: 'RNN', features: wide, make: () => new nn.RNN(inputs, features, rnn) },
    { name: 'Recurrent', features, make: () => new nn.Recurrent(new Leaky(inputs, features), { batchFirst: true }) }, // prettier-ignore
    { name: 'Dropout', features: inputs, make: () => new nn.Dropout(p) },
    { name: 'LockedDropout', features: inputs, make: () => new nn.LockedDropout(p, { batchFirst: true }) }, // prettier-ignore
    { name: 'Tanh', features: inputs, make: () => new nn.Tanh() },
    { name: 'ReLU', features: inputs, make: () => new nn.ReLU() },
    { name: 'GELU', features: inputs, make: () => new nn.GELU() },
    { name: 'LayerNorm', features: inputs, make: () => new nn.LayerNorm(inputs) },
    { name: 'BatchNorm1d', features: inputs, make: () => new nn.BatchNorm1d(inputs) },
    { name: 'Conv1d', features, make: () => new nn.Conv1d(inputs, features, 3, { padding: 1 }) },
    { name: 'Attention', features: inputs, make: () => new nn.TransformerEncoderLayer(inputs, 1, { dimFeedforward: 4, batchFirst: true, dropout: p }) }, // prettier-ignore
  ]);
}

type Parameters = ConstructorParameters<typeof optim.SGD>[0];
function optimizerOf(random: Random): [string, (params: Parameters) => o.optim.Optimizer] {
  const weightDecay = random.pick([0, 0, 0.01]);
  const foreign = { lr: random.pick([0, 1e-3, 0.05]), weightDecay };
  const momentum = random.pick([0, 0.9]);
  const amsgrad = random.chance(0.3);
  const nesterov = momentum > 0 && random.chance(0.3);
  return random.pick<[string, (params: Parameters) => o.optim.Optimizer]>([
    ['SGD', (x) => new optim.SGD(x, { ...foreign, momentum, nesterov })],
    ['Adam', (x) => new optim.Adam(x, { ...foreign, amsgrad })],
    ['AdamW', (x) => new optim.AdamW(x, { ...foreign, amsgrad })],
    ['NAdam', (x) => new optim.NAdam(x, foreign)],
    ['RAdam', (x) => new optim.RAdam(x, foreign)],
    ['Adamax', (x) => new optim.Adamax(x, foreign)],
    ['Adadelta', (x) => new optim.Adadelta(x, foreign)],
    ['Adagrad', (x) => new optim.Adagrad(x, foreign)],
    ['RMSprop', (x) => new optim.RMSprop(x, { ...foreign, momentum, centered: amsgrad })],
    ['ASGD', (x) => new optim.ASGD(x, foreign)],
    ['Rprop', (x) => new optim.Rprop(x, { lr: foreign.lr })],
  ]);
}

interface Training {
  readonly model: Model;
  readonly optimizer: o.optim.Optimizer;
  /** What was registered, to be taken back. */
  readonly hooks: { remove(): void }[];
  kept: unknown;
}
type Change = readonly [string, (training: Training) => void];

const nothing: Change = ['nothing', () => undefined];

/** Something that users do between steps. */
function changeOf(random: Random): Change {
  const at = random.below(64);
  const seed = random.below(1000);
  const p = random.pick([0, 0.3, 0.7]);
  const some = ({ model }: Training): nn.Parameter => {
    const all = model.parameters();
    return all[at % all.length];
  };
  const drawn = (x: Tensor): Tensor => {
    const generator = new o.Generator().manualSeed(seed);
    return o.randn(x.shape, { dtype: x.dtype, generator });
  };
  const module = ({ model }: Training): nn.Module => {
    const all = model.modules();
    return all[at % all.length];
  };
  return random.pick<Change>([
    ['eval', ({ model }) => void model.eval()],
    ['train', ({ model }) => void model.train()],
    ['mode of a module', (one) => void module(one).train(at % 2 === 0)],
    ['learning rate', ({ optimizer }) => void (optimizer.paramGroups[0].lr = 0.01 * (1 + at))],
    ['frozen', (one) => void some(one).requiresGrad_(false)],
    ['unfrozen', ({ model }) => void model.requiresGrad_(true)],
    ['gradients cleared', ({ optimizer }) => { optimizer.zeroGrad(); }], // prettier-ignore
    ['gradients cleared to zeros', ({ optimizer }) => { optimizer.zeroGrad({ setToNone: false }); }], // prettier-ignore
    ['a gradient set', (one) => void (some(one).grad = drawn(some(one)))],
    ['a gradient kept', (one) => void (one.kept = some(one).grad)],
    ['a gradient changed', (one) => void some(one).grad?.mul_(2)],
    ['a hook on a parameter', (one) => { if (some(one).requiresGrad) one.hooks.push(some(one).registerHook((g) => g.mul(2))); }], // prettier-ignore
    ['a hook after a module', ({ model, hooks }) => void hooks.push(model.head.registerForwardHook((_, __, y) => (y as Tensor).mul(2)))], // prettier-ignore
    ['a hook before a module', ({ model, hooks }) => void hooks.push(model.head.registerForwardPreHook((_, [x]) => [(x as Tensor).mul(0.5)]))], // prettier-ignore
    ['hooks removed', ({ hooks }) => { hooks.splice(0).forEach((hook) => { hook.remove(); }); }], // prettier-ignore
    ['values in place', (one) => { o.noGrad(() => { some(one).mul_(0.5); }); }], // prettier-ignore
    ['values copied', (one) => { o.noGrad(() => { some(one).copy_(drawn(some(one))); }); }], // prettier-ignore
    ['state loaded', ({ model }) => void model.loadStateDict(new Map([...model.stateDict()].map(([name, x]) => [name, x.dtype === 'int32' ? x : drawn(x).abs()])))], // prettier-ignore
    ['optimizer loaded', ({ optimizer }) => { optimizer.loadStateDict(optimizer.stateDict()); }], // prettier-ignore
    ['head replaced', ({ model }) => void (model.head = new nn.Linear(model.head.inFeatures, model.head.outFeatures))], // prettier-ignore
    ['head of another group', ({ model, optimizer }) => {
      const { inFeatures, outFeatures } = model.head;
      model.head = new nn.Linear(inFeatures, outFeatures);
      optimizer.addParamGroup({ params: model.head.parameters() });
    }], // prettier-ignore
    ['a bias replaced', ({ model }) => void (model.head.bias = new nn.Parameter(drawn(model.head.bias)))], // prettier-ignore
    ['a piece more', ({ model }) => void model.pieces.append(new nn.Softsign())],
    ['a probability', (one) => { const found = module(one); if ('p' in found) found.p = p; }], // prettier-ignore
    ['weight norm', ({ model }) => void nn.utils.parametrizations.weightNorm(model.head)],
    ['threads', () => { o.setNumThreads(1 + (at % 2)); }], // prettier-ignore
    ['a seed', () => void o.manualSeed(seed)],
    ['a draw', () => void o.rand([1 + at])],
    ['to float64', ({ model }) => void model.double()],
    ['to float32', ({ model }) => void model.float()],
    ['a training step elsewhere', ({ model }) => { model.parameters().reduce((sum, x) => sum.add(x.square().sum().to(sum.dtype)), o.zeros([])).backward(); }], // prettier-ignore
  ]);
}

type Form = readonly [n: number, t: number, view: 'contiguous' | 'transposed' | 'strided'];
type Loss = (model: Model, [x, y]: readonly [Tensor, Tensor], scale: number) => Tensor;
const losses: Readonly<Record<string, Loss>> = {
  mse: (model, [x, y], scale) => F.mseLoss(model.forward(x), y).mul(scale),
  l1: (model, [x, y], scale) => F.l1Loss(model.forward(x), y).mul(scale),
  huber: (model, [x, y], scale) => F.huberLoss(model.forward(x), y).mul(scale),
  bce: (model, [x, y], scale) => F.binaryCrossEntropyWithLogits(model.forward(x), y.sigmoid()).mul(scale), // prettier-ignore
  'cross entropy': (model, [x, y], scale) => F.crossEntropy(model.forward(x).transpose(1, 2), y).mul(scale), // prettier-ignore
  'cross entropy, smoothed': (model, [x, y]) => F.crossEntropy(model.forward(x).transpose(1, 2), y, { labelSmoothing: 0.1, ignoreIndex: 0 }), // prettier-ignore
};

/** The bits that one training has after each step, or the message of the error that it threw. */
type Run = (compiled: boolean) => string[];
interface Plan {
  readonly text: string;
  readonly run: Run;
}

function planOf(seed: number): Plan {
  const random = randomOf(seed);
  const vocabulary = random.chance(0.4) ? random.pick([2, 7]) : 0;
  const inputs = random.pick([1, 2, 4]);
  const pieces: Piece[] = [];
  let features = inputs;
  for (let i = random.below(4); i > 0; i--) {
    pieces.push(pieceOf(random, features));
    ({ features } = pieces.at(-1)!);
  }
  const outputs = random.pick([2, 3]);
  const [lossName, lossOf] = random.pick(Object.entries(losses));
  const hasClasses = lossName.startsWith('cross');
  const [optimizerName, makeOptimizer] = optimizerOf(random);
  const clip = random.pick([null, null, 0.05, { clipValue: 0.01 }, { maxNorm: 1, normType: 1 }]);
  const isScheduled = random.chance(0.3);
  const view = (): Form[2] => random.pick<Form[2]>(['contiguous', 'contiguous', 'transposed', 'strided']); // prettier-ignore
  const forms = Array.from({ length: 1 + random.below(3) }, (): Form => [1 + random.below(3), 1 + random.below(4), view()]); // prettier-ignore
  const steps = Array.from({ length: 4 + random.below(5) }, (_, i) => ({
    form: random.pick(forms),
    scale: random.chance(0.9) ? 1 : 2,
    seed: random.below(2 ** 31),
    change: i > 0 && random.chance(0.5) ? changeOf(random) : nothing,
    gradMode: random.chance(0.9),
  }));

  const text = [
    `${vocabulary > 0 ? 'Embedding ' : ''}${pieces.map(({ name }) => name).join(' ')} Linear; ${lossName}; ${optimizerName}, clip ${JSON.stringify(clip)}${isScheduled ? ', scheduled' : ''}`,
    ...steps.map(({ form, change: [what], scale, gradMode }) => `${what}; ${form.join(' ')}${scale === 1 ? '' : ' scaled'}${gradMode ? '' : ' in noGrad'}`), // prettier-ignore
  ].join('\n    ');

  const run: Run = (compiled) => {
    o.manualSeed(seed);
    const model = new Model(vocabulary, pieces, inputs, outputs);
    const optimizer = makeOptimizer(model.parameters());
    const scheduler = isScheduled ? new optim.lrScheduler.StepLR(optimizer, 2, { gamma: 0.5 }) : null; // prettier-ignore
    const loss = (batch: readonly [Tensor, Tensor], scale: number): Tensor => lossOf(model, batch, scale); // prettier-ignore
    const plain = (batch: readonly [Tensor, Tensor], scale: number): Tensor => {
      optimizer.zeroGrad();
      const found = o.enableGrad(() => loss(batch, scale));
      found.backward();
      const { maxNorm = Infinity, clipValue = Infinity, normType = 2 } = typeof clip === 'number' ? { maxNorm: clip } : ((clip ?? {}) as { maxNorm?: number; clipValue?: number; normType?: number }); // prettier-ignore
      if (maxNorm !== Infinity) nn.utils.clipGradNorm_(model.parameters(), maxNorm, { normType });
      if (clipValue !== Infinity) nn.utils.clipGradValue_(model.parameters(), clipValue);
      optimizer.step();
      scheduler?.step();
      return found.detach();
    };
    const step = compiled ? o.compile.step({ model, optimizer, loss, clip, scheduler }) : plain;
    const training: Training = { model, optimizer, hooks: [], kept: null };
    const batchOf = ([n, t, how]: Form, from: number): readonly [Tensor, Tensor] => {
      const generator = new o.Generator().manualSeed(from);
      const { dtype } = model.head.weight;
      const shape = how === 'transposed' ? [t, n] : [n, how === 'strided' ? 2 * t : t];
      const viewed = (x: Tensor): Tensor =>
        how === 'transposed' ? x.transpose(0, 1) : how === 'strided' ? x.at(':', '::2') : x;
      const values = (last: number): Tensor => viewed(o.randn([...shape, last], { dtype, generator })); // prettier-ignore
      const indices = (below: number): Tensor => viewed(o.randint(0, below, shape, { generator }));
      return [
        vocabulary > 0 ? indices(vocabulary) : values(inputs),
        hasClasses ? indices(outputs) : values(outputs),
      ];
    };
    const all: string[] = [];
    for (const { form, scale, seed: from, change, gradMode } of steps) {
      const said: string[] = [];
      try {
        change[1](training);
        const batch = batchOf(form, from);
        said.push(bits('loss', [gradMode ? step(batch, scale) : o.noGrad(() => step(batch, scale))])); // prettier-ignore
      } catch (error) {
        // How far it came is no part of what it promises, and what a trace refuses at first, the step that is written out says in its words.
        const message = String(error);
        return [...all, message.includes(refusal) ? written : message];
      }
      const { state } = optimizer.stateDict();
      said.push(
        bits('state', [...model.stateDict().values()]),
        bits('gradients', model.parameters().map(({ grad }) => grad)), // prettier-ignore
        bits('kept gradient', [training.kept instanceof o.Tensor ? training.kept : null]),
        JSON.stringify([optimizer.paramGroups.map(({ lr }) => lr), bits('optimizer', tensorsIn(state))]), // prettier-ignore
        bits('draw', [o.rand([1])]),
      );
      all.push(said.join('\n'));
    }
    return all;
  };
  return { text, run };
}

const refusal = 'compile.step: what loss returned depends on no parameter that requires gradients';
const written =
  'Error: backward: the tensor does not require gradients and was not made by an operation on one that does; set requiresGrad on a leaf before the forward pass';

const bits = (what: string, tensors: readonly (Tensor | null)[]): string =>
  `${what} ${JSON.stringify(tensors.map((x) => x && bitsOf(x)))}`;

function tensorsIn(value: unknown): Tensor[] {
  if (value instanceof o.Tensor) return [value];
  if (typeof value !== 'object' || value === null) return [];
  const parts = value instanceof Map ? [...value.values()] : Object.values(value);
  return parts.flatMap(tensorsIn);
}

/** What was found wrong; empty for a training that is right. */
export function checkSteps(seed: number): string[] {
  const threads = o.getNumThreads();
  try {
    const { text, run } = planOf(seed);
    const [plain, compiled] = [run(false), run(true)];
    const at = plain.findIndex((said, i) => said !== compiled[i]);
    if (at < 0) return [];
    const [a, b] = [plain[at], compiled[at]].map((said) => said.split('\n'));
    const line = a.findIndex((one, i) => one !== b[i]);
    const short = (one: string): string => one.slice(0, 200);
    return [`    ${text}`, `step ${at + 1}: ${short(b[line])} compiled`, `in place of ${short(a[line])}`]; // prettier-ignore
  } finally {
    o.setNumThreads(threads);
  }
}
