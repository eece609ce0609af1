/** The character-level language model: embedding, LSTM, a score for each character that may follow. */
import { Dropout, Embedding, Linear, LSTM, Module } from '../../nn';
import type { Tensor } from '../../tensor/tensor';

export interface CharacterModelOptions {
  /** Features that a character is embedded into. */
  embeddingDim?: number;
  hiddenSize?: number;
  numLayers?: number;
  /** Between LSTM layers and before the output. */
  dropout?: number;
}

/** Hidden and cell state, each [numLayers, N, hiddenSize]. */
export type State = [Tensor, Tensor];

export class CharacterModel extends Module {
  readonly embedding: Embedding;
  readonly lstm: LSTM;
  readonly dropout: Dropout;
  readonly head: Linear;

  constructor(
    readonly vocabularySize: number,
    options: CharacterModelOptions = {},
  ) {
    super();
    const { embeddingDim = 64, hiddenSize = 256, numLayers = 1, dropout = 0 } = options;
    this.embedding = new Embedding(vocabularySize, embeddingDim);
    this.lstm = new LSTM(embeddingDim, hiddenSize, {
      numLayers,
      dropout: numLayers > 1 ? dropout : 0,
    });
    this.dropout = new Dropout(dropout);
    this.head = new Linear(hiddenSize, vocabularySize);
  }

  /**
   * @param input characters [T, N], int32
   * @param state what the last call returned; absent at the start of a text
   * @returns scores [T, N, vocabulary] and the state after the last character
   */
  forward(input: Tensor, state?: State): [Tensor, State] {
    const [out, next] = this.lstm.forward(this.embedding.forward(input), state);
    return [this.head.forward(this.dropout.forward(out)), next];
  }
}
