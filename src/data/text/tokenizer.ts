/** What all tokenizers are. */
import { hideRefusal, uncloneable } from '../../check';
import type { TokenIds, Vocabulary } from './vocabulary';

const refusal = uncloneable(
  'a tokenizer: send JSON.stringify(tokenizer) and read it there with tokenizerFromJSON',
);

/**
 * Text as numbers of tokens, and back: `CharacterTokenizer`, `WordTokenizer`, `BytePairTokenizer`. A tokenizer does not change;
 * it is saved with its model as `JSON.stringify(tokenizer)` in the metadata of `io.saveSafetensors`, or as `tokenizer.toJSON()`
 * among the values of `io.saveCheckpoint`, and read by `tokenizerFromJSON`.
 * @example
 * const tokenizer: data.Tokenizer = data.CharacterTokenizer.train('hello world');
 * new nn.Embedding(tokenizer.vocabulary.length, 8).forward(tensor(tokenizer.encode('hello'))); // [5, 8]
 */
export abstract class Tokenizer {
  /** @internal */
  readonly refusal = refusal;
  /** The tokens and their numbers; its length is what an embedding and the last layer need. */
  abstract readonly vocabulary: Vocabulary;
  /**
   * The numbers of the tokens of a text.
   * @returns for `tensor(…)`, or for `paddingCollate` where lengths differ
   */
  abstract encode(text: string): Int32Array;
  /**
   * The text of numbers of tokens.
   * @param ids a tensor [length] of int32, a typed array or anything else that can be iterated
   */
  abstract decode(ids: TokenIds): string;
}

hideRefusal(Tokenizer);
