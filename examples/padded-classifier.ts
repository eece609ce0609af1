// Padded classifier: unequal lengths, a rare class, early stopping, and a run that goes on where it was stopped
//
// Heartbeats, one number a step: in 1 of 10 sequences one beat is broad and low. Sequences are padded and packed, so that no padding
// is read, and a mask keeps padding out of the mean over time. The rare class has a larger weight in the loss. Training ends
// when the held-out loss has not fallen for some epochs, and keeps the best weights. All of it is in one checkpoint.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cat, data, deepcopy, getRngState, io, manualSeed, nn, noGrad, optim, plot, rand, randint, randn, setRngState, tqdm } from 'ostinato'; // prettier-ignore
import type { Tensor } from 'ostinato';

type Sample = [beats: Tensor, ill: number];

/** 30 to 90 steps with a beat every 10 or so; in one of ten sequences, one beat is broad and low. */
export function sample(): Sample {
  const length = randint(30, 91, []).item();
  const ill = Number(rand([]).item() < 0.1);
  const beats = randn([length, 1]).mul(0.15);
  const count = Math.floor((length - 5) / 10);
  const odd = ill === 1 ? randint(0, count, []).item() : -1;
  for (let i = 0; i < count; i++) {
    const at = 5 + 10 * i + randint(-1, 2, []).item();
    if (i === odd) beats.narrow(0, at, 3).add_(0.5);
    else beats.at(at).add_(1);
  }
  return [beats, ill];
}

class Classifier extends nn.Module {
  gru = new nn.GRU(1, 24, { batchFirst: true });
  dropout = new nn.Dropout(0.2);
  fc = new nn.Linear(48, 2);

  /** Padded sequences [N, T, 1] with their lengths [N] give scores [N, 2]. */
  forward(x: Tensor, lengths: Tensor): Tensor {
    const { packPaddedSequence, padPackedSequence } = nn.utils.rnn;
    const layout = { batchFirst: true, enforceSorted: false };
    const [packed] = this.gru.forward(packPaddedSequence(x, lengths, layout));
    const [out] = padPackedSequence(packed, { batchFirst: true }); // [N, T, 24]
    const mask = nn.functional.paddingMask(lengths).unsqueeze(2); // [N, T, 1], false in the padding
    const mean = out.maskedFill(mask.logicalNot(), 0).sum(1).div(lengths.unsqueeze(1));
    const most = out.maskedFill(mask.logicalNot(), -Infinity).amax(1);
    return this.fc.forward(this.dropout.forward(cat([mean, most], 1)));
  }
}

const collateFn = data.paddingCollate({ batchFirst: true });
const patience = 6;

/** Whether the least loss is `patience` epochs ago. */
const isOver = (losses: readonly number[]): boolean =>
  losses.length - losses.indexOf(Math.min(...losses)) > patience;

interface Training {
  /** The weights of the epoch with the least held-out loss. */
  best: Classifier;
  /** The held-out loss of each epoch. */
  losses: number[];
  tested: readonly Sample[];
}

/** Trains until the held-out loss no longer falls, or for so many epochs; goes on where the checkpoint of an earlier call ends. */
export function train(checkpoint: string, epochs = 100): Training {
  manualSeed(0);
  const [training, heldOut, tested] = [400, 200, 400].map((n) => Array.from({ length: n }, sample));
  const weight = data.classWeights(training.map(([, ill]) => ill)); // about [0.55, 5]
  const lossFn = new nn.CrossEntropyLoss({ weight });
  const loader = new data.DataLoader(training, { batchSize: 20, shuffle: true, collateFn });
  const [[heldOutBeats, heldOutLengths], heldOutIll] = collateFn(heldOut);

  const model = new Classifier();
  const best = deepcopy(model);
  const optimizer = new optim.Adam(model.parameters(), { lr: 1e-2 });
  let losses: number[] = [];
  if (existsSync(checkpoint)) {
    const saved = io.loadCheckpoint(checkpoint, { model, best, optimizer });
    losses = saved['losses'] as number[];
    setRngState(saved['rng'] as Uint8Array); // the order of the batches and the dropout that come next
  }
  while (losses.length < epochs && !isOver(losses)) {
    model.train();
    for (const [[beats, lengths], ill] of loader) {
      optimizer.zeroGrad();
      lossFn.forward(model.forward(beats, lengths), ill).backward();
      optimizer.step();
    }
    model.eval();
    const scores = noGrad(() => model.forward(heldOutBeats, heldOutLengths));
    losses.push(lossFn.forward(scores, heldOutIll).item());
    if (losses.at(-1) === Math.min(...losses)) best.loadStateDict(model.stateDict());
    io.saveCheckpoint(checkpoint, { model, best, optimizer, losses, rng: getRngState() });
  }
  return { best: best.eval(), losses, tested };
}

export interface Outcome {
  /** The held-out losses of a run in one go, and of one that was stopped and went on. */
  losses: number[];
  resumed: number[];
  /** The share of sequences with an odd beat that were found, and the share of those found that have one. */
  recall: number;
  precision: number;
}

export function run({ stopAt = 5, epochs = 100 } = {}, print = tqdm.write): Outcome {
  const folder = mkdtempSync(join(tmpdir(), 'padded-classifier-'));
  try {
    const { best, losses, tested } = train(join(folder, 'one-go.safetensors'), epochs);
    print(
      `${losses.length} epochs, held-out losses ${losses.map((each) => each.toFixed(3)).join(' ')}`,
    );
    train(join(folder, 'stopped.safetensors'), stopAt);
    const { losses: resumed } = train(join(folder, 'stopped.safetensors'), epochs);
    const same = losses.every((loss, i) => loss === resumed[i]);
    print(
      `stopped after ${stopAt} epochs and gone on with: ${same ? 'the same' : 'other'} numbers`,
    );

    const [[beats, lengths], ill] = collateFn(tested);
    const found = noGrad(() => best.forward(beats, lengths)).argmax(1);
    const [hits, all, said] = [found.mul(ill), ill, found].map((each) => each.sum().item());
    print(
      `${hits} of ${all} sequences with an odd beat found, and ${said - hits} others of ${tested.length - all}`,
    );
    return { losses, resumed, recall: hits / all, precision: hits / said };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (require.main === module) {
  const { losses } = run();
  const points = losses.map((loss, i): [number, number] => [i + 1, loss]);
  const best = points.reduce((least, point) => (point[1] < least[1] ? point : least));
  const chart = plot.curve(
    { 'held out': points, 'the one that is kept': [best] },
    { title: 'Stopping early', x: 'epoch', y: 'cross-entropy', dots: true },
  );
  console.log(`picture: ${plot.save(join(__dirname, 'out', 'padded-classifier.svg'), chart)}`);
}
