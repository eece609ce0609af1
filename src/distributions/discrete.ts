/** Distributions of classes: Bernoulli and Categorical, by probabilities or by logits. */
import { boolean, isPlain, optionsTable, surplus } from '../check';
import { anyTensor } from '../tensor/rules';
import { sizesOf, type Tensor } from '../tensor/tensor';
import { bceWithLogits, full, softplus } from '../ops';
import { bernoulli, multinomial } from '../random';
import { Distribution } from './distribution';
import {
  anyReal,
  broadcastAll,
  checkEach,
  fromZeroToOne,
  type Constraint,
  type DistributionOptions,
  type GivenParameter,
} from './parameters';
import { numelOf } from '../tensor/shape';

/** Options of distributions by probabilities or logits. */
export interface LogitsOptions extends DistributionOptions {
  /** In place of probabilities their logits: of a probability p ln(p / (1 − p)), of several ln p up to a constant. */
  logits?: Tensor | null;
}

const logitsOptions = optionsTable<LogitsOptions>('Bernoulli', {
  logits: anyTensor.orNull.or(null),
  validateArgs: boolean.or(true),
});

interface Given {
  readonly name: 'probs' | 'logits';
  readonly parameter: unknown;
  readonly validateArgs: boolean;
}

/**
 * @param before what the constructor takes before `probs`
 * @throws TypeError for none or both of the two.
 */
export function probsOrLogits(
  operation: string,
  probs: unknown,
  options: LogitsOptions | undefined,
  before = '',
): Given {
  const { logits, validateArgs } = logitsOptions.read(options, operation);
  const isGiven = probs !== undefined && probs !== null;
  if (isPlain(probs)) {
    throw new TypeError(
      `${operation}: probs must be a number or a Tensor, got an object; options come after it: new ${operation}(${before}null, { logits })`,
    );
  }
  if (isGiven === (logits !== null)) {
    throw new TypeError(
      `${operation}: takes either probs or logits, got ${isGiven ? 'both' : 'neither'}`,
    );
  }
  if (isGiven) return { name: 'probs', parameter: probs, validateArgs };
  return { name: 'logits', parameter: logits, validateArgs };
}

type ByProbability<T> = new (probabilities: Tensor | null, options: LogitsOptions) => T;
const byName = <T>(
  Class: ByProbability<T>,
  name: Given['name'],
  x: Tensor,
  validateArgs: boolean,
): T =>
  name === 'probs' ? new Class(x, { validateArgs }) : new Class(null, { logits: x, validateArgs });

const eps = (x: Tensor): number => (x.dtype === 'float64' ? 2 ** -52 : 2 ** -23);

/** ln(p / (1 − p)), p kept apart from 0 and 1. */
export function logitsOf(p: Tensor): Tensor {
  const clamped = p.clamp(eps(p), 1 - eps(p));
  return clamped.log().sub(clamped.neg().log1p());
}

// Probabilities that add up to infinity are of no class, nor are logits that are all -∞.
const finite: Constraint = ['finite', (x) => x.isfinite()];

const zeroOrOne = (x: Tensor): Tensor => x.eq(0).logicalOr(x.eq(1));

/**
 * Bernoulli distribution (torch.distributions.Bernoulli): 1 with probability p, else 0.
 * @throws TypeError unless one of `probs` and `logits` is given; RangeError for a probability outside of 0 … 1.
 * @example
 * new distributions.Bernoulli(tensor([0.3, 0.9])).logProb(tensor([0, 1])); // [-0.3567, -0.1054]
 * new distributions.Bernoulli(null, { logits: tensor([0]) }).mean; // [0.5]
 */
export class Bernoulli extends Distribution {
  private readonly givenProbs: Tensor | null;
  private readonly givenLogits: Tensor | null;

  /** @param probabilities p; null where `logits` are given */
  constructor(probabilities?: GivenParameter | null, options?: LogitsOptions) {
    if (arguments.length > 2) surplus('Bernoulli', arguments, 2, 'options');
    const { name, parameter, validateArgs } = probsOrLogits('Bernoulli', probabilities, options);
    const x = broadcastAll('Bernoulli', { [name]: parameter })[name];
    if (validateArgs) checkEach('Bernoulli', name, x, name === 'probs' ? fromZeroToOne : anyReal);
    const probs = (): Tensor => (name === 'probs' ? x : x.sigmoid());
    const logits = (): Tensor => (name === 'logits' ? x : logitsOf(x));
    super('Bernoulli', sizesOf(x), {
      mean: probs,
      mode: () => {
        const p = probs();
        return p.ge(0.5).to(p.dtype).maskedFill(p.eq(0.5), NaN);
      },
      variance: () => probs().mul(probs().rsub(1)),
      isReparametrized: false,
      draw: (shape, generator) => bernoulli(probs().expand(shape), { generator }),
      support: ['0 or 1', zeroOrOne],
      logProb: (value) => {
        const shape = sizesOf(value.add(x));
        return bceWithLogits(logits().expand(shape), value.to(x.dtype).expand(shape), { reduction: 'none' }).neg();
      },
      entropy: () => bceWithLogits(logits(), probs(), { reduction: 'none' }),
      divergence: (other) => {
        const q = other as Bernoulli;
        const [p, to] = [probs(), q.probs];
        const one = p.mul(softplus(q.logits.neg()).sub(softplus(logits().neg())));
        const none = p.rsub(1).mul(softplus(q.logits).sub(softplus(logits())));
        const first = one.maskedFill(to.eq(0), Infinity).maskedFill(p.eq(0), 0);
        return first.add(none.maskedFill(to.eq(1), Infinity).maskedFill(p.eq(1), 0));
      },
      map: (each) => byName(Bernoulli, name, each(x), validateArgs),
    }, validateArgs); // prettier-ignore
    this.givenProbs = name === 'probs' ? x : null;
    this.givenLogits = name === 'logits' ? x : null;
  }

