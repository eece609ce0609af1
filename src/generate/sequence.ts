/** Generating sequences of vectors, matrices, any tensors: each output is the next input. */
import { boolean, functionOf, instanceOf, optionsTable, positiveInteger, surplus } from '../check';
import { noGrad } from '../autograd/mode';
import { stack, unsqueeze } from '../ops';
import { checkTensor } from '../ops/arguments/check';
import { sameShape, showShape } from '../tensor/shape';
import { sizesOf, type Tensor } from '../tensor/tensor';
import { Runner, type Model } from './model';
import { anyState, breathe } from './tokens';

/** Options of `sequence`. */
export interface SequenceOptions<S = unknown> {
  /** Steps to generate. */
  length: number;
  /**
   * Turns an output [N, output features] and its place (0 for the first) into the next input [N, input features]. The
   * output itself when absent.
   */
  feedback?: (output: Tensor, index: number) => Tensor;
  /** Ends the sequence after an output for which it returns true. */
  stop?: (output: Tensor, index: number) => boolean;
  /** Inputs and outputs are [N, T, …] instead of [T, N, …]. Default: false. */
  batchFirst?: boolean;
  /** The state that the seed starts from. */
  state?: S;
}

/** Options of `streamSequence`. */
export interface SequenceStreamOptions<S = unknown> extends SequenceOptions<S> {
  /** Ends the stream with its reason as the error. */
  signal?: AbortSignal;
}

const sequenceFields = {
  length: positiveInteger,
  feedback: functionOf<(output: Tensor, index: number) => Tensor>().optional,
  stop: functionOf<(output: Tensor, index: number) => boolean>().optional,
  batchFirst: boolean.or(false),
  state: anyState.optional,
};
const sequenceOptions = optionsTable<SequenceOptions, 'feedback' | 'stop' | 'state'>(
  'generate.sequence',
  sequenceFields,
);
const streamOptions = optionsTable<SequenceStreamOptions, 'feedback' | 'stop' | 'state' | 'signal'>(
  'generate.streamSequence',
  { ...sequenceFields, signal: instanceOf(AbortSignal).optional },
);

function check<S>(operation: string, seed: Tensor, { batchFirst }: SequenceOptions<S>): void {
  checkTensor(operation, 'seed', seed);
  if (seed.ndim !== 3) {
    throw new RangeError(
      `${operation}: seed must be ${batchFirst === true ? '[N, T, features]' : '[T, N, features]'}, got shape ${showShape(sizesOf(seed))}`,
    );
  }
  if (sizesOf(seed)[batchFirst === true ? 1 : 0] === 0) {
    throw new RangeError(
      `${operation}: the seed is empty (shape ${showShape(sizesOf(seed))}); begin with at least one step`,
    );
  }
}

function* walk<S>(
  operation: string,
  model: Model<S>,
  seed: Tensor,
  { length, feedback, stop, batchFirst = false, state: start }: SequenceOptions<S>,
): Generator<[Tensor, S], void, void> {
  const runner = new Runner(operation, model, batchFirst);
  const steps = batchFirst ? 1 : 0;
  const expected = [sizesOf(seed)[1 - steps], sizesOf(seed)[2]];
  let [input, state] = [seed, start];
  for (let i = 0; i < length; i++) {
    let output: Tensor;
    [output, state] = runner.last(input, state);
    yield [output, state];
    if (i + 1 === length || stop?.(output, i) === true) return;
    const next = feedback === undefined ? output : noGrad(() => feedback(output, i));
    if (feedback !== undefined) checkTensor(operation, 'the result of feedback', next);
    if (!sameShape(sizesOf(next), expected)) {
      throw new RangeError(
        feedback === undefined
          ? `${operation}: the model gives ${sizesOf(output)[1]} features a step but takes ${expected[1]} (output ${showShape(sizesOf(output))}, seed ${showShape(sizesOf(seed))}); pass { feedback } that makes an input out of an output`
          : `${operation}: feedback gave shape ${showShape(sizesOf(next))}, expected ${showShape(expected)} (rows, features of the seed)`,
      );
    }
    input = unsqueeze(next, steps);
  }
}

/**
 * The steps that follow a seed, each output fed back as the next input, with the state carried. Recording is off.
 *
 * @param model a function or an object with `forward`: inputs [T, N, input features] and a state to outputs [T, N,
 *   output features] and the next state; it is called once with the seed, then with one step at a time
 * @param seed [T, N, input features], T at least 1 (with `batchFirst` [N, T, …])
 * @returns the outputs after the seed, [length, N, output features] (with `batchFirst` [N, length, …]), and the state
 *   after the last
 * @throws RangeError for an empty seed, and when an output does not fit as an input.
 * @example
 * const model = new nn.GRU(4, 4, { batchFirst: true });
 * const [out] = generate.sequence(model, randn([1, 1, 4]), { length: 10, batchFirst: true }); // [1, 10, 4]
 * const matrices = out.view([10, 2, 2]);
 */
export function sequence<S>(
  model: Model<S>,
  seed: Tensor,
  options: SequenceOptions<S>,
): [Tensor, S | undefined] {
  if (arguments.length > 3) surplus('generate.sequence', arguments, 3, 'options');
  const operation = 'generate.sequence';
  const read = sequenceOptions.read(options) as SequenceOptions<S>;
  check(operation, seed, read);
  const outputs: Tensor[] = [];
  let { state } = read;
  for (const [output, next] of walk(operation, model, seed, read)) {
    outputs.push(output);
    state = next;
  }
  return [stack(outputs, read.batchFirst === true ? 1 : 0), state];
}

/**
 * The same, step by step: an async iterator of outputs [N, output features] that lets other work go on between them.
 * @throws the signal's reason when it aborts; else as `sequence`.
 * @example
 * const gru = new nn.GRU(4, 4);
 * for await (const output of generate.streamSequence(gru, randn([1, 1, 4]), { length: 3 })) output.shape; // [1, 4]
 */
export function streamSequence<S>(
  model: Model<S>,
  seed: Tensor,
  options: SequenceStreamOptions<S>,
): AsyncGenerator<Tensor, void, void> {
  if (arguments.length > 3) surplus('generate.streamSequence', arguments, 3, 'options');
  const operation = 'generate.streamSequence';
  const read = streamOptions.read(options) as SequenceStreamOptions<S>;
  check(operation, seed, read);
  return each(walk(operation, model, seed, read), read.signal);
}

async function* each<S>(
  steps: Generator<[Tensor, S], void, void>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Tensor, void, void> {
  for (;;) {
    await breathe(signal);
    const { done, value } = steps.next();
    if (done === true) return;
    yield value[0];
  }
}
