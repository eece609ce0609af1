/** Decoding with an encoder-decoder model: from source sequences to target sequences. */
import { noGrad } from '../autograd/mode';
import {
  finite,
  instanceOf,
  integer,
  optionsTable,
  positiveInteger,
  rule,
  surplus,
} from '../check';
import { Seq2Seq } from '../nn';
import { isLengths, type Lengths } from '../ops/arguments/lengths';
import type { DecoderState } from '../nn/seq2seq';
import { anyTensor } from '../tensor/rules';
import { sizesOf, type Tensor } from '../tensor/tensor';
import { beamSearch, type BeamOptions } from './beam';
import type { StepModel } from './model';
import { checkToken } from './prompt';
import { choiceFields } from './scores';
import { lengthFields, tokens, type TokenOptions } from './tokens';

const anyModel = instanceOf(Seq2Seq);

/** Options of `decode`. */
export interface DecodeOptions
  extends
    Omit<TokenOptions, 'state' | 'batchFirst' | 'stop'>,
    Pick<BeamOptions, 'beams' | 'lengthPenalty'> {
  /** The token that every target begins with. */
  start: number;
  /** The token that ends a target. */
  end: number;
  /** Positions of each source sequence; found by the model's `padding`, or all, when absent. */
  lengths?: Lengths | null;
}

const ownLengths = {
  maxLength: lengthFields.maxLength,
  minLength: lengthFields.minLength,
  vocabularySize: lengthFields.vocabularySize,
};

type Open = Exclude<keyof DecodeOptions, 'start' | 'end' | 'maxLength' | 'minLength' | 'lengths'>;

const decodeOptions = optionsTable<DecodeOptions, Open>('generate.decode', {
  start: integer,
  end: integer,
  lengths: rule<Lengths | null>(
    'an array of numbers, a tensor or null',
    (value) => value === null || isLengths(value),
  ).or(null),
  ...choiceFields,
  ...ownLengths,
  beams: positiveInteger.optional,
  lengthPenalty: finite.optional,
});

/**
 * A model's decoder as `tokens`, `stream` and `beamSearch` take one; its state is what `model.encode` returns.
 * @throws TypeError for what is no Seq2Seq.
 * @example
 * const encoder = new nn.Encoder(9, 4, 8);
 * const model = new nn.Seq2Seq(encoder, new nn.Decoder(9, 4, 8, new nn.AdditiveAttention(8, 8, 8)));
 * const state = model.encode(randint(9, [1, 5]));
 * generate.beamSearch(generate.decoderOf(model), [1], { state, batchFirst: true, maxLength: 3 });
 */
export function decoderOf(model: Seq2Seq): StepModel<DecoderState> {
  if (arguments.length > 1) surplus('generate.decoderOf', arguments, 1, 'model');
  anyModel.check('generate.decoderOf', 'model', model);
  return {
    forward(input, state) {
      if (state === undefined) {
        throw new RangeError(
          'generate: a decoder starts from a state; pass { state: model.encode(source) }',
        );
      }
      const [scores, , next] = model.decode(input, state);
      return [scores, next];
    },
    selectState: (state, rows) => model.selectState(state, rows),
  };
}

/**
 * The target of each source: greedy, drawn (with the options of sampling), or with `beams` the best that beam search
 * finds. Recording is off; dropout depends on the model's mode (`model.eval()`).
 *
 * @param source int32 [N, S]
 * @returns for each row its tokens, without start and end token
 * @throws RangeError as `tokens` and `beamSearch` do, and when sampling and beams are asked for at once.
 * @example
 * const encoder = new nn.Encoder(9, 4, 8);
 * const model = new nn.Seq2Seq(encoder, new nn.Decoder(9, 4, 8, new nn.AdditiveAttention(8, 8, 8)));
 * const source = randint(9, [1, 5]);
 * const [written] = generate.decode(model, source, { start: 1, end: 2, maxLength: 20, beams: 4 });
 */
export function decode(model: Seq2Seq, source: Tensor, options: DecodeOptions): number[][] {
  if (arguments.length > 3) surplus('generate.decode', arguments, 3, 'options');
  anyModel.check('generate.decode', 'model', model);
  anyTensor.check('generate.decode', 'source', source);
  const { start, end, lengths, beams, lengthPenalty, ...rest } = decodeOptions.read(options);
  const operation = 'generate.decode';
  checkToken(operation, 'start', start);
  checkToken(operation, 'end', end);
  const state = noGrad(() => model.encode(source, lengths));
  const prompts = Array.from({ length: sizesOf(source)[0] }, () => [start]);
  const shared = { ...rest, state, batchFirst: true, stop: end };
  if (beams === undefined) return tokens(decoderOf(model), prompts, shared);
  const sampling = (['sample', 'temperature', 'topK', 'topP'] as const).filter(
    (name) => rest[name] !== undefined && rest[name] !== false,
  );
  if (sampling.length > 0) {
    throw new RangeError(
      `${operation}: beam search does not draw, but ${sampling.join(', ')} ${sampling.length === 1 ? 'was' : 'were'} given; leave out either that or beams`,
    );
  }
  const { maxLength, minLength, repetitionPenalty, vocabularySize } = rest;
  const found = beamSearch(decoderOf(model), prompts, {
    ...{ maxLength, minLength, repetitionPenalty, vocabularySize, beams, lengthPenalty },
    ...{ state, batchFirst: true, stop: end },
  });
  return found.map(([best]) => best.tokens);
}
