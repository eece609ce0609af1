// AWD-LSTM: what keeps a language model of a small text from learning it by heart
//
// Merity, Keskar and Socher 2018 (arXiv:1708.02182). Dropout of whole words in the embedding, locked dropout (one mask for all
// steps) of inputs, between layers and of outputs, weight drop on the recurrent matrices, activation and temporal activation
// regularization, tied weights, clipped gradients, and at the end plain gradient descent whose weights are averaged (NT-ASGD:
// averaging starts when the held-out loss has not fallen for some epochs). The plain LSTM beside it has none of these.
import { data, deepcopy, manualSeed, nn, noGrad, optim, ones, plot, tensor, tqdm, type Tensor } from 'ostinato'; // prettier-ignore
import { join } from 'node:path';
import { sentence } from './word-model';

const F = nn.functional;
const [rows, window] = [10, 15];

class Model extends nn.Module {
  embedding: nn.Embedding;
  lstm: nn.Stateful<nn.LSTM<'all'>>;
  decoder: nn.Linear;

  constructor(
    vocabulary: number,
    /** The share of dropout: 1 for the recipe, 0 for none. */
    readonly regularization: number,
  ) {
    super();
    this.embedding = new nn.Embedding(vocabulary, 64);
    const layer = new nn.LSTM(64, 64, {
      numLayers: 2,
      inputDropout: 0.3 * regularization,
      dropout: 0.3 * regularization,
      lockedDropout: true,
      outputDropout: 0.4 * regularization,
      weightDropout: 0.5 * regularization,
      returnStates: 'all', // h of every step and layer, for the two regularizations of activations
    });
    this.lstm = new nn.Stateful(layer); // goes on with the state of the window before
    this.decoder = new nn.Linear(64, vocabulary);
    nn.init.uniform_(this.embedding.weight, -0.1, 0.1);
    this.decoder.weight = this.embedding.weight;
  }

  /** The loss of the next words after those of a window, [T, N], and what is added to it in training. */
  forward(words: Tensor, next: Tensor): { loss: Tensor; penalty: Tensor } {
    // A word that is dropped is so wherever it occurs: a row of the matrix is 0, the others are multiplied by 1 / (1 − p).
    const kept = F.dropout(ones([this.embedding.numEmbeddings, 1]), 0.1 * this.regularization, { training: this.training }); // prettier-ignore
    const embedded = F.embedding(words, this.embedding.weight.mul(kept));
    const [out, , { h }] = this.lstm.forward(embedded);
    const loss = F.crossEntropy(this.decoder.forward(out).flatten(0, 1), next.flatten());
    const raw = h[1]; // of the last layer, before the dropout of outputs: [T, N, 64]
    const activation = out.square().mean().mul(2); // AR: outputs are small
    const temporal = raw
      .narrow(0, 1, raw.shape[0] - 1)
      .sub(raw.narrow(0, 0, raw.shape[0] - 1))
      .square()
      .mean(); // TAR: and change slowly
    return { loss, penalty: activation.add(temporal).mul(this.regularization) };
  }
}

/** The perplexity of a stream [T, N]; learns from it where there is an optimizer. */
function read(model: Model, stream: Tensor, optimizer?: optim.Optimizer): number {
  model.train(optimizer !== undefined);
  model.lstm.resetState();
  let total = 0;
  const windows = new data.WindowDataset(stream, window, { shift: 1, stride: window });
  for (const [words, next] of windows) {
    const { loss, penalty } = model.forward(words, next);
    total += loss.item();
    if (optimizer === undefined) continue;
    optimizer.zeroGrad();
    loss.add(penalty).backward();
    nn.utils.clipGradNorm_(model.parameters(), 0.25);
    optimizer.step();
  }
  return Math.exp(total / windows.length);
}

/** The held-out perplexity with the averages of ASGD in place of the weights. */
function readAveraged(model: Model, stream: Tensor, optimizer: optim.ASGD): number {
  const averaged = deepcopy(model);
  noGrad(() => model.parameters().forEach((p, i) => averaged.parameters()[i].copy_(optimizer.state.get(p)!.ax))); // prettier-ignore
  return noGrad(() => read(averaged, stream));
}

export interface Outcome {
  /** The held-out perplexity after each epoch, and the epoch from which on weights are averaged. */
  plain: number[];
  awd: number[];
  averagedFrom: number;
  /** What the grammar itself has: no model can be better. */
  least: number;
}

export function run({ sentences = 200, epochs = 60 } = {}, print = tqdm.write): Outcome {
  manualSeed(0);
  const [training, heldOut] = [sentences, 300].map((n) => Array.from({ length: n }, sentence));
  const textOf = (all: typeof training): string => all.flatMap(({ words }) => words).join(' ');
  const tokenizer = data.WordTokenizer.train([textOf(training), textOf(heldOut)]);
  const [text, test] = [training, heldOut].map((all) => {
    const tokens = tensor(tokenizer.encode(textOf(all)));
    const steps = Math.floor(tokens.numel / rows);
    return tokens
      .narrow(0, 0, rows * steps)
      .view([rows, steps])
      .t(); // [T, rows]: a part of the text in each column
  });
  const nats = heldOut.reduce((sum, each) => sum + each.nats, 0);
  const least = Math.exp(nats / heldOut.reduce((sum, { words }) => sum + words.length, 0));

  let averagedFrom = epochs;
  const train = (regularization: number, patience: number): number[] => {
    manualSeed(1);
    const model = new Model(tokenizer.vocabulary.length, regularization);
    let optimizer: optim.Optimizer = new optim.SGD(model.parameters(), { lr: 20 });
    const curve: number[] = [];
    for (let epoch = 0; epoch < epochs; epoch++) {
      read(model, text, optimizer);
      if (optimizer instanceof optim.ASGD) {
        curve.push(readAveraged(model, test, optimizer));
        continue;
      }
      curve.push(noGrad(() => read(model, test)));
      if (curve[epoch] <= Math.min(...curve.slice(0, -patience))) continue;
      averagedFrom = epoch + 1; // not better than `patience` epochs ago: from now on, average
      optimizer = new optim.ASGD(model.parameters(), { lr: 20, t0: 0, lambd: 0 });
    }
    return curve;
  };
  const plain = train(0, Infinity);
  const awd = train(1, 5);
  const show = (curve: number[]): string => `held-out perplexity ${Math.min(...curve).toFixed(2)} at best, ${curve.at(-1)!.toFixed(2)} at last`; // prettier-ignore
  print(`plain LSTM: ${show(plain)}`);
  print(`AWD-LSTM:   ${show(awd)}, averaged from epoch ${averagedFrom} on`);
  print(`the grammar itself: ${least.toFixed(2)}`);
  return { plain, awd, averagedFrom, least };
}

if (require.main === module) {
  const { plain, awd, least } = run();
  const chart = plot.curve({ plain, 'AWD-LSTM': awd, 'the grammar itself': awd.map(() => least) }, { title: 'Held-out perplexity', x: 'epoch', y: 'perplexity', logY: true, dots: false }); // prettier-ignore
  console.log(`picture: ${plot.save(join(__dirname, 'out', 'awd-lstm.svg'), chart)}`);
}
