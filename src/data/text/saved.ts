/** Tokenizers out of JSON. */
import {
  arrayOf,
  boolean,
  isPlain,
  oneOf,
  optionsTable,
  pairOf,
  refuse,
  string,
  surplus,
} from '../../check';
import { BytePairTokenizer, type SavedBytePairTokenizer } from './byte-pairs';
import { CharacterTokenizer, type SavedCharacterTokenizer } from './characters';
import type { Tokenizer } from './tokenizer';
import { Vocabulary } from './vocabulary';
import { WordTokenizer, type SavedWordTokenizer } from './words';

/** What the tokenizers' `toJSON` give. */
export type SavedTokenizer = SavedCharacterTokenizer | SavedWordTokenizer | SavedBytePairTokenizer;

const operation = 'tokenizerFromJSON';
const strings = arrayOf(string, 'an array of strings');
const vocabularyFields = { tokens: strings, unknown: string.optional };
const characters = optionsTable<SavedCharacterTokenizer, 'unknown'>(operation, {
  type: oneOf('characters'),
  ...vocabularyFields,
});
const words = optionsTable<SavedWordTokenizer, 'unknown'>(operation, {
  type: oneOf('words'),
  ...vocabularyFields,
  pattern: pairOf(string, 'source and flags of a pattern'),
  lowercase: boolean,
});
const bytePairs = optionsTable<SavedBytePairTokenizer>(operation, {
  type: oneOf('bytePairs'),
  specials: strings,
  merges: arrayOf(pairOf(string, 'a pair of tokens'), 'an array of pairs of tokens'),
});
const anyType = oneOf('characters', 'words', 'bytePairs');

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RangeError(`${operation}: the text is not JSON`, { cause: error });
  }
}

function patternOf([source, flags]: readonly [string, string]): RegExp {
  try {
    return new RegExp(source, flags);
  } catch (error) {
    throw new RangeError(`${operation}: pattern is no regular expression`, { cause: error });
  }
}

/**
 * A tokenizer out of what it was saved as.
 * @param saved `JSON.stringify(tokenizer)`, or `tokenizer.toJSON()`
 * @throws TypeError for what no tokenizer gave; RangeError for text that is not JSON, and for values that do not fit.
 * @example
 * const tokenizer = data.CharacterTokenizer.train('hello world');
 * const model = new nn.Embedding(tokenizer.vocabulary.length, 8);
 * io.saveSafetensors('model.safetensors', model.stateDict(), {
 *   metadata: { tokenizer: JSON.stringify(tokenizer) },
 * });
 * const saved = io.readSafetensorsMetadata('model.safetensors')['tokenizer'];
 * data.tokenizerFromJSON(saved).encode('hello'); // [3, 2, 4, 4, 5]
 */
export function tokenizerFromJSON(saved: string | SavedTokenizer): Tokenizer {
  if (arguments.length > 1) surplus(operation, arguments, 1, 'saved');
  const given = typeof saved === 'string' ? parse(saved) : saved;
  if (!isPlain(given)) refuse(operation, 'saved', 'what a tokenizer gave as JSON', given);
  const type = anyType.check(operation, 'type', given['type']);
  if (type === 'characters') {
    const { tokens, unknown } = characters.read(given as never);
    return new CharacterTokenizer(new Vocabulary(tokens, { unknown }));
  }
  if (type === 'words') {
    const { tokens, unknown, pattern, lowercase } = words.read(given as never);
    const vocabulary = new Vocabulary(tokens, { unknown });
    return new WordTokenizer(vocabulary, { pattern: patternOf(pattern), lowercase });
  }
  const { merges, specials } = bytePairs.read(given as never);
  return new BytePairTokenizer(merges, { specials });
}
