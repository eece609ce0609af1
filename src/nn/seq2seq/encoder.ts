/** Encoder: reads a source sequence and leaves an output for each of its positions, and a last state. */
import { embedding } from '../../ops';
import { boolean, optionsTable, positiveInteger, probability, surplus } from '../../check';
import { anyTensor } from '../../tensor/rules';
import { showShape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { lengthsOf, type Lengths } from '../../ops/arguments/lengths';
import { paddingMask } from '../attention/mask';
import { Dropout } from '../layers/dropout';
import { Embedding } from '../layers/embedding';
import { Module } from '../module';
import { packPaddedSequence, padPackedSequence } from '../utils/rnn/pack';
import {
  anyCell,
  makeRecurrent,
  runRecurrent,
  type Cell,
  type RecurrentLayer,
  type RecurrentState,
} from './recurrent';

/** Options of `Encoder`. */
export interface EncoderOptions {
  /** Which recurrent layer. Default: 'gru'. */
  cell?: Cell;
  /** Number of layers. Default: 1. */
  numLayers?: number;
  /** Whether there is a second direction, from the end; outputs then have 2 · hiddenSize features. Default: false. */
  bidirectional?: boolean;
  /** Probability of dropping a feature of the embedding, and of outputs between layers. Default: 0. */
  dropout?: number;
}

const encoderOptions = optionsTable<EncoderOptions>('Encoder', {
  cell: anyCell.or('gru'),
  numLayers: positiveInteger.or(1),
  bidirectional: boolean.or(false),
  dropout: probability.or(0),
});

/** What an `Encoder` makes of source sequences. */
export interface Encoding {
  /** For each position of the source, [N, S, outputSize]; zeros past a sequence's end. */
  readonly outputs: Tensor;
  /** After the last position of each sequence: [h], or [h, c]; [numLayers · directions, N, hiddenSize]. */
  readonly state: RecurrentState;
  /** bool [N, S]: true inside a sequence; null when all are of full length. */
  readonly mask: Tensor | null;
}

/** @throws unless `tokens` is int32 [N, T] with at least one position. */
export function checkTokens(operation: string, name: string, tokens: Tensor): void {
  anyTensor.check(operation, name, tokens);
  if (tokens.dtype !== 'int32') {
    throw new TypeError(`${operation}: ${name} must be int32, got ${tokens.dtype}`);
  }
  if (tokens.ndim !== 2 || sizesOf(tokens)[1] === 0) {
    throw new RangeError(
      `${operation}: ${name} must be [N, T] with T at least 1, got ${showShape(sizesOf(tokens))}`,
    );
  }
}

function embed({ embedding: { weight }, dropout }: Encoder, tokens: Tensor): Tensor {
  const embedded = embedding(tokens, weight);
  return dropout.p > 0 ? dropout.forward(embedded) : embedded;
}

/**
 * Embedding and recurrent layer over source sequences (Sutskever et al. 2014; bidirectional as in Bahdanau et al. 2015).
 * With `lengths` it runs over a packed batch, so that padding costs nothing and does not enter the last state.
 *
 * Shapes: source int32 [N, S]; outputs [N, S, outputSize].
 * @throws TypeError, RangeError for sizes or options that are none.
 * @example
 * const encoder = new nn.Encoder(40, 32, 64, { bidirectional: true });
 * const source = randint(40, [3, 7]);
 * const { outputs, state, mask } = encoder.forward(source, [7, 3, 5]); // [3, 7, 128], [[2, 3, 64]], [3, 7]
 */
export class Encoder extends Module {
  /** [vocabularySize, embeddingDim]. */
  readonly embedding: Embedding;
  /** Of the embedding. */
  readonly dropout: Dropout;
  /** Reads the embedded source. */
  readonly rnn: RecurrentLayer;

  /**
   * @param vocabularySize number of tokens
   * @param embeddingDim features of a token
   * @param hiddenSize features of the state, in each direction
   */
  constructor(
    /** Number of tokens. */
    readonly vocabularySize: number,
    embeddingDim: number,
    hiddenSize: number,
    options?: EncoderOptions,
  ) {
    if (arguments.length > 4) surplus('Encoder', arguments, 4, 'options');
    super();
    const { cell, numLayers, bidirectional, dropout } = encoderOptions.read(options);
    this.embedding = new Embedding(vocabularySize, embeddingDim);
    this.dropout = new Dropout(dropout);
    this.rnn = makeRecurrent(cell, embeddingDim, hiddenSize, {
      numLayers,
      bidirectional,
      dropout: numLayers > 1 ? dropout : 0,
    });
  }

  /** Features of an output: hiddenSize, or twice that when bidirectional. */
  get outputSize(): number {
    return this.rnn.hiddenSize * (this.rnn.bidirectional ? 2 : 1);
  }

  /**
   * Reads source sequences.
   * @param source int32 [N, S]
   * @param lengths positions of each sequence, 0 … S; all S when absent
   * @throws TypeError for what are no tokens or no lengths; RangeError for lengths that do not fit, and tokens outside the vocabulary.
   */
  forward(source: Tensor, lengths: Lengths | null = null): Encoding {
    if (arguments.length > 2) surplus('Encoder.forward', arguments, 2, 'lengths');
    checkTokens('Encoder.forward', 'source', source);
    const steps = sizesOf(source)[1];
    const list =
      lengths === null || lengths === undefined ? null : lengthsOf('Encoder.forward', lengths);
    if (
      list === null ||
      (list.length === sizesOf(source)[0] && list.every((one) => one === steps))
    ) {
      const [outputs, state] = runRecurrent(this.rnn, embed(this, source), null);
      return { outputs, state, mask: null };
    }
    const mask = paddingMask(list, steps);
    // Tokens are packed before they are embedded: what is padding is never looked up.
    const packed = packPaddedSequence(source, list, { batchFirst: true, enforceSorted: false });
    const [out, state] = runRecurrent(this.rnn, packed.withData(embed(this, packed.data)), null);
    const [outputs] = padPackedSequence(out, { batchFirst: true, totalLength: steps });
    return { outputs, state, mask };
  }
}
