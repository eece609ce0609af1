/** Vocabulary: the numbers of tokens. */
import {
  integer,
  isIterable,
  optionsTable,
  positiveInteger,
  refuse,
  string,
  arrayOf,
  surplus,
  hideRefusal,
  uncloneable,
} from '../../check';
import { isTensor } from '../../tensor/rules';
import { showShape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';

/** Tokens by number: what a net gives. */
export type TokenIds = Tensor | Iterable<number>;

/** Options of `Vocabulary`. */
export interface VocabularyOptions {
  /** One of the tokens, of which every token that is not in the vocabulary gets the number. Default: none, and such a token is an error. */
  unknown?: string;
}

/** Options of `Vocabulary.build`. */
export interface BuildVocabularyOptions extends VocabularyOptions {
  /** Tokens that come first, whether they occur or not, such as '<pad>'; `unknown` is added to them when it is not among them. Default: none. */
  specials?: readonly string[];
  /** How often a token must occur at least. Default: 1. */
  minFrequency?: number;
  /** How many tokens there may be at most, specials included. Default: as many as there are. */
  maxTokens?: number;
}

/** What `Vocabulary.toJSON` gives. */
export interface SavedVocabulary {
  /** The tokens in the order of their numbers. */
  tokens: readonly string[];
  /** The token for what is not among them. */
  unknown?: string;
}

/** Tokens that come first. */
export const specialsField = { specials: arrayOf(string, 'an array of strings').or([]) };
const unknownField = { unknown: string.optional };
const vocabularyOptions = optionsTable<VocabularyOptions, 'unknown'>('Vocabulary', unknownField);
const buildOptions = optionsTable<BuildVocabularyOptions, 'unknown' | 'maxTokens'>(
  'Vocabulary.build',
  {
    ...specialsField,
    minFrequency: positiveInteger.or(1),
    maxTokens: positiveInteger.optional,
    ...unknownField,
  },
);
const savedFields = optionsTable<SavedVocabulary, 'unknown'>('Vocabulary.fromJSON', {
  tokens: arrayOf(string, 'an array of strings'),
  ...unknownField,
});

const refusal = uncloneable(
  'a vocabulary: send JSON.stringify(vocabulary) and read it there with Vocabulary.fromJSON',
);

/** Order by code point, which that by UTF-16 units is not. */
export function byCodePoint(a: string, b: string): number {
  const [x, y] = [a[Symbol.iterator](), b[Symbol.iterator]()];
  for (;;) {
    const [p, q] = [x.next(), y.next()];
    if (p.done || q.done) return Number(q.done ?? false) - Number(p.done ?? false);
    const difference = p.value.codePointAt(0)! - q.value.codePointAt(0)!;
    if (difference !== 0) return difference;
  }
}

/**
 * Each string of an iterable, checked as it comes: a text need not be in memory as a whole.
 * @throws TypeError for what cannot be iterated, and for what is no string in it.
 */
export function* stringsOf(
  operation: string,
  name: string,
  strings: Iterable<string>,
): Generator<string> {
  if (!isIterable(strings)) refuse(operation, name, 'an iterable of strings', strings);
  let i = 0;
  for (const each of strings) yield string.check(operation, `${name}[${i++}]`, each);
}

/** One text, or several that are read one after another. */
export type Texts = string | Iterable<string>;

/** Each of several texts, or the one. */
export const textsOf = (operation: string, texts: Texts): Iterable<string> =>
  typeof texts === 'string' ? [texts] : stringsOf(operation, 'texts', texts);

/** How often each string comes. */
export function frequencies(strings: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const each of strings) counts.set(each, (counts.get(each) ?? 0) + 1);
  return counts;
}

/**
 * Numbers out of a tensor of one dimension or of anything that can be iterated.
 * @throws TypeError for anything else.
 */
export function idsOf(operation: string, ids: TokenIds): Iterable<number> {
  if (isTensor(ids)) {
    if (ids.dtype !== 'int32') {
      throw new TypeError(`${operation}: ids must be int32, got ${ids.dtype}`);
    }
    if (ids.ndim !== 1) {
      throw new RangeError(
        `${operation}: ids must have 1 dimension, got shape ${showShape(sizesOf(ids))}`,
      );
    }
    return ids.toTypedArray();
  }
  if (!isIterable(ids)) refuse(operation, 'ids', 'a tensor or an iterable of integers', ids);
  return ids;
}

/**
 * Tokens by number and numbers by token (torchtext.vocab.Vocab). A vocabulary does not change.
 *
 * @throws TypeError for what are no strings or is no option; RangeError for a token that comes twice, for an unknown token
 * that is not among them, and without tokens.
 * @example
 * const tags = new data.Vocabulary(['<pad>', 'noun', 'verb']);
 * tags.encode(['verb', 'noun']); // [2, 1]
 * tags.decode([1, 1]); // ['noun', 'noun']
 */
export class Vocabulary {
  /** @internal */
  readonly refusal = refusal;
  /** The tokens in the order of their numbers, frozen. */
  readonly tokens: readonly string[];
  /** The token for what is not in the vocabulary, if there is one. */
  readonly unknown: string | undefined;
  private readonly ids: ReadonlyMap<string, number>;

