/** Seq2Seq: an encoder and a decoder as one model, from source tokens to target tokens. */
import { count, instanceOf, optionsTable, probability, rule, surplus } from '../../check';
import { argmax, cat, reshape, tanh, transpose, zerosLike } from '../../ops';
import { contiguous } from '../../ops/copying/clone';
import { rand, type Generator } from '../../random';
import { drawFields } from '../../random/generator';
import { anyTensor } from '../../tensor/rules';
import { showShape } from '../../tensor/shape';
import { sizesOf, elementsOf, type Tensor } from '../../tensor/tensor';
import { isLengths, type Lengths } from '../../ops/arguments/lengths';
import { Linear } from '../layers/linear';
import { Module } from '../module';
import { LSTM } from '../rnn';
import { Decoder, selectDecoderState, type DecoderState, type Decoding } from './decoder';
import { checkTokens, Encoder } from './encoder';

/** Options of `Seq2Seq`. */
export interface Seq2SeqOptions {
  /** The token that fills the ends of shorter sequences; their lengths then follow from it. Default: null, none. */
  padding?: number | null;
}

/** Options of `Seq2Seq.forward`. */
export interface TeacherOptions {
  /** Positions of each source sequence. Default: null, found by `padding`, or all. */
  sourceLengths?: Lengths | null;
  /**
   * Fraction of the steps that are given the target's token; the others are given the model's own most probable one. Drawn
   * for each step, for the whole batch. Default: 1.
   */
  teacherForcingRatio?: number;
  /** Where these draws come from. Default: the default generator. */
  generator?: Generator;
}

const seq2seqOptions = optionsTable<Seq2SeqOptions>('Seq2Seq', { padding: count.orNull.or(null) });

const anyLengths = rule<Lengths>('an array of numbers or a tensor', isLengths);

const teacherOptions = optionsTable<TeacherOptions, 'generator'>('Seq2Seq.forward', {
  sourceLengths: anyLengths.orNull.or(null),
  teacherForcingRatio: probability.or(1),
  ...drawFields,
});

const anyLinear = instanceOf(Linear, 'a Linear');
const anyEncoder = instanceOf(Encoder);
const anyDecoder = instanceOf(Decoder);

const isLstm = ({ rnn }: Encoder | Decoder): boolean => rnn instanceof LSTM;

/** [layers · directions, N, H] of the encoder to [layers, N, hiddenSize] of the decoder. */
function pass({ encoder }: Seq2Seq, state: Tensor, bridge: Linear | null): Tensor {
  const { numLayers, bidirectional, hiddenSize } = encoder.rnn;
  const batch = sizesOf(state)[1];
  let joined = state;
  if (bidirectional) {
    const byLayer = reshape(state, [numLayers, 2, batch, hiddenSize]);
    joined = reshape(contiguous(transpose(byLayer, 1, 2)), [numLayers, batch, 2 * hiddenSize]);
  }
  if (bridge === null) return joined;
  return tanh(anyLinear.check('Seq2Seq', 'bridge', bridge).forward(joined));
}

/** Positions of each sequence up to its last token that is not padding. */
function lengthsOf({ padding }: Seq2Seq, source: Tensor): number[] | null {
  if (padding === null) return null;
  const [batch, steps] = sizesOf(source);
  const tokens = elementsOf(contiguous(source), source.numel);
  return Array.from({ length: batch }, (_, n) => {
    let length = steps;
    while (length > 0 && tokens[n * steps + length - 1] === padding) length--;
    return length;
  });
}

/**
 * An encoder-decoder model (Sutskever et al. 2014; with attention, Bahdanau et al. 2015, Luong et al. 2015). The decoder
 * starts from the encoder's last state itself where sizes agree, else (two directions, other sizes)
 * from tanh(W h + b), for each layer; the layers must be as many.
 *
 * `generate.decode` writes with it: greedy, drawn, or by beam search.
 *
 * @throws TypeError for what is no encoder, decoder or option; RangeError when their sizes do not fit.
 * @example
 * const encoder = new nn.Encoder(40, 32, 64, { bidirectional: true });
 * const decoder = new nn.Decoder(40, 32, 64, new nn.AdditiveAttention(64, encoder.outputSize, 64));
 * const model = new nn.Seq2Seq(encoder, decoder, { padding: 0 });
 * const source = randint(40, [3, 7]);
 * const target = randint(40, [3, 5]);
 * const [scores] = model.forward(source, target); // [3, 4, 40]
 * const next = target.narrow(1, 1, 4).flatten();
 * const loss = nn.functional.crossEntropy(scores.flatten(0, 1), next, { ignoreIndex: 0 });
 */
export class Seq2Seq extends Module {
  /** Reads sources. */
  readonly encoder: Encoder;
  /** Writes targets. */
  readonly decoder: Decoder;
  /** W and b for h; null where the decoder starts from the encoder's h itself. */
  readonly bridge: Linear | null = null;
  /** W and b for c between two LSTMs; null as `bridge`. */
  readonly cellBridge: Linear | null = null;
  /** The token that fills the ends of shorter sequences; null for none. */
  readonly padding: number | null;

