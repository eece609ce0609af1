/**
 * Decoder: writes a target sequence, token by token, looking at the source through an attention. Two orders are here:
 * `after` the recurrent step (Luong), `before` it (Bahdanau).
 */
import { cat, embedding, stack, tanh, unsqueeze, zeros } from '../../ops';
import {
  boolean,
  instanceOf,
  objectOf,
  oneOf,
  optionsTable,
  positiveInteger,
  probability,
  surplus,
} from '../../check';
import { anyTensor } from '../../tensor/rules';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { anyMemory, Attention, selectMemory, type AttentionMemory } from '../attention';
import { Dropout } from '../layers/dropout';
import { Embedding } from '../layers/embedding';
import { Linear } from '../layers/linear';
import { Module } from '../module';
import { checkTokens } from './encoder';
import {
  anyCell,
  anyState,
  makeRecurrent,
  runRecurrent,
  selectState,
  type Cell,
  type RecurrentLayer,
  type RecurrentState,
} from './recurrent';

/** Options of `Decoder`. */
export interface DecoderOptions {
  /** Which recurrent layer. Default: 'gru'. */
  cell?: Cell;
  /** Number of layers. Default: 1. */
  numLayers?: number;
  /** Probability of dropping a feature of the embedding and of the readout, and of outputs between layers. Default: 0. */
  dropout?: number;
  /** Whether the query of the attention is the state after the step, or the one before it. Default: 'after'. */
  attend?: 'after' | 'before';
  /** With 'after': the readout of a step is part of the next step's input (Luong et al., section 3.3). Default: false. */
  inputFeeding?: boolean;
  /** Features of the values that the attention averages. Default: those of its keys. */
  valueSize?: number;
}

const decoderOptions = optionsTable<DecoderOptions, 'valueSize'>('Decoder', {
  cell: anyCell.or('gru'),
  numLayers: positiveInteger.or(1),
  dropout: probability.or(0),
  attend: oneOf('after', 'before').or('after'),
  inputFeeding: boolean.or(false),
  valueSize: positiveInteger.optional,
});

/** The state of a decoder between two steps. */
export interface DecoderState {
  /** What the attention reads. */
  readonly memory: AttentionMemory;
  /** Of the recurrent layer. */
  readonly state: RecurrentState;
  /** The readout of the last step, [N, hiddenSize]; with `inputFeeding` only. */
  readonly readout: Tensor | null;
}

export const anyDecoderState = objectOf<DecoderState>('what begin() or encode() returned', {
  memory: anyMemory,
  state: anyState,
  readout: anyTensor.orNull,
});

/** The state of other rows, for beam search. */
export function selectDecoderState(
  operation: string,
  given: DecoderState,
  rows: Tensor,
): DecoderState {
  const { memory, state, readout } = anyDecoderState.check(operation, 'state', given);
  anyTensor.check(operation, 'rows', rows);
  return {
    memory: selectMemory(memory, rows),
    state: selectState(state, rows),
    readout: readout && readout.indexSelect(0, rows),
  };
}

const anyAttention = instanceOf(Attention);

/** Scores [N, T, vocabulary], weights [N, T, S], and the state after the last step. */
export type Decoding = [scores: Tensor, weights: Tensor, state: DecoderState];

const drop = ({ dropout }: Decoder, x: Tensor): Tensor => (dropout.p > 0 ? dropout.forward(x) : x);

const embed = (decoder: Decoder, tokens: Tensor): Tensor =>
  drop(decoder, embedding(tokens, decoder.embedding.weight));

/** r = tanh(W_c [h; c]) of one step or of all. */
const readoutOf = (decoder: Decoder, h: Tensor, context: Tensor): Tensor =>
  drop(decoder, tanh(decoder.combine.forward(cat([h, context], -1))));

/**
 * A recurrent decoder with attention. With h the state of the top layer and c the context:
 *
 *     attend 'after' (Luong et al. 2015):      h_t = RNN(e_t, h_{t−1}),        c_t = attention(h_t)
 *            with inputFeeding:                h_t = RNN([e_t; r_{t−1}], h_{t−1})
 *     attend 'before' (Bahdanau et al. 2015):  c_t = attention(h_{t−1}),       h_t = RNN([e_t; c_t], h_{t−1})
 *     both:  r_t = tanh(W_c [h_t; c_t] + b_c),  scores_t = W_s r_t + b_s
 *
 * 'after' without input feeding needs no output of its own to go on: given the whole target it runs all steps in one
 * call of each layer.
 *
 * @throws TypeError, RangeError for sizes or options that are none, or do not go together.
 * @example
 * const encoder = new nn.Encoder(40, 32, 64);
 * const attention = new nn.AdditiveAttention(64, encoder.outputSize, 64);
 * const decoder = new nn.Decoder(40, 32, 64, attention);
 */
export class Decoder extends Module {
  /** [vocabularySize, embeddingDim]. */
  readonly embedding: Embedding;
  /** Of the embedding and of the readout. */
  readonly dropout: Dropout;
  /** Reads the source. */
  readonly attention: Attention;
  /** Makes the steps. */
  readonly rnn: RecurrentLayer;
  /** W_c and b_c. */
  readonly combine: Linear;
  /** W_s and b_s. */
  readonly output: Linear;
  /** Whether the query of the attention is the state after the step, or the one before it. */
  readonly attend: 'after' | 'before';
  /** Whether the readout of a step is part of the next step's input. */
  readonly inputFeeding: boolean;

