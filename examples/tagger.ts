// Tagger with a CRF: names of people and places in sentences, and what it gains to score whole sequences of tags
//
// A tag for each word: B-PER and I-PER begin and continue a person, B-LOC and I-LOC a place, O is neither. Scored word by word
// (cross-entropy), tags next to each other may not go together: I-LOC after B-PER. A conditional random field learns which
// tag follows which, and its Viterbi search returns the best sequence as a whole. Both taggers have the same LSTM.
import { join } from 'node:path';
import { data, manualSeed, nn, noGrad, optim, plot, randint, tqdm } from 'ostinato';
import type { Tensor } from 'ostinato';

const F = nn.functional;
export const tags = ['O', 'B-PER', 'I-PER', 'B-LOC', 'I-LOC'];

// ---- Sentences. Names are made of the same words, whether of people or of places: what is around them tells.

const parts = ['anna', 'maria', 'stone', 'field', 'grace', 'hope', 'may', 'rose', 'hill', 'brook'];
const before = { PER: ['doctor', 'aunt', 'with'], LOC: ['in', 'near', 'from'] };
const after = { PER: ['said', 'laughed', 'wrote'], LOC: ['is', 'lies', 'burned'] };
const others = ['the', 'a', 'old', 'and', 'we', 'then', 'today', 'again', 'late'];
const vocabulary = new data.Vocabulary([
  '<pad>',
  ...new Set([parts, ...Object.values(before), ...Object.values(after), others].flat()),
]);

const one = <T>(choices: readonly T[]): T => choices[randint(0, choices.length, []).item()];
const several = <T>(least: number, most: number, choices: readonly T[]): T[] =>
  Array.from({ length: randint(least, most + 1, []).item() }, () => one(choices));

type Sentence = { words: string[]; tags: string[] };

/** One to three names with words between them. Some have a word before them that tells the kind, the others one after them. */
export function sentence(): Sentence {
  const [words, labels]: [string[], string[]] = [[], []];
  const add = (each: readonly string[], kind?: string): void => {
    words.push(...each);
    labels.push(...each.map((_, i) => (kind ? `${i === 0 ? 'B' : 'I'}-${kind}` : 'O')));
  };
  for (let i = randint(1, 4, []).item(); i > 0; i--) {
    const kind = one(['PER', 'LOC'] as const);
    add(several(0, 3, others));
    const first = one([true, false]);
    if (first) add([one(before[kind])]);
    add(several(1, 4, parts), kind);
    if (!first) add([one(after[kind])]);
  }
  add(several(0, 2, others));
  return { words, tags: labels };
}

// ---- The model.

class Tagger extends nn.Module {
  embedding = new nn.Embedding(vocabulary.length, 16, { paddingIdx: 0 });
  lstm = new nn.LSTM(16, 16, { bidirectional: true, batchFirst: true });
  scores = new nn.Linear(32, tags.length);
  crf: nn.CRF | null;

  constructor(withCRF: boolean) {
    super();
    this.crf = withCRF ? new nn.CRF(tags.length, { batchFirst: true }) : null;
  }

  /** Words [N, T] give a score for each tag of each word, [N, T, tags]. */
  forward({ words, lengths }: Batch): Tensor {
    const { packPaddedSequence, padPackedSequence } = nn.utils.rnn;
    const layout = { batchFirst: true, enforceSorted: false };
    const packed = packPaddedSequence(this.embedding.forward(words), lengths, layout);
    const [out] = padPackedSequence(this.lstm.forward(packed)[0], { batchFirst: true });
    return this.scores.forward(out);
  }

  loss(batch: Batch): Tensor {
    const scores = this.forward(batch);
    const mask = F.paddingMask(batch.lengths);
    if (this.crf !== null)
      return this.crf.forward(scores, batch.labels, { mask, reduction: 'token_mean' }).neg();
    const labels = batch.labels.maskedFill(mask.logicalNot(), -100); // which crossEntropy leaves out
    return F.crossEntropy(scores.flatten(0, 1), labels.flatten());
  }

  /** The tags of each sentence, as many as it has words. */
  decode(batch: Batch): number[][] {
    const scores = noGrad(() => this.forward(batch));
    const mask = F.paddingMask(batch.lengths);
    if (this.crf !== null) return this.crf.decode(scores, { mask });
    const best = nn.utils.rnn.unpadSequence(scores.argmax(2), batch.lengths, { batchFirst: true });
    return best.map((row) => row.toArray());
  }
}

// ---- Training, and what comes of it.

interface Batch {
  words: Tensor;
  labels: Tensor;
  lengths: Tensor;
}

function batchOf(sentences: readonly Sentence[]): Batch {
  const samples = sentences.map((each) => ({
    words: vocabulary.encode(each.words),
    labels: each.tags.map((tag) => tags.indexOf(tag)),
  }));
  const batch = data.paddingCollate({ batchFirst: true })(samples);
  return { words: batch.words[0], lengths: batch.words[1], labels: batch.labels[0] };
}

export interface Score {
  /** The share of words with the right tag, and of sentences without a mistake. */
  words: number;
  sentences: number;
  /** How many tags continue what is not before them: I-LOC after O. */
  impossible: number;
}

function score(model: Tagger, sentences: readonly Sentence[]): Score {
  const found = model.decode(batchOf(sentences)).map((row) => row.map((tag) => tags[tag]));
  let [words, right, whole, impossible] = [0, 0, 0, 0];
  for (const [i, { tags: wanted }] of sentences.entries()) {
    const hits = wanted.filter((tag, t) => tag === found[i][t]).length;
    words += wanted.length;
    right += hits;
    whole += Number(hits === wanted.length);
    impossible += found[i].filter(
      (tag, t) => tag.startsWith('I') && found[i][t - 1]?.slice(2) !== tag.slice(2),
    ).length;
  }
  return { words: right / words, sentences: whole / sentences.length, impossible };
}

interface Outcome {
  plain: Score;
  crf: Score;
  /** The CRF's score of each tag after each other one. */
  transitions: Tensor;
}

export function run({ epochs = 30 } = {}, print = tqdm.write): Outcome {
  manualSeed(0);
  const training = Array.from({ length: 100 }, sentence);
  const heldOut = Array.from({ length: 500 }, sentence);
  const train = (withCRF: boolean): [Score, nn.CRF | null] => {
    manualSeed(1); // both start from the same weights and see the same batches
    const model = new Tagger(withCRF);
    const optimizer = new optim.Adam(model.parameters(), { lr: 1e-2 });
    const loader = new data.DataLoader(training, { batchSize: 10, shuffle: true, collateFn: batchOf }); // prettier-ignore
    for (let epoch = 0; epoch < epochs; epoch++) {
      for (const batch of loader) {
        optimizer.zeroGrad();
        model.loss(batch).backward();
        optimizer.step();
      }
    }
    const result = score(model, heldOut);
    const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
    print(
      `${withCRF ? 'with' : 'without'} CRF: ${percent(result.words)} of words, ` +
        `${percent(result.sentences)} of sentences right, ${result.impossible} impossible tags`,
    );
    return [result, model.crf];
  };
  const [[plain], [crf, layer]] = [train(false), train(true)];
  return { plain, crf, transitions: layer!.transitions.detach() };
}

if (require.main === module) {
  const { transitions } = run();
  const chart = plot.matrix(transitions, { title: 'What the CRF learned of tags', rows: tags, columns: tags, y: 'tag', x: 'the next' }); // prettier-ignore
  console.log(`picture: ${plot.save(join(__dirname, 'out', 'tagger.svg'), chart)}`);
}
