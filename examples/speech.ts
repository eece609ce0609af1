// Speech with CTC: an LSTM turns sound into letters and finds out by itself where in the sound each of them is
//
// Each letter is a sound of two tones (formants) of random length, pitch and loudness, with silence and noise around it. The
// sound is cut into frames, each frame becomes a spectrum. Connectionist temporal classification (Graves et al. 2006) adds up
// the probabilities of all alignments of the letters with the frames; class 0, the blank, stands for no letter.
import { join } from 'node:path';
import { arange, cat, data, manualSeed, nn, noGrad, optim, plot, rand, randint, randn, tqdm, zeros } from 'ostinato'; // prettier-ignore
import type { Tensor } from 'ostinato';

export const letters = ['', 'a', 'e', 'i', 'o', 'u', 'm', 's'];
// The two tones of each letter, in cycles for a frame of 64 samples.
const formants = [[0, 0], [9, 14], [6, 20], [3, 25], [5, 10], [3, 8], [2, 13], [24, 29]]; // prettier-ignore
const [frame, bands] = [64, 32];

interface Utterance {
  spectra: Tensor;
  labels: number[];
}

/** A number from low to high. */
const between = (low: number, high: number): number => low + (high - low) * rand([]).item();

/** A word of 3 to 8 letters: the spectra of its sound, [T, bands], and the letters. */
export function speak(noise = 0.3): Utterance {
  const labels: number[] = [];
  const sounds = [zeros([frame * randint(2, 6, []).item()])];
  const pitch = between(0.95, 1.05); // of this speaker
  for (let n = randint(3, 9, []).item(); n > 0; n--) {
    const letter = randint(1, letters.length, []).item();
    const time = arange(frame * randint(2, 6, []).item(), { dtype: 'float32' }).mul((2 * Math.PI * pitch) / frame); // prettier-ignore
    const [low, high] = formants[letter];
    const tone = time.mul(low).sin().add(time.mul(high).sin().mul(0.6));
    const rest = zeros([frame * randint(1, 3, []).item()]);
    sounds.push(tone.mul(between(0.5, 1.5)), rest);
    labels.push(letter);
  }
  const silent = cat(sounds);
  const sound = silent.add(randn(silent.shape).mul(noise));
  return { spectra: spectrum(sound), labels };
}

// A discrete Fourier transform of one frame as a matrix product: cosines and sines of 1 … bands cycles, [frame, bands].
const angles = arange(frame, { dtype: 'float32' }).unsqueeze(1).mul(arange(1, bands + 1)).mul((2 * Math.PI) / frame); // prettier-ignore
const [cosines, sines] = [angles.cos(), angles.sin()];

/** The logarithm of the power in each band, for each frame: [T, bands]. */
function spectrum(sound: Tensor): Tensor {
  const frames = sound.unfold(0, frame, frame); // [T, frame], views of the sound
  const power = frames.matmul(cosines).square().add(frames.matmul(sines).square());
  return power.add(1).log().sub(4);
}

class Listener extends nn.Module {
  lstm = new nn.LSTM(bands, 48, { bidirectional: true });
  fc = new nn.Linear(96, letters.length);

  /** Spectra [T, N, bands] of sounds with their lengths give log-probabilities of the classes, [T, N, letters]. */
  forward(spectra: Tensor, lengths: Tensor): Tensor {
    const packed = nn.utils.rnn.packPaddedSequence(spectra, lengths, { enforceSorted: false });
    const [out] = nn.utils.rnn.padPackedSequence(this.lstm.forward(packed)[0]);
    return this.fc.forward(out).logSoftmax(2);
  }
}

/** The most probable class of each frame, repetitions and then blanks left out. */
function greedy(logProbs: Tensor, lengths: Tensor): number[][] {
  const best = logProbs.argmax(2).t(); // [N, T]
  return nn.utils.rnn.unpadSequence(best, lengths, { batchFirst: true }).map((row) => {
    const path = row.toArray<number[]>();
    return path.filter((letter, t) => letter !== 0 && letter !== path[t - 1]);
  });
}

/** How many letters have to be changed, left out or put in to make one list of the other (Levenshtein). */
export function distance(a: readonly number[], b: readonly number[]): number {
  let row = [...Array(b.length + 1).keys()];
  for (const [i, letter] of a.entries()) {
    const next = [i + 1];
    for (const [j, other] of b.entries()) {
      next.push(Math.min(row[j] + Number(letter !== other), row[j + 1] + 1, next[j] + 1));
    }
    row = next;
  }
  return row[b.length];
}

const spelled = (labels: readonly number[]): string => labels.map((each) => letters[each]).join('');

export interface Outcome {
  model: Listener;
  /** Letters wrong, missing or too many for each letter spoken, in words that were not trained on; before and after training. */
  before: number;
  after: number;
  /** Of the first held-out word: spectra [T, bands] and probabilities [T, letters]. */
  spectra: Tensor;
  probabilities: Tensor;
}

export function run({ steps = 150 } = {}, print = tqdm.write): Outcome {
  manualSeed(0);
  const heldOut = Array.from({ length: 100 }, () => speak());
  const model = new Listener();
  const ctc = new nn.CTCLoss();
  const optimizer = new optim.Adam(model.parameters(), { lr: 1e-2 });
  const collate = data.paddingCollate();
  const batchOf = (words: readonly Utterance[]) =>
    collate(words.map(({ spectra, labels }): [Tensor, number[]] => [spectra, labels]));

  const listen = (): { error: number; said: number[][]; logProbs: Tensor } => {
    const [[spectra, lengths]] = batchOf(heldOut);
    const logProbs = noGrad(() => model.forward(spectra, lengths));
    const said = greedy(logProbs, lengths);
    const errors = heldOut.reduce((sum, { labels }, i) => sum + distance(said[i], labels), 0);
    const spoken = heldOut.reduce((sum, { labels }) => sum + labels.length, 0);
    return { error: errors / spoken, said, logProbs };
  };

  const before = listen().error;
  for (let step = 1; step <= steps; step++) {
    const words = Array.from({ length: 16 }, () => speak());
    const [[spectra, lengths], [labels, counts]] = batchOf(words);
    const loss = ctc.forward(model.forward(spectra, lengths), labels.t(), lengths, counts);
    optimizer.zeroGrad();
    loss.backward();
    nn.utils.clipGradNorm_(model.parameters(), 5);
    optimizer.step();
    if (step % 25 === 0) {
      print(
        `step ${step}: loss ${loss.item().toFixed(3)}, error rate ${listen().error.toFixed(3)}`,
      );
    }
  }
  const { error: after, said, logProbs } = listen();
  for (const [i, { labels }] of heldOut.slice(0, 4).entries()) {
    print(`spoken ${spelled(labels)}, heard ${spelled(said[i])}`);
  }
  const [{ spectra }] = heldOut;
  const probabilities = logProbs.exp().select(1, 0).narrow(0, 0, spectra.shape[0]);
  return { model, before, after, spectra, probabilities };
}

if (require.main === module) {
  const { spectra, probabilities } = run();
  const chart = plot.matrix(probabilities.t(), { rows: letters.map((each) => each || 'blank'), x: 'frame', numbers: false, height: 250 }); // prettier-ignore
  const sound = plot.matrix(spectra.t().flip(0), { y: 'band', x: 'frame', numbers: false, height: 350 }); // prettier-ignore
  console.log(`pictures: ${plot.save(join(__dirname, 'out', 'speech-spectra.svg'), sound)}`);
  console.log(`          ${plot.save(join(__dirname, 'out', 'speech-letters.svg'), chart)}`);
}