  /**
   * @param vocabularySize number of tokens
   * @param embeddingDim features of a token
   * @param hiddenSize features of the state
   * @param attention whose querySize is hiddenSize
   */
  constructor(
    /** Number of tokens. */
    readonly vocabularySize: number,
    embeddingDim: number,
    hiddenSize: number,
    attention: Attention,
    options?: DecoderOptions,
  ) {
    if (arguments.length > 5) surplus('Decoder', arguments, 5, 'options');
    super();
    const { cell, numLayers, dropout, attend, inputFeeding, ...read } =
      decoderOptions.read(options);
    positiveInteger.check('Decoder', 'hiddenSize', hiddenSize);
    anyAttention.check('Decoder', 'attention', attention);
    const valueSize = read.valueSize ?? attention.keySize;
    if (inputFeeding && attend === 'before') {
      throw new RangeError(
        "Decoder: inputFeeding belongs to attend 'after'; with 'before' the context is fed already",
      );
    }
    if (attention.querySize !== hiddenSize) {
      throw new RangeError(
        `Decoder: the attention takes queries of ${attention.querySize} features, but the decoder's state has hiddenSize ${hiddenSize}`,
      );
    }
    this.attend = attend;
    this.inputFeeding = inputFeeding;
    this.embedding = new Embedding(vocabularySize, embeddingDim);
    this.dropout = new Dropout(dropout);
    this.attention = attention;
    const fed = attend === 'before' ? valueSize : inputFeeding ? hiddenSize : 0;
    this.rnn = makeRecurrent(cell, embeddingDim + fed, hiddenSize, {
      numLayers,
      dropout: numLayers > 1 ? dropout : 0,
    });
    this.combine = new Linear(hiddenSize + valueSize, hiddenSize);
    this.output = new Linear(hiddenSize, vocabularySize);
  }

  /**
   * The state before the first step.
   * @param memory an encoder's outputs, made ready by `attention.prepare`
   * @param state [h], or [h, c] of an LSTM; each [numLayers, N, hiddenSize]
   * @throws TypeError for what is neither.
   */
  begin(memory: AttentionMemory, state: RecurrentState): DecoderState {
    if (arguments.length > 2) surplus('Decoder.begin', arguments, 2, 'state');
    anyMemory.check('Decoder.begin', 'memory', memory);
    const own = anyState.check('Decoder.begin', 'state', state);
    if (own.length === 0) {
      throw new RangeError('Decoder.begin: state must have at least one tensor, got []');
    }
    const rows = sizesOf(own[0])[1];
    const { dtype } = own[0];
    const readout = this.inputFeeding ? zeros([rows, this.rnn.hiddenSize], { dtype }) : null;
    return { memory, state: own, readout };
  }

  /**
   * Any number of steps, given all their input tokens.
   * @param tokens int32 [N, T]
   * @param from what `begin`, or a call before this one, returned
   * @returns scores [N, T, vocabulary] of the token after each, weights [N, T, S], and the state after the last
   * @throws TypeError for what are no tokens or no state; RangeError for tokens outside the vocabulary and shapes that do not fit.
   */
  forward(tokens: Tensor, from: DecoderState): Decoding {
    if (arguments.length > 2) surplus('Decoder.forward', arguments, 2, 'from');
    checkTokens('Decoder.forward', 'tokens', tokens);
    const own = anyDecoderState.check('Decoder.forward', 'state', from);
    const embedded = embed(this, tokens);
    const [readout, weights, state] =
      this.attend === 'after' && !this.inputFeeding
        ? together(this, embedded, own)
        : stepwise(this, embedded, own);
    return [this.output.forward(readout), weights, state];
  }
}

/** The hidden state of the top layer: [layers, N, H] to [N, H]. */
const top = (h: Tensor): Tensor => h.select(0, sizesOf(h)[0] - 1);

/** Readouts [N, T, hiddenSize], weights and state: every step in one call of each layer. */
function together(decoder: Decoder, embedded: Tensor, { memory, state }: DecoderState): Decoding {
  const [h, next] = runRecurrent(decoder.rnn, embedded, state);
  const [context, weights] = decoder.attention.attend(h, memory);
  return [readoutOf(decoder, h, context), weights, { memory, state: next, readout: null }];
}

/** The same where a step's input depends on the step before. */
function stepwise(decoder: Decoder, embedded: Tensor, { memory, ...from }: DecoderState): Decoding {
  let { state, readout } = from;
  const before = decoder.attend === 'before';
  const steps: { h: Tensor; context: Tensor; weights: Tensor; readout: Tensor | null }[] = [];
  for (const e of embedded.unbind(1)) {
    const asked = before ? decoder.attention.attend(top(state[0]), memory) : null;
    const fed = asked === null ? readout! : asked[0];
    const [out, next] = runRecurrent(decoder.rnn, unsqueeze(cat([e, fed], 1), 1), state);
    const h = out.squeeze(1);
    const [context, weights] = asked ?? decoder.attention.attend(h, memory);
    if (!before) readout = readoutOf(decoder, h, context);
    steps.push({ h, context, weights, readout });
    state = next;
  }
  const all = (part: (step: (typeof steps)[number]) => Tensor): Tensor => stack(steps.map(part), 1);
  const readouts = before
    ? readoutOf(
        decoder,
        all((step) => step.h),
        all((step) => step.context),
      )
    : all((step) => step.readout!);
  return [readouts, all((step) => step.weights), { memory, state, readout }];
}
