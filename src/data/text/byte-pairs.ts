/** Byte pairs as tokens. */
import {
  arrayOf,
  count,
  integerFrom,
  optionsTable,
  pairOf,
  positiveInteger,
  string,
  surplus,
} from '../../check';
import { bytes, byteTokens, symbolsOf } from './bytes';
import { learnMerges, Merges, type Pair } from './merges';
import { Tokenizer } from './tokenizer';
import {
  frequencies,
  idsOf,
  specialsField,
  type Texts,
  textsOf,
  type TokenIds,
  Vocabulary,
} from './vocabulary';

/** Options of `BytePairTokenizer.train`. */
export interface BytePairTokenizerOptions {
  /** How many tokens there are at most: the special ones, 256 bytes, and one for each merge. */
  vocabularySize: number;
  /** Tokens that come first, such as '<|endoftext|>'; no text gives them. Default: none. */
  specials?: readonly string[];
  /** How often a pair must come to be merged. Default: 2. */
  minFrequency?: number;
}

/** Options of `BytePairTokenizer`. */
export interface BytePairOptions {
  /** Tokens that come first. Default: none. */
  specials?: readonly string[];
}

/** What `BytePairTokenizer.toJSON` gives. */
export interface SavedBytePairTokenizer {
  /** Which tokenizer it is. */
  type: 'bytePairs';
  /** The special tokens. */
  specials: readonly string[];
  /** Pairs of tokens in the order of merging, bytes as GPT-2's files write them. */
  merges: readonly (readonly [left: string, right: string])[];
}

const trainOptions = optionsTable<BytePairTokenizerOptions>('BytePairTokenizer.train', {
  vocabularySize: integerFrom(256),
  minFrequency: positiveInteger.or(2),
  ...specialsField,
});
const pairOptions = optionsTable<BytePairOptions>('BytePairTokenizer', specialsField);
const anyMerges = arrayOf(pairOf(string, 'a pair of tokens'), 'an array of pairs of tokens');

// What merges never reach across: English contractions; words, numbers and signs, each with the space before it; spaces.
const pieces = /'(?:[dmst]|ll|re|ve)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;
// Pieces come again and again; a text of ever new ones must not fill the memory.
const cachedPieces = 20_000;
const longestCached = 64;
// Merges double a token's length each: a few dozen of a hostile file would fill the memory.
const longestToken = 65_536;

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/**
 * Tokens out of bytes, of which neighbours that come often are merged (byte pair encoding, Sennrich et al. 2016, on the bytes
 * of UTF-8 as in GPT-2): frequent words are one token, rare ones several, and there is no text that it cannot encode. Trained
 * on the same text, tokens and their numbers are those of Hugging Face's `tokenizers` (ByteLevel, all 256 bytes as the initial
 * alphabet).
 *
 * Numbers: special tokens, then the bytes, then merges.
 * @throws TypeError for what are no pairs of tokens; RangeError for a pair of which a part was not made before.
 * @example
 * const tokenizer = data.BytePairTokenizer.train('low lower lowest', { vocabularySize: 260 });
 * tokenizer.vocabulary.tokens.slice(256); // ['lo', 'low', 'Ġlow', 'Ġlowe']
 * tokenizer.decode(tokenizer.encode('slow ✓')); // 'slow ✓'
 */
export class BytePairTokenizer extends Tokenizer {
  /** The tokens and their numbers. */
  readonly vocabulary: Vocabulary;
  /** The special tokens. */
  readonly specials: readonly string[];
  private readonly merges: Merges;
  /** The bytes of each symbol. */
  private readonly bytes: readonly Uint8Array[];
  private readonly pairs: readonly Pair[];
  private readonly cache = new Map<string, readonly number[]>();

