/**
 * Sequences of unequal length: padded into a batch, packed out of one, and back (nn.utils.rnn). All of it moves memory;
 * the goal is PyTorch's time.
 */
import { nn, type Tensor } from 'ostinato';
import { filled, type Goal, type Work } from './work';

const { padPackedSequence, packPaddedSequence, packSequence, padSequence } = nn.utils.rnn;
const goals: readonly Goal[] = [{ than: 'torch', times: 1 }];

type Case = readonly [count: number, longest: number, sorted: boolean, features: number];

/** 1 to `longest` steps: 7919 n modulo `longest`, and sorted falling where they are to be. */
function lengthsOf([count, longest, sorted]: Case): number[] {
  const lengths = Array.from({ length: count }, (_, n) => 1 + ((n * 7919) % longest));
  return sorted ? lengths.sort((a, b) => b - a) : lengths;
}

/** A list of `length` steps of each sequence; of one feature without a dimension for it. */
const sequencesOf = (one: Case): Tensor[] =>
  lengthsOf(one).map((length, n) => filled(one[3] === 1 ? [length] : [length, one[3]], n));

type Packed = nn.utils.rnn.PackedSequence;

const kinds: Readonly<Record<string, (one: Case) => () => Tensor | Packed>> = {
  padSequence(one) {
    const sequences = sequencesOf(one);
    return () => padSequence(sequences);
  },
  packSequence(one) {
    const sequences = sequencesOf(one);
    return () => packSequence(sequences, { enforceSorted: one[2] });
  },
  packPaddedSequence(one) {
    const padded = padSequence(sequencesOf(one));
    const lengths = Int32Array.from(lengthsOf(one));
    return () => packPaddedSequence(padded, lengths, { enforceSorted: one[2] });
  },
  'packPaddedSequence forward + backward': (one) => {
    const padded = padSequence(sequencesOf(one)).requiresGrad_();
    const lengths = Int32Array.from(lengthsOf(one));
    return () => {
      padded.grad = null;
      const { data } = packPaddedSequence(padded, lengths, { enforceSorted: one[2] });
      data.backward({ gradient: data.detach() });
      return padded.grad!;
    };
  },
  padPackedSequence(one) {
    const packed = packSequence(sequencesOf(one), { enforceSorted: one[2] });
    return () => padPackedSequence(packed)[0];
  },
};

// PyTorch may have packed equal lengths in another order: what is compared is padded.
const paddedOf = (made: Tensor | Packed): Tensor =>
  made instanceof nn.utils.rnn.PackedSequence ? padPackedSequence(made)[0] : made;

const row = (kind: string, one: Case): Work => {
  const [count, longest, sorted, features] = one;
  return {
    name: `${kind}, ${count.toLocaleString('en')} sequences of 1 to ${longest} × ${features}, ${sorted ? '' : 'un'}sorted`,
    group: 'packing',
    goals,
    torch: { work: 'packing', args: [kind, ...one] },
    make() {
      const run = kinds[kind](one);
      return { run: () => void run(), result: () => [paddedOf(run())] };
    },
  };
};

const cases: readonly Case[] = [
  [10, 50, false, 16],
  [100, 50, true, 16],
  [2000, 5, false, 1],
  [2000, 50, true, 16],
  [2000, 50, false, 128],
  [20_000, 5, true, 1],
  [20_000, 50, false, 16],
  [150_000, 5, false, 1],
];

export const packing: readonly Work[] = cases.flatMap((one) =>
  Object.keys(kinds).map((kind) => row(kind, one)),
);
