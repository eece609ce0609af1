// Word language model with tied weights: an LSTM learns sentences in which the verb agrees with a far-off subject
//
// The embedding that reads a word and the layer that scores the next one share one matrix (Press and Wolf 2017): fewer
// parameters, and what is learned of a word at one end holds at the other. The text is one long stream: each of 16 rows reads
// its part of it window by window with the state carried over, and gradients end where a window begins.
//
// The text is drawn from a grammar, so that the best perplexity that any model can have is known.
import { join } from 'node:path';
import {
  data,
  generate,
  manualSeed,
  nn,
  noGrad,
  optim,
  plot,
  randint,
  tensor,
  tqdm,
} from 'ostinato';
import type { Tensor } from 'ostinato';

// ---- The text. 'the sailors near my red boat see the river .': a verb of the subject's number, whatever is between.

const nouns = ['sailor', 'teacher', 'boat', 'river', 'bird', 'star', 'house', 'garden'];
const verbs = ['see', 'follow', 'draw', 'remember', 'need', 'protect'];
const adjectives = ['red', 'old', 'quiet', 'small', 'silver', 'curious'];

/** A sentence, and the surprise of its words in nats: −ln of the probability that the grammar draws it. */
export function sentence(): { words: string[]; nats: number } {
  let nats = 0;
  const one = <T>(choices: readonly T[]): T => {
    nats += Math.log(choices.length);
    return choices[randint(0, choices.length, []).item()];
  };
  const phrase = (plural: boolean): string[] => [
    one(['the', 'my', 'no']),
    ...(one([true, false]) ? [one(adjectives)] : []),
    one(nouns) + (plural ? 's' : ''),
  ];
  const plural = one([true, false]);
  const words = phrase(plural);
  while (one([true, false])) words.push(one(['near', 'behind']), ...phrase(one([true, false])));
  words.push(one(verbs) + (plural ? '' : 's'), ...phrase(one([true, false])), '.');
  return { words, nats };
}

/** Sentences one after another, and the perplexity of the grammar itself on them. */
function draw(sentences: number): { text: string; perplexity: number } {
  const all = Array.from({ length: sentences }, sentence);
  const nats = all.reduce((sum, each) => sum + each.nats, 0);
  const words = all.flatMap((each) => each.words);
  return { text: words.join(' '), perplexity: Math.exp(nats / words.length) };
}

// ---- The model.

type State = [h: Tensor, c: Tensor];

export class WordModel extends nn.Module {
  embedding: nn.Embedding;
  lstm: nn.LSTM;
  decoder: nn.Linear;

  constructor(vocabulary: number, features: number) {
    super();
    this.embedding = new nn.Embedding(vocabulary, features);
    this.lstm = new nn.LSTM(features, features);
    this.decoder = new nn.Linear(features, vocabulary);
    nn.init.uniform_(this.embedding.weight, -0.1, 0.1);
    this.decoder.weight = this.embedding.weight; // tied: one parameter, whose gradient has both parts
  }

  /** Words [T, N] and the state so far give scores [T, N, vocabulary] of the next word, and the state after them. */
  forward(words: Tensor, state?: State): [Tensor, State] {
    const [out, next] = this.lstm.forward(this.embedding.forward(words), state);
    return [this.decoder.forward(out), next];
  }
}

/** Reads a stream [T, N] in windows, learns from it where there is an optimizer, and returns the perplexity. */
function read(model: WordModel, stream: Tensor, optimizer?: optim.Optimizer): number {
  const windows = new data.WindowDataset(stream, 20, { shift: 1, stride: 20 });
  let state: State | undefined;
  let total = 0;
  for (let i = 0; i < windows.length; i++) {
    const [words, next] = windows.get(i); // [20, N] each, the second a word later
    const [scores, after] = model.forward(words, state);
    const loss = nn.functional.crossEntropy(scores.flatten(0, 1), next.flatten());
    state = [after[0].detach(), after[1].detach()];
    total += loss.item();
    if (optimizer === undefined) continue;
    optimizer.zeroGrad();
    loss.backward();
    nn.utils.clipGradNorm_(model.parameters(), 1);
    optimizer.step();
  }
  return Math.exp(total / windows.length);
}

/** Of what the model expects after a beginning, the probability of each verb form: those that end in s, and those that do not. */
function verbForms(model: WordModel, tokenizer: data.WordTokenizer, text: string): number[] {
  const words = tensor(tokenizer.encode(`. ${text}`)).unsqueeze(1); // [T, 1]
  const probabilities = noGrad(() => model.forward(words)[0].at(-1, 0).softmax(0));
  const share = (form: string[]): number =>
    probabilities.take(tensor(tokenizer.encode(form.join(' ')))).sum().item(); // prettier-ignore
  return [share(verbs.map((verb) => `${verb}s`)), share(verbs)];
}

export interface Outcome {
  model: WordModel;
  /** On text that was not trained on: the model's, and the grammar's, which is the least that there is. */
  perplexity: number;
  least: number;
  /** The perplexity of each epoch. */
  curves: { training: number[]; 'held out': number[] };
  /** The probabilities of verbs in the singular and in the plural after 'the boat behind my stars', and after the opposite. */
  singular: number[];
  plural: number[];
  written: string;
}

export function run({ sentences = 3000, epochs = 6 } = {}, print = tqdm.write): Outcome {
  manualSeed(0);
  const training = draw(sentences);
  const heldOut = draw(500);
  const tokenizer = data.WordTokenizer.train(training.text);
  const stream = (text: string): Tensor => {
    const tokens = tensor(tokenizer.encode(text));
    const steps = Math.floor(tokens.numel / 16);
    return tokens
      .narrow(0, 0, 16 * steps)
      .view([16, steps])
      .t(); // [T, 16]: a part of the text in each column
  };
  const [text, test] = [stream(training.text), stream(heldOut.text)];

  const model = new WordModel(tokenizer.vocabulary.length, 64);
  const optimizer = new optim.Adam(model.parameters(), { lr: 5e-3 });
  let perplexity = Infinity;
  const curves: Outcome['curves'] = { training: [], 'held out': [] };
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const trained = read(model, text, optimizer);
    perplexity = noGrad(() => read(model, test));
    curves.training.push(trained);
    curves['held out'].push(perplexity);
    print(`epoch ${epoch}: perplexity ${trained.toFixed(2)}, held out ${perplexity.toFixed(2)}`);
  }
  print(`the grammar itself: ${heldOut.perplexity.toFixed(2)}`);
  const singular = verbForms(model, tokenizer, 'the boat behind my old stars');
  const plural = verbForms(model, tokenizer, 'the boats behind my old star');
  print(`the boat behind my old stars … ${shown(singular)}`);
  print(`the boats behind my old star … ${shown(plural)}`);
  const [begin] = tokenizer.encode('.');
  const tokens = generate.tokens(model, [begin], { temperature: 0.8, maxLength: 60 });
  const written = tokenizer.decode(tokens);
  print(written);
  return { model, perplexity, least: heldOut.perplexity, curves, singular, plural, written };
}

const shown = ([singular, plural]: number[]): string =>
  `sees, draws …: ${(100 * singular).toFixed(1)} %, see, draw …: ${(100 * plural).toFixed(1)} %`;

if (require.main === module) {
  const { curves, least } = run();
  const chart = plot.curve(
    { ...curves, 'the grammar itself': curves.training.map(() => least) },
    { title: 'Word model', x: 'epoch', y: 'perplexity' },
  );
  console.log(`picture: ${plot.save(join(__dirname, 'out', 'word-model.svg'), chart)}`);
}
