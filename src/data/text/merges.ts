/**
 * Byte pair encoding (Sennrich, Haddow, Birch 2016, https://arxiv.org/abs/1508.07909): the pair of neighbours that comes most
 * often becomes a symbol of its own, again and again. Symbols are numbers here: 0 … base − 1, then one for each merge.
 */
import { Heap } from './heap';

/** Two neighbours: numbers of symbols. */
export type Pair = readonly [left: number, right: number];

// A pair as one number: symbols are below 2²⁶, so that it is exact.
const shift = 2 ** 26;
const keyOf = (left: number, right: number): number => left * shift + right;

/** A pair, how often it came when it was put on the heap, and its key. */
interface Candidate {
  readonly key: number;
  readonly count: number;
}

/** The most frequent first; of the same frequency that with the lower numbers. */
const before = (a: Candidate, b: Candidate): boolean =>
  a.count !== b.count ? a.count > b.count : a.key < b.key;

/** How often each pair comes, and in which words it does or did. */
class PairCounts {
  readonly #counts = new Map<number, number>();
  readonly #words = new Map<number, Set<number>>();
  readonly #heap = new Heap<Candidate>(before);
  readonly #changed = new Set<number>();

  add(left: number, right: number, word: number, times: number): void {
    const key = keyOf(left, right);
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + times);
    let words = this.#words.get(key);
    if (words === undefined) this.#words.set(key, (words = new Set()));
    words.add(word);
    this.#changed.add(key);
  }

  remove(left: number, right: number, times: number): void {
    const key = keyOf(left, right);
    this.#counts.set(key, this.#counts.get(key)! - times);
    this.#changed.add(key);
  }

  /** The pair that comes most often, and how often; undefined when none is left. */
  most(): Candidate | undefined {
    for (const key of this.#changed) this.#heap.push({ key, count: this.#counts.get(key)! });
    this.#changed.clear();
    for (;;) {
      const first = this.#heap.pop();
      // Counts that have changed since were pushed again.
      if (first === undefined || first.count === this.#counts.get(first.key)) return first;
    }
  }

  /** Takes out a pair, with the words that it may be in. */
  take(key: number): Set<number> {
    const words = this.#words.get(key)!;
    this.#words.delete(key);
    return words;
  }
}

/**
 * The merges that a text's words ask for.
 * @param words symbols of each different word, which are replaced as pairs are merged, and how often the word comes
 * @param base how many symbols there are before the first merge
 * @param most merges at most
 * @param least a pair must come that often
 * @returns pairs in the order of merging; the i-th becomes symbol base + i
 */
export function learnMerges(
  words: { symbols: number[]; readonly count: number }[],
  base: number,
  most: number,
  least: number,
): Pair[] {
  const pairs = new PairCounts();
  for (const [index, { symbols, count }] of words.entries()) {
    for (let i = 1; i < symbols.length; i++) pairs.add(symbols[i - 1], symbols[i], index, count);
  }
  const merges: Pair[] = [];
  while (merges.length < most) {
    const found = pairs.most();
    if (found === undefined || found.count < least || found.count === 0) break;
    const left = Math.floor(found.key / shift);
    const right = found.key % shift;
    const merged = base + merges.length;
    merges.push([left, right]);
    for (const index of pairs.take(found.key)) {
      const word = words[index];
      word.symbols = mergeInWord(word.symbols, left, right, merged, (from, to, sign) => {
        if (sign > 0) pairs.add(from, to, index, word.count);
        else pairs.remove(from, to, word.count);
      });
    }
  }
  return merges;
}

/** A word with each `left right`, from its start on, as `merged`; tells which pairs come and go. */
function mergeInWord(
  symbols: readonly number[],
  left: number,
  right: number,
  merged: number,
  tell: (from: number, to: number, sign: 1 | -1) => void,
): number[] {
  const out: number[] = [];
  for (let i = 0; i < symbols.length; i++) {
    if (symbols[i] !== left || symbols[i + 1] !== right) {
      out.push(symbols[i]);
      continue;
    }
    tell(left, right, -1);
    if (out.length > 0) {
      tell(out[out.length - 1], left, -1);
      tell(out[out.length - 1], merged, 1);
    }
    if (i + 2 < symbols.length) {
      tell(right, symbols[i + 2], -1);
      tell(merged, symbols[i + 2], 1);
    }
    out.push(merged);
    i++;
  }
  return out;
}

/** A possible merge of a word: that with the lowest rank comes first, of those the leftmost. */
interface Merge {
  readonly rank: number;
  readonly at: number;
  readonly left: number;
  readonly right: number;
}

/** The merges that were learned, by pair. */
export class Merges {
  private readonly ranks = new Map<number, number>();

  constructor(
    pairs: readonly Pair[],
    private readonly base: number,
  ) {
    for (const [rank, [left, right]] of pairs.entries()) this.ranks.set(keyOf(left, right), rank);
  }

  /** Applies the merges to a word's symbols, in O(n log n). */
  apply(symbols: readonly number[]): number[] {
    const { length } = symbols;
    const symbol = [...symbols];
    // A list through the array: neighbours of what is left; −1 for what was merged away.
    const next = Int32Array.from(symbols, (_, i) => i + 1);
    const previous = Int32Array.from(symbols, (_, i) => i - 1);
    const heap = new Heap<Merge>((a, b) => (a.rank !== b.rank ? a.rank < b.rank : a.at < b.at));
    const consider = (at: number): void => {
      if (at < 0 || next[at] >= length) return;
      const [left, right] = [symbol[at], symbol[next[at]]];
      const rank = this.ranks.get(keyOf(left, right));
      if (rank !== undefined) heap.push({ rank, at, left, right });
    };
    for (let i = 0; i + 1 < length; i++) consider(i);
    for (let merge = heap.pop(); merge !== undefined; merge = heap.pop()) {
      const { rank, at, left, right } = merge;
      // What has changed since is on the heap again.
      if (symbol[at] !== left || next[at] >= length || symbol[next[at]] !== right) continue;
      const gone = next[at];
      symbol[at] = this.base + rank;
      symbol[gone] = -1;
      next[at] = next[gone];
      if (next[at] < length) previous[next[at]] = at;
      consider(previous[at]);
      consider(at);
    }
    return symbol.filter((each) => each >= 0);
  }
}