  /** @param merges pairs of tokens in the order of merging, bytes as GPT-2's files write them: a space is 'Ġ' */
  constructor(
    merges: readonly (readonly [left: string, right: string])[],
    options?: BytePairOptions,
  ) {
    const operation = 'BytePairTokenizer';
    if (arguments.length > 2) surplus(operation, arguments, 2, 'options');
    super();
    this.specials = Object.freeze([...pairOptions.read(options).specials]);
    const symbols = new Map(byteTokens.map((token, symbol) => [token, symbol]));
    const tokens = [...byteTokens];
    const spelled = bytes.map((byte) => Uint8Array.of(byte));
    this.pairs = anyMerges.check(operation, 'merges', merges).map((pair, i) => {
      const [left, right] = pair.map((token) => {
        const symbol = symbols.get(token);
        if (symbol !== undefined) return symbol;
        throw new RangeError(
          `${operation}: merges[${i}] joins ${JSON.stringify(token)}, which is no byte and no merge before it`,
        );
      });
      const token = pair.join('');
      if (symbols.has(token)) {
        throw new RangeError(`${operation}: merges[${i}] makes ${JSON.stringify(token)} again`);
      }
      if (token.length > longestToken) {
        throw new RangeError(
          `${operation}: merges[${i}] makes a token of more than ${longestToken} bytes`,
        );
      }
      symbols.set(token, tokens.push(token) - 1);
      spelled.push(joined(spelled[left], spelled[right]));
      return [left, right];
    });
    this.bytes = spelled;
    this.merges = new Merges(this.pairs, byteTokens.length);
    this.vocabulary = new Vocabulary([...this.specials, ...tokens]);
  }

  /**
   * Learns merges from texts. Time grows with the number of different words; one of more than 65,536 bytes teaches nothing.
   * @param texts one text, or several (lines of a file), which are read once; merges do not reach from one into the next
   * @throws TypeError for what is no text or no option; RangeError for options out of range.
   */
  static train(texts: Texts, options: BytePairTokenizerOptions): BytePairTokenizer {
    const operation = 'BytePairTokenizer.train';
    if (arguments.length > 2) surplus(operation, arguments, 2, 'options');
    const { vocabularySize, specials, minFrequency } = trainOptions.read(options);
    const base = byteTokens.length;
    const most = vocabularySize - base - specials.length;
    count.check(operation, 'vocabularySize less 256 bytes and the special tokens', most);
    function* piecesOf(): Generator<string> {
      for (const text of textsOf(operation, texts))
        for (const [piece] of text.matchAll(pieces)) yield piece;
    }
    const words = Array.from(frequencies(piecesOf()), ([piece, times]) => ({
      symbols: symbolsOf(piece),
      count: times,
    })).filter(({ symbols }) => symbols.length <= longestToken);
    const tokens = [...byteTokens];
    const merges = learnMerges(words, base, most, minFrequency).map(
      ([left, right]): [string, string] => {
        tokens.push(tokens[left] + tokens[right]);
        return [tokens[left], tokens[right]];
      },
    );
    return new BytePairTokenizer(merges, { specials });
  }

  /**
   * The numbers of a text's tokens.
   * @throws TypeError for no text.
   */
  encode(text: string): Int32Array {
    if (arguments.length > 1) surplus('BytePairTokenizer.encode', arguments, 1, 'text');
    string.check('BytePairTokenizer.encode', 'text', text);
    const first = this.specials.length;
    const ids: number[] = [];
    for (const [piece] of text.matchAll(pieces)) {
      for (const symbol of this.symbolsOfPiece(piece)) ids.push(first + symbol);
    }
    return Int32Array.from(ids);
  }

  /**
   * The text of numbers of tokens; what is no UTF-8 (half of a character) is '\uFFFD'.
   * @throws TypeError for what are no integers; RangeError for a number that no token has.
   */
  decode(ids: TokenIds): string {
    if (arguments.length > 1) surplus('BytePairTokenizer.decode', arguments, 1, 'ids');
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    let text = '';
    for (const id of idsOf('BytePairTokenizer.decode', ids)) {
      const token = this.vocabulary.token(id);
      const symbol = id - this.specials.length;
      if (symbol >= 0) text += decoder.decode(this.bytes[symbol], { stream: true });
      else text += decoder.decode() + token;
    }
    return text + decoder.decode();
  }

  /** What `tokenizerFromJSON` makes it of again. */
  toJSON(): SavedBytePairTokenizer {
    const tokens = this.vocabulary.tokens.slice(this.specials.length);
    return {
      type: 'bytePairs',
      specials: this.specials,
      merges: this.pairs.map(([left, right]) => [tokens[left], tokens[right]] as const),
    };
  }

  private symbolsOfPiece(piece: string): readonly number[] {
    const cached = this.cache.get(piece);
    if (cached !== undefined) return cached;
    const symbols = this.merges.apply(symbolsOf(piece));
    if (piece.length <= longestCached) {
      if (this.cache.size >= cachedPieces) this.cache.clear();
      this.cache.set(piece, symbols);
    }
    return symbols;
  }
}
