/** Words and punctuation as tokens. */
import { boolean, instanceOf, optionsTable, positiveInteger, string, surplus } from '../../check';
import { Tokenizer } from './tokenizer';
import { specialsField, type Texts, textsOf, type TokenIds, Vocabulary } from './vocabulary';

/** How `WordTokenizer` cuts a text. */
export interface WordOptions {
  /** What a word is: every match is one, and what is between them is left out. Default: words, numbers, and every other character but spaces. */
  pattern?: RegExp;
  /** Whether words are taken in lower case. Default: false. */
  lowercase?: boolean;
}

/** Options of `WordTokenizer.train`. */
export interface WordTokenizerOptions extends WordOptions {
  /** Tokens that come first, such as '<pad>'. Default: none. */
  specials?: readonly string[];
  /** The special token for words that the vocabulary lacks. Default: '<unk>'; null for none, and such a word is an error. */
  unknown?: string | null;
  /** How often a word must occur at least. Default: 1. */
  minFrequency?: number;
  /** How many tokens there may be at most, specials included. Default: as many as there are. */
  maxTokens?: number;
}

/** What `WordTokenizer.toJSON` gives. */
export interface SavedWordTokenizer {
  /** Which tokenizer it is. */
  type: 'words';
  /** The tokens in the order of their numbers. */
  tokens: readonly string[];
  /** The token for what is not among them. */
  unknown?: string;
  /** Source and flags of the pattern. */
  pattern: readonly [source: string, flags: string];
  /** Whether words are taken in lower case. */
  lowercase: boolean;
}

// A word may hold marks (é as two code points), apostrophes and hyphens, and ends with a letter or a mark.
const defaultPattern = /\p{L}[\p{L}\p{M}]*(?:['’-][\p{L}\p{M}]+)*|\p{N}+|[^\s\p{L}\p{N}]/gu;

const wordFields = {
  pattern: instanceOf(RegExp, 'a regular expression').or(defaultPattern),
  lowercase: boolean.or(false),
};
const wordOptions = optionsTable<WordOptions>('WordTokenizer', wordFields);
const trainOptions = optionsTable<WordTokenizerOptions, 'maxTokens'>('WordTokenizer.train', {
  ...specialsField,
  unknown: string.orNull.or('<unk>'),
  minFrequency: positiveInteger.or(1),
  maxTokens: positiveInteger.optional,
  ...wordFields,
});
const anyVocabulary = instanceOf(Vocabulary);

/** A pattern of our own that finds all matches, whatever happens to the given one. */
const everyMatch = (pattern: RegExp): RegExp =>
  new RegExp(pattern.source, [...new Set(`${pattern.flags.replace('y', '')}g`)].join(''));

/** The words of a text. */
function* wordsOf(text: string, pattern: RegExp, lowercase: boolean): Generator<string> {
  for (const [word] of (lowercase ? text.toLowerCase() : text).matchAll(pattern)) {
    if (word !== '') yield word;
  }
}

/**
 * A token for each word, number and punctuation mark.
 * @throws TypeError for what is no vocabulary or no option; RangeError from `encode` for a word that the vocabulary lacks.
 * @example
 * const tokenizer = data.WordTokenizer.train('The cat sat. The dog ran.', { lowercase: true });
 * tokenizer.vocabulary.tokens; // ['<unk>', '.', 'the', 'cat', 'dog', 'ran', 'sat']
 * tokenizer.encode('The bird sat.'); // [2, 0, 6, 1]
 * tokenizer.decode([2, 0, 6, 1]); // 'the <unk> sat .'
 */
export class WordTokenizer extends Tokenizer {
  /** The words and their numbers. */
  readonly vocabulary: Vocabulary;
  /** What a word is. */
  readonly pattern: RegExp;
  /** Whether words are taken in lower case. */
  readonly lowercase: boolean;

  /** @param vocabulary of words and special tokens */
  constructor(vocabulary: Vocabulary, options?: WordOptions) {
    if (arguments.length > 2) surplus('WordTokenizer', arguments, 2, 'options');
    super();
    const { pattern, lowercase } = wordOptions.read(options);
    this.vocabulary = anyVocabulary.check('WordTokenizer', 'vocabulary', vocabulary);
    this.pattern = everyMatch(pattern);
    this.lowercase = lowercase;
  }

  /**
   * A tokenizer for the words that occur: special tokens first, then the most frequent, those of the same frequency by code
   * point (`Vocabulary.build`).
   * @param texts one text, or several (lines of a file), which are read once
   * @throws TypeError for what is no text or no option; RangeError for options out of range, and without words.
   */
  static train(texts: Texts, options?: WordTokenizerOptions): WordTokenizer {
    const operation = 'WordTokenizer.train';
    if (arguments.length > 2) surplus(operation, arguments, 2, 'options');
    const { pattern: given, lowercase, unknown, ...counting } = trainOptions.read(options);
    const pattern = everyMatch(given);
    function* words(): Generator<string> {
      for (const text of textsOf(operation, texts)) yield* wordsOf(text, pattern, lowercase);
    }
    const vocabulary = Vocabulary.build(words(), { ...counting, unknown: unknown ?? undefined });
    return new WordTokenizer(vocabulary, { pattern, lowercase });
  }

  /**
   * The numbers of a text's words.
   * @throws TypeError for no text; RangeError for a word that the vocabulary lacks, when no token is for unknown ones.
   */
  encode(text: string): Int32Array {
    if (arguments.length > 1) surplus('WordTokenizer.encode', arguments, 1, 'text');
    string.check('WordTokenizer.encode', 'text', text);
    return this.vocabulary.encode(wordsOf(text, this.pattern, this.lowercase));
  }

  /**
   * The words of numbers, joined by spaces.
   * @throws TypeError for what are no integers; RangeError for a number that no token has.
   */
  decode(ids: TokenIds): string {
    if (arguments.length > 1) surplus('WordTokenizer.decode', arguments, 1, 'ids');
    return this.vocabulary.decode(ids).join(' ');
  }

  /** What `tokenizerFromJSON` makes it of again. */
  toJSON(): SavedWordTokenizer {
    const { pattern, lowercase } = this;
    return {
      type: 'words',
      ...this.vocabulary.toJSON(),
      pattern: [pattern.source, pattern.flags],
      lowercase,
    };
  }
}
