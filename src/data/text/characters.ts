/** Characters as tokens. */
import { instanceOf, optionsTable, positiveInteger, string, surplus } from '../../check';
import { Tokenizer } from './tokenizer';
import {
  byCodePoint,
  frequencies,
  specialsField,
  type Texts,
  textsOf,
  type TokenIds,
  Vocabulary,
} from './vocabulary';

/** Options of `CharacterTokenizer.train`. */
export interface CharacterTokenizerOptions {
  /** Tokens that come first, such as '<pad>'; no text holds them. Default: none. */
  specials?: readonly string[];
  /** The special token for characters that the vocabulary lacks. Default: none, and such a character is an error. */
  unknown?: string;
  /** How often a character must occur at least. Default: 1. */
  minFrequency?: number;
}

/** What `CharacterTokenizer.toJSON` gives. */
export interface SavedCharacterTokenizer {
  /** Which tokenizer it is. */
  type: 'characters';
  /** The tokens in the order of their numbers. */
  tokens: readonly string[];
  /** The token for what is not among them. */
  unknown?: string;
}

const trainOptions = optionsTable<CharacterTokenizerOptions, 'unknown'>(
  'CharacterTokenizer.train',
  {
    ...specialsField,
    unknown: string.optional,
    minFrequency: positiveInteger.or(1),
  },
);

const anyVocabulary = instanceOf(Vocabulary);

/** Each character of all texts: a code point, as `for (const character of text)` gives them. */
function* charactersOf(operation: string, texts: Texts): Generator<string> {
  for (const text of textsOf(operation, texts)) yield* text;
}

/**
 * A token for each character (code point).
 * @throws TypeError for what is no vocabulary; RangeError from `encode` for a character that it lacks.
 * @example
 * const tokenizer = data.CharacterTokenizer.train('hello world');
 * tokenizer.encode('hello'); // [3, 2, 4, 4, 5]
 * tokenizer.decode([3, 2, 4, 4, 5]); // 'hello'
 */
export class CharacterTokenizer extends Tokenizer {
  /** The characters and their numbers. */
  readonly vocabulary: Vocabulary;

  /** @param vocabulary of characters and special tokens */
  constructor(vocabulary: Vocabulary) {
    if (arguments.length > 1) surplus('CharacterTokenizer', arguments, 1, 'vocabulary');
    super();
    this.vocabulary = anyVocabulary.check('CharacterTokenizer', 'vocabulary', vocabulary);
  }

  /**
   * A tokenizer for the characters that occur: special tokens first, then characters by code point.
   * @param texts one text, or several, which are read once
   * @throws TypeError for what is no text or no option; RangeError without characters.
   */
  static train(texts: Texts, options?: CharacterTokenizerOptions): CharacterTokenizer {
    const operation = 'CharacterTokenizer.train';
    if (arguments.length > 2) surplus(operation, arguments, 2, 'options');
    const { specials, unknown, minFrequency } = trainOptions.read(options);
    const counts = frequencies(charactersOf(operation, texts));
    const first = new Set(unknown === undefined ? specials : [...specials, unknown]);
    const rest = [...counts.keys()]
      .filter((character) => counts.get(character)! >= minFrequency && !first.has(character))
      .sort(byCodePoint);
    return new CharacterTokenizer(new Vocabulary([...first, ...rest], { unknown }));
  }

  /**
   * The numbers of a text's characters.
   * @throws TypeError for no text; RangeError for a character that the vocabulary lacks, when no token is for unknown ones.
   */
  encode(text: string): Int32Array {
    if (arguments.length > 1) surplus('CharacterTokenizer.encode', arguments, 1, 'text');
    return this.vocabulary.encode([...string.check('CharacterTokenizer.encode', 'text', text)]);
  }

  /**
   * The characters of numbers as a text.
   * @throws TypeError for what are no integers; RangeError for a number that no token has.
   */
  decode(ids: TokenIds): string {
    if (arguments.length > 1) surplus('CharacterTokenizer.decode', arguments, 1, 'ids');
    return this.vocabulary.decode(ids).join('');
  }

  /** What `tokenizerFromJSON` makes it of again. */
  toJSON(): SavedCharacterTokenizer {
    return { type: 'characters', ...this.vocabulary.toJSON() };
  }
}
