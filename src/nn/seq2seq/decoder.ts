/**
 * Decoder: writes a target sequence, token by token, looking at the source through an attention. Two orders are here:
 * `after` the recurrent step (Luong), `before` it (Bahdanau).
 */
import { cat, embedding, stack, tanh, unsqueeze, zeros } from '../../ops';
import type { Tensor } from '../../tensor/tensor';
import { selectMemory, type Attention, type AttentionMemory } from '../attention';
import { Dropout } from '../layers/dropout';
import { Embedding } from '../layers/embedding';
import { Linear } from '../layers/linear';
import { Module } from '../module';
import { checkTokens } from './encoder';
import {
  makeRecurrent,
  runRecurrent,
  selectState,
  type Cell,
  type RecurrentLayer,
  type RecurrentState,
} from './recurrent';

export interface DecoderOptions {
  /** Default: 'gru'. */
  cell?: Cell;
  /** Layers on top of each other. Default: 1. */
  numLayers?: number;
  /** Probability of dropping a feature of the embedding and of the readout, and of outputs between layers. Default: 0. */
  dropout?: number;
  /** Whether the attention is asked by the state after the step, or by the one before it. Default: 'after'. */
  attend?: 'after' | 'before';
  /** With 'after': the readout of a step is part of the next step's input (Luong et al., section 3.3). Default: false. */
  inputFeeding?: boolean;
  /** Features of the values that the attention averages, if not its keys. */
  valueSize?: number;
}

/** Where a decoder stands. */
export interface DecoderState {
  readonly memory: AttentionMemory;
  readonly state: RecurrentState;
  /** The readout of the last step, [N, hiddenSize]; with `inputFeeding` only. */
  readonly readout: Tensor | null;
}

/** The state of other rows, for beam search. */
export const selectDecoderState = (
  { memory, state, readout }: DecoderState,
  rows: Tensor,
): DecoderState => ({
  memory: selectMemory(memory, rows),
  state: selectState(state, rows),
  readout: readout && readout.indexSelect(0, rows),
});

/** Scores [N, T, vocabulary], weights [N, T, S], and where the decoder stands afterwards. */
export type Decoding = [scores: Tensor, weights: Tensor, state: DecoderState];

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
 * @example
 * const attention = new nn.AdditiveAttention(64, encoder.outputSize, 64);
 * const decoder = new nn.Decoder(40, 32, 64, attention);
 */
export class Decoder extends Module {
  readonly embedding: Embedding;
  readonly dropout: Dropout;
  readonly attention: Attention;
  readonly rnn: RecurrentLayer;
  readonly combine: Linear;
  readonly output: Linear;
  readonly attend: 'after' | 'before';
  readonly inputFeeding: boolean;

  constructor(
    readonly vocabularySize: number,
    embeddingDim: number,
    hiddenSize: number,
    attention: Attention,
    {
      cell = 'gru',
      numLayers = 1,
      dropout = 0,
      attend = 'after',
      inputFeeding = false,
      valueSize = attention.keySize,
    }: DecoderOptions = {},
  ) {
    super();
    if (attend !== 'after' && attend !== 'before') {
      throw new RangeError(`Decoder: attend must be 'after' or 'before', got '${String(attend)}'`);
    }
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
    this.rnn = makeRecurrent('Decoder', cell, embeddingDim + fed, hiddenSize, {
      numLayers,
      dropout: numLayers > 1 ? dropout : 0,
    });
    this.combine = new Linear(hiddenSize + valueSize, hiddenSize);
    this.output = new Linear(hiddenSize, vocabularySize);
  }

  #drop(x: Tensor): Tensor {
    return this.dropout.p > 0 ? this.dropout.forward(x) : x;
  }

  #embed(tokens: Tensor): Tensor {
    return this.#drop(embedding(tokens, this.embedding.weight));
  }

  /** r = tanh(W_c [h; c]) of one step or of all. */
  #readout(h: Tensor, context: Tensor): Tensor {
    return this.#drop(tanh(this.combine.forward(cat([h, context], -1))));
  }

  /** Where decoding begins: an encoder's outputs, made ready for the attention, and the first state. */
  begin(memory: AttentionMemory, state: RecurrentState): DecoderState {
    const rows = state[0].shape[1];
    const { dtype } = state[0];
    const readout = this.inputFeeding ? zeros([rows, this.rnn.hiddenSize], { dtype }) : null;
    return { memory, state, readout };
  }

  /**
   * Any number of steps, given all their input tokens.
   * @param tokens int32 [N, T]
   * @returns scores [N, T, vocabulary] of the token after each, weights [N, T, S], and the state after the last
   * @throws RangeError for tokens outside the vocabulary and shapes that do not fit.
   */
  forward(tokens: Tensor, from: DecoderState): Decoding {
    checkTokens('Decoder.forward', 'tokens', tokens);
    const embedded = this.#embed(tokens);
    const [readout, weights, state] =
      this.attend === 'after' && !this.inputFeeding
        ? this.#together(embedded, from)
        : this.#stepwise(embedded, from);
    return [this.output.forward(readout), weights, state];
  }

  /** Readouts [N, T, hiddenSize], weights and state: every step in one call of each layer. */
  #together(embedded: Tensor, { memory, state }: DecoderState): Decoding {
    const [h, next] = runRecurrent(this.rnn, embedded, state);
    const [context, weights] = this.attention.attend(h, memory);
    return [this.#readout(h, context), weights, { memory, state: next, readout: null }];
  }

  /** The same where a step's input depends on the step before. */
  #stepwise(embedded: Tensor, { memory, ...from }: DecoderState): Decoding {
    let { state, readout } = from;
    const before = this.attend === 'before';
    const steps: { h: Tensor; context: Tensor; weights: Tensor; readout: Tensor | null }[] = [];
    for (const e of embedded.unbind(1)) {
      const asked = before ? this.attention.attend(top(state[0]), memory) : null;
      const fed = asked === null ? readout! : asked[0];
      const [out, next] = runRecurrent(this.rnn, unsqueeze(cat([e, fed], 1), 1), state);
      const h = out.squeeze(1);
      const [context, weights] = asked ?? this.attention.attend(h, memory);
      if (!before) readout = this.#readout(h, context);
      steps.push({ h, context, weights, readout });
      state = next;
    }
    const all = (part: (step: (typeof steps)[number]) => Tensor): Tensor =>
      stack(steps.map(part), 1);
    const readouts = before
      ? this.#readout(
          all((step) => step.h),
          all((step) => step.context),
        )
      : all((step) => step.readout!);
    return [readouts, all((step) => step.weights), { memory, state, readout }];
  }
}

/** The hidden state of the top layer: [layers, N, H] to [N, H]. */
const top = (h: Tensor): Tensor => h.select(0, h.shape[0] - 1);