  constructor(encoder: Encoder, decoder: Decoder, options?: Seq2SeqOptions) {
    if (arguments.length > 3) surplus('Seq2Seq', arguments, 3, 'options');
    super();
    const { padding } = seq2seqOptions.read(options);
    anyEncoder.check('Seq2Seq', 'encoder', encoder);
    anyDecoder.check('Seq2Seq', 'decoder', decoder);
    if (encoder.rnn.numLayers !== decoder.rnn.numLayers) {
      throw new RangeError(
        `Seq2Seq: the encoder has ${encoder.rnn.numLayers} layers, the decoder ${decoder.rnn.numLayers}; each decoder layer starts from the state of its counterpart`,
      );
    }
    if (decoder.attention.keySize !== encoder.outputSize) {
      throw new RangeError(
        `Seq2Seq: the decoder's attention takes keys of ${decoder.attention.keySize} features, but the encoder gives ${encoder.outputSize}`,
      );
    }
    this.encoder = encoder;
    this.decoder = decoder;
    this.padding = padding;
    const { outputSize } = encoder;
    const { hiddenSize } = decoder.rnn;
    if (outputSize !== hiddenSize) {
      this.bridge = new Linear(outputSize, hiddenSize);
      if (isLstm(encoder) && isLstm(decoder)) {
        this.cellBridge = new Linear(outputSize, hiddenSize);
      }
    }
  }

  /**
   * Reads the source.
   * @param source int32 [N, S]
   * @param lengths positions of each sequence; found by `padding`, or all, when absent
   * @returns the decoder's state before its first step
   * @throws TypeError for what are no tokens; RangeError for tokens outside the vocabulary and lengths that do not fit.
   */
  encode(source: Tensor, lengths: Lengths | null = null): DecoderState {
    if (arguments.length > 2) surplus('Seq2Seq.encode', arguments, 2, 'lengths');
    checkTokens('Seq2Seq.encode', 'source', source);
    const { outputs, state, mask } = this.encoder.forward(
      source,
      lengths ?? lengthsOf(this, source),
    );
    const memory = this.decoder.attention.prepare(outputs, { mask });
    const h = pass(this, state[0], this.bridge);
    if (!isLstm(this.decoder)) return this.decoder.begin(memory, [h]);
    const c = state.length === 2 ? pass(this, state[1], this.cellBridge) : zerosLike(h);
    return this.decoder.begin(memory, [h, c]);
  }

  /**
   * Decodes tokens [N, T] from a state: see `Decoder.forward`.
   * @throws as `Decoder.forward`.
   */
  decode(tokens: Tensor, from: DecoderState): Decoding {
    if (arguments.length > 2) surplus('Seq2Seq.decode', arguments, 2, 'from');
    return this.decoder.forward(tokens, from);
  }

  /**
   * The decoder's state for other rows: row n of the result is row `rows[n]` of `state`.
   * @param rows int32 [M]
   * @throws TypeError for what is no state or no tensor; RangeError for a row that does not exist.
   */
  selectState(state: DecoderState, rows: Tensor): DecoderState {
    if (arguments.length > 2) surplus('Seq2Seq.selectState', arguments, 2, 'rows');
    return selectDecoderState('Seq2Seq.selectState', state, rows);
  }

  /**
   * Scores of every target token after the first, for training.
   * @param source int32 [N, S]
   * @param target int32 [N, T]: start token, target, end token, padding
   * @returns scores [N, T − 1, vocabulary] of target[:, 1:], and the attention's weights [N, T − 1, S]
   * @throws RangeError when shapes do not fit, for tokens outside a vocabulary, and for a source of length 0.
   */
  forward(
    source: Tensor,
    target: Tensor,
    options?: TeacherOptions,
  ): [scores: Tensor, weights: Tensor] {
    if (arguments.length > 3) surplus('Seq2Seq.forward', arguments, 3, 'options');
    const name = 'Seq2Seq.forward';
    const { sourceLengths, teacherForcingRatio, generator } = teacherOptions.read(options);
    anyTensor.check(name, 'source', source);
    checkTokens(name, 'target', target);
    const steps = sizesOf(target)[1] - 1;
    if (steps === 0 || sizesOf(target)[0] !== sizesOf(source)[0]) {
      throw new RangeError(
        `${name}: target must be [${sizesOf(source)[0]}, T] with a start token and at least one more, got ${showShape(sizesOf(target))}`,
      );
    }
    let state = this.encode(source, sourceLengths);
    if (teacherForcingRatio === 1) {
      const [scores, weights] = this.decoder.forward(target.narrow(1, 0, steps), state);
      return [scores, weights];
    }
    const scores: Tensor[] = [];
    const weights: Tensor[] = [];
    let input = target.narrow(1, 0, 1);
    for (let t = 0; t < steps; t++) {
      const [score, weight, next] = this.decoder.forward(input, state);
      scores.push(score);
      weights.push(weight);
      state = next;
      const forced =
        teacherForcingRatio > 0 && rand([], { generator }).item() < teacherForcingRatio;
      input = forced ? target.narrow(1, t + 1, 1) : argmax(score, 2);
    }
    return [cat(scores, 1), cat(weights, 1)];
  }
}
