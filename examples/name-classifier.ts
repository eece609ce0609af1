// Name classifier: a GRU reads family names letter by letter and says which of six languages they come from
//
// Names are of unequal length. They are padded to one length and packed, so that the state after a name's last letter is
// what the classifier sees, whatever follows in the padding. Marks tell too much (ł is Polish): names are written without.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { data, manualSeed, nn, noGrad, optim, plot, tqdm, zeros } from 'ostinato';
import type { Tensor } from 'ostinato';

type Sample = [letters: Int32Array, language: number];

/** 'Wójcik' as 'wojcik': without marks, in lower case. */
const plain = (name: string): string =>
  name.normalize('NFD').replace(/\p{M}/gu, '').replace(/ł/g, 'l').toLowerCase(); // prettier-ignore

const lines = readFileSync(join(__dirname, 'names.txt'), 'utf8').trim().split('\n');
export const languages = lines.map((line) => line.split(': ')[0]);
const names = lines.flatMap(
  (line, language) =>
  line.split(': ')[1].split(' ').map((name) => ({ name, language })), // prettier-ignore
);
const tokenizer = data.CharacterTokenizer.train(names.map(({ name }) => plain(name)));

class NameClassifier extends nn.Module {
  embedding = new nn.Embedding(tokenizer.vocabulary.length, 16);
  gru = new nn.GRU(16, 64, { bidirectional: true, batchFirst: true });
  dropout = new nn.Dropout(0.3);
  fc = new nn.Linear(128, languages.length);

  /** Letters [N, T] of names with their lengths [N] give scores [N, languages]. */
  forward(letters: Tensor, lengths: Tensor): Tensor {
    const packed = nn.utils.rnn.packPaddedSequence(this.embedding.forward(letters), lengths, {
      batchFirst: true,
      enforceSorted: false,
    });
    const [, h] = this.gru.forward(packed); // [2, N, 64]: at a name's end, and backwards at its start
    return this.fc.forward(this.dropout.forward(h.transpose(0, 1).flatten(1)));
  }
}

/** The probabilities of the languages, for each name: [N, languages]. */
export function classify(model: NameClassifier, asked: readonly string[]): Tensor {
  model.eval();
  const [letters, lengths] = data.paddingCollate({ batchFirst: true })(
    asked.map((name) => tokenizer.encode(plain(name))),
  );
  return noGrad(() => model.forward(letters, lengths).softmax(1));
}

export interface Outcome {
  model: NameClassifier;
  /** The share of right answers, for names that were not trained on. */
  accuracy: number;
  /** [languages, languages]: how many names of the row's language were said to be of the column's. */
  confusion: Tensor;
}

export function run({ epochs = 20 } = {}, print = tqdm.write): Outcome {
  manualSeed(0);
  const [training, heldOut] = data.randomSplit(names, [0.8, 0.2]);
  const samples = Array.from(training, ({ name, language }): Sample => [
    tokenizer.encode(plain(name)),
    language,
  ]);
  const collateFn = data.paddingCollate({ batchFirst: true });
  const loader = new data.DataLoader(samples, { batchSize: 16, shuffle: true, collateFn });

  const model = new NameClassifier();
  const optimizer = new optim.Adam(model.parameters(), { lr: 5e-3 });
  for (let epoch = 1; epoch <= epochs; epoch++) {
    model.train();
    let total = 0;
    for (const [[letters, lengths], language] of loader) {
      const loss = nn.functional.crossEntropy(model.forward(letters, lengths), language);
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      total += loss.item();
    }
    if (epoch % 5 === 0) print(`epoch ${epoch}: loss ${(total / loader.length).toFixed(3)}`);
  }

  const tested = [...heldOut];
  const answers = classify(model, tested.map(({ name }) => name)).argmax(1).toArray<number[]>(); // prettier-ignore
  const confusion = zeros([languages.length, languages.length]);
  tested.forEach(({ language }, i) => confusion.at(language, answers[i]).add_(1));
  const accuracy = confusion.trace().item() / tested.length;
  print(`${(100 * accuracy).toFixed(0)} % of ${tested.length} held-out names`);
  for (const name of ['Mikkonen', 'Theofilou', 'Kurosawa', 'Zawisza', 'Verstappen', 'Ferrante']) {
    const [p, language] = classify(model, [name]).max(1);
    print(`${name}: ${languages[language.item()]}, ${(100 * p.item()).toFixed(0)} %`);
  }
  return { model, accuracy, confusion };
}

if (require.main === module) {
  const { confusion } = run();
  const chart = plot.matrix(confusion, { rows: languages, columns: languages, y: 'is', x: 'taken for' }); // prettier-ignore
  console.log(`picture: ${plot.save(join(__dirname, 'out', 'name-classifier.svg'), chart)}`);
}