  /** Probability of a 1. */
  get probs(): Tensor {
    return this.givenProbs ?? this.givenLogits!.sigmoid();
  }

  /** ln(p / (1 − p)). */
  get logits(): Tensor {
    return this.givenLogits ?? logitsOf(this.givenProbs!);
  }
}

/**
 * Categorical distribution (torch.distributions.Categorical): one of K classes, the last dimension of the parameter. `probs` need not
 * add up to 1.
 * @throws TypeError unless one of `probs` and `logits` is given; RangeError for negative or infinite probabilities, or none above 0, for
 * infinite logits, or none above -∞.
 * @example
 * const categorical = new distributions.Categorical(tensor([1, 1, 2]));
 * categorical.logProb(tensor(2, { dtype: 'int32' })).item(); // -0.6931
 */
export class Categorical extends Distribution {
  /** Probabilities, which add up to 1: [..., K]. */
  readonly probs: Tensor;
  /** Their logarithms: [..., K]. */
  readonly logits: Tensor;

  /** @param probabilities [..., K]; null where `logits` are given */
  constructor(probabilities?: GivenParameter | null, options?: LogitsOptions) {
    if (arguments.length > 2) surplus('Categorical', arguments, 2, 'options');
    const { name, parameter, validateArgs } = probsOrLogits('Categorical', probabilities, options);
    const x = broadcastAll('Categorical', { [name]: parameter })[name];
    const classes = sizesOf(x).at(-1) ?? 0;
    if (classes === 0) {
      throw new RangeError(`Categorical: ${name} must have at least one dimension, of the classes`);
    }
    if (validateArgs) {
      if (name === 'probs') {
        checkEach('Categorical', name, x, ['at least 0', (p) => p.ge(0)]);
        const sums = x.sum(-1);
        checkEach('Categorical', `the sums of ${name}`, sums, ['above 0', (p) => p.gt(0)]);
        checkEach('Categorical', `the sums of ${name}`, sums, finite);
      } else {
        checkEach('Categorical', name, x, anyReal);
        checkEach('Categorical', `the logsumexp of ${name}`, x.logsumexp(-1), finite);
      }
    }
    const logits = name === 'logits' ? x.sub(x.logsumexp(-1, { keepdim: true })) : null;
    const probs = logits === null ? x.div(x.sum(-1, { keepdim: true })) : logits.softmax(-1);
    const logs = logits ?? probs.clamp(eps(x), 1 - eps(x)).log();
    const batch = sizesOf(x).slice(0, -1);
    const missing = (): Tensor => full([...batch], NaN, { dtype: x.dtype });
    super('Categorical', batch, {
      mean: missing,
      mode: () => probs.argmax(-1),
      variance: missing,
      isReparametrized: false,
      draw: (shape, generator) => {
        const rows = probs.reshape([numelOf(batch), classes]);
        const count = numelOf(shape) / Math.max(numelOf(batch), 1);
        if (numelOf(shape) === 0) return full([...shape], 0, { dtype: 'int32' });
        return multinomial(rows, count, { replacement: true, generator }).t().reshape([...shape]);
      },
      support: [
        `an integer from 0 to ${classes - 1}`,
        (v) => v.ge(0).logicalAnd(v.lt(classes)).logicalAnd(v.eq(v.to('int32'))),
      ],
      logProb: (value) => {
        const index = value.to('int32');
        const shape = sizesOf(index.add(full([...batch], 0, { dtype: 'int32' })));
        const each = logs.expand([...shape, classes]);
        return each.gather(-1, index.expand(shape).unsqueeze(-1)).squeeze(-1);
      },
      // 0·ln 0 is 0.
      entropy: () => probs.mul(logs.clamp({ min: -3.4028234663852886e38 })).sum(-1).neg(),
      divergence: (other) => {
        const q = other as Categorical;
        const each = probs.mul(logs.sub(q.logits));
        return each.maskedFill(q.probs.eq(0), Infinity).maskedFill(probs.eq(0), 0).sum(-1);
      },
      map: (each) => byName(Categorical, name, each(x, [classes]), validateArgs),
    }, validateArgs); // prettier-ignore
    this.probs = probs;
    this.logits = logs;
  }
}
