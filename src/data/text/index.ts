/** Text as numbers: vocabularies, and tokenizers by character, word and byte pair. */
export {
  BytePairTokenizer,
  type BytePairOptions,
  type BytePairTokenizerOptions,
  type SavedBytePairTokenizer,
} from './byte-pairs';
export {
  CharacterTokenizer,
  type CharacterTokenizerOptions,
  type SavedCharacterTokenizer,
} from './characters';
export { tokenizerFromJSON, type SavedTokenizer } from './saved';
export { Tokenizer } from './tokenizer';
export {
  Vocabulary,
  type BuildVocabularyOptions,
  type SavedVocabulary,
  type Texts,
  type TokenIds,
  type VocabularyOptions,
} from './vocabulary';
export {
  WordTokenizer,
  type SavedWordTokenizer,
  type WordOptions,
  type WordTokenizerOptions,
} from './words';