  /** @param tokens in the order of their numbers, from 0 on */
  constructor(tokens: Iterable<string>, options?: VocabularyOptions) {
    if (arguments.length > 2) surplus('Vocabulary', arguments, 2, 'options');
    this.unknown = vocabularyOptions.read(options).unknown;
    this.tokens = Object.freeze([...stringsOf('Vocabulary', 'tokens', tokens)]);
    const ids = new Map<string, number>();
    for (const [id, token] of this.tokens.entries()) {
      if (ids.has(token)) {
        throw new RangeError(
          `Vocabulary: tokens must differ, got ${JSON.stringify(token)} as ${ids.get(token)} and as ${id}`,
        );
      }
      ids.set(token, id);
    }
    if (ids.size === 0) throw new RangeError('Vocabulary: there are no tokens');
    this.ids = ids;
    if (this.unknown !== undefined && !ids.has(this.unknown)) {
      throw new RangeError(
        `Vocabulary: unknown must be one of the tokens, got ${JSON.stringify(this.unknown)}`,
      );
    }
  }

  /**
   * The vocabulary of what occurs: specials first, then the most frequent, those of the same frequency by code point
   * (torchtext.vocab.build_vocab_from_iterator).
   * @param tokens of all texts, one after another
   * @throws TypeError for what are no strings or is no option; RangeError for options out of range, and without tokens.
   * @example
   * const words = data.Vocabulary.build('to be or not to be'.split(' '), { unknown: '<unk>' });
   * words.tokens; // ['<unk>', 'be', 'to', 'not', 'or']
   */
  static build(tokens: Iterable<string>, options?: BuildVocabularyOptions): Vocabulary {
    const operation = 'Vocabulary.build';
    if (arguments.length > 2) surplus(operation, arguments, 2, 'options');
    const { specials, minFrequency, maxTokens = Infinity, unknown } = buildOptions.read(options);
    const first = new Set(specials);
    if (unknown !== undefined) first.add(unknown);
    if (maxTokens < first.size) {
      throw new RangeError(
        `${operation}: maxTokens must be at least the number of special tokens, ${first.size}, got ${maxTokens}`,
      );
    }
    const counts = frequencies(stringsOf(operation, 'tokens', tokens));
    const rest = [...counts]
      .filter(([token, count]) => count >= minFrequency && !first.has(token))
      .sort(([a, m], [b, n]) => n - m || byCodePoint(a, b))
      .map(([token]) => token);
    return new Vocabulary([...first, ...rest].slice(0, maxTokens), { unknown });
  }

  /**
   * The vocabulary that `toJSON` told of.
   * @throws TypeError for anything else; RangeError as the constructor does.
   */
  static fromJSON(saved: SavedVocabulary): Vocabulary {
    if (arguments.length > 1) surplus('Vocabulary.fromJSON', arguments, 1, 'saved');
    const { tokens, unknown } = savedFields.read(saved);
    return new Vocabulary(tokens, { unknown });
  }

  /** How many tokens there are. */
  get length(): number {
    return this.tokens.length;
  }

  /**
   * Whether a token has a number of its own.
   * @throws TypeError unless it is a string.
   */
  has(token: string): boolean {
    if (arguments.length > 1) surplus('Vocabulary.has', arguments, 1, 'token');
    return this.ids.has(string.check('Vocabulary.has', 'token', token));
  }

  /**
   * A token's number, or that of `unknown`.
   * @throws RangeError for a token that is not there, when no token is for unknown ones.
   */
  id(token: string): number {
    if (arguments.length > 1) surplus('Vocabulary.id', arguments, 1, 'token');
    return this.idOf('Vocabulary.id', string.check('Vocabulary.id', 'token', token));
  }

  /**
   * The token of a number.
   * @throws TypeError for no integer; RangeError for one that no token has.
   */
  token(id: number): string {
    if (arguments.length > 1) surplus('Vocabulary.token', arguments, 1, 'id');
    return this.tokenOf('Vocabulary.token', id);
  }

  /**
   * The numbers of tokens.
   * @returns for `tensor(…)`, or for `paddingCollate` where lengths differ
   * @throws TypeError for what are no strings; RangeError for a token that is not there, when no token is for unknown ones.
   */
  encode(tokens: Iterable<string>): Int32Array {
    const operation = 'Vocabulary.encode';
    if (arguments.length > 1) surplus(operation, arguments, 1, 'tokens');
    const list = [...stringsOf(operation, 'tokens', tokens)];
    return Int32Array.from(list, (token) => this.idOf(operation, token));
  }

  /**
   * The tokens of numbers.
   * @param ids a tensor [length] of int32, a typed array or anything else that can be iterated
   * @throws TypeError for what are no integers; RangeError for one that no token has.
   */
  decode(ids: TokenIds): string[] {
    const operation = 'Vocabulary.decode';
    if (arguments.length > 1) surplus(operation, arguments, 1, 'ids');
    return Array.from(idsOf(operation, ids), (id) => this.tokenOf(operation, id));
  }

  /** What `Vocabulary.fromJSON` makes it of again: for JSON, and for `io.saveCheckpoint`. */
  toJSON(): SavedVocabulary {
    const { tokens, unknown } = this;
    return { tokens, ...(unknown === undefined ? {} : { unknown }) };
  }

  private idOf(operation: string, token: string): number {
    const id = this.ids.get(token);
    if (id !== undefined) return id;
    if (this.unknown !== undefined) return this.ids.get(this.unknown)!;
    throw new RangeError(
      `${operation}: ${JSON.stringify(token)} is not in the vocabulary, which has no unknown token`,
    );
  }

  private tokenOf(operation: string, id: number): string {
    integer.check(operation, 'id', id);
    if (id < 0 || id >= this.tokens.length) {
      throw new RangeError(
        `${operation}: id must be from 0 to ${this.tokens.length - 1}, got ${id}`,
      );
    }
    return this.tokens[id];
  }
}

hideRefusal(Vocabulary);
