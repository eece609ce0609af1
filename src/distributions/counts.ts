/** Distributions of counts: Poisson, and negative binomial as a Poisson distribution whose rate is gamma distributed. */
import { surplus } from '../check';
import { noGrad } from '../autograd/mode';
import { logsigmoid } from '../ops';
import { poisson } from '../random/gamma';
import { sizesOf, type Tensor } from '../tensor/tensor';
import { logitsOf, probsOrLogits, type LogitsOptions } from './discrete';
import { Distribution } from './distribution';
import { gammaDraws } from './gamma';
import {
  anyReal,
  atLeastZero,
  broadcastAll,
  checkEach,
  distributionOptions,
  type Constraint,
  type DistributionOptions,
  type GivenParameter,
} from './parameters';

const wholeFromZero: Constraint = [
  'an integer of at least 0',
  // Of an infinity the difference is NaN.
  (x) => x.ge(0).logicalAnd(x.sub(x.floor()).eq(0)),
];

/** Counts as floats, of the wider type of both. */
const floats = (counts: Tensor, { dtype }: Tensor): Tensor =>
  counts.dtype === 'float64' ? counts : counts.to(dtype);

/**
 * Poisson distribution (torch.distributions.Poisson): the count x with probability rate^x·e^(−rate)/x!.
 * @throws TypeError for a rate that is no number or tensor of floats; RangeError for a negative one.
 * @example new distributions.Poisson(3).logProb(tensor(2)).item() // -1.4959
 */
export class Poisson extends Distribution {
  /** Mean and variance, of the batch's shape. */
  readonly rate: Tensor;

  /** @param rate mean, at least 0 */
  constructor(rate: GivenParameter, options?: DistributionOptions) {
    if (arguments.length > 2) surplus('Poisson', arguments, 2, 'options');
    const { validateArgs } = distributionOptions.read(options, 'Poisson');
    const { rate: r } = broadcastAll('Poisson', { rate });
    if (validateArgs) checkEach('Poisson', 'rate', r, atLeastZero);
    super('Poisson', sizesOf(r), {
      mean: () => r,
      mode: () => r.floor(),
      variance: () => r,
      isReparametrized: false,
      draw: (shape, generator) => poisson(r.expand(shape), generator),
      support: wholeFromZero,
      logProb: (value) => {
        const x = floats(value, r);
        return x.xlogy(r).sub(r).sub(x.add(1).lgamma());
      },
      divergence: (other) => {
        const q = other as Poisson;
        return r.mul(r.log().sub(q.rate.log())).sub(r.sub(q.rate));
      },
      map: (each) => new Poisson(each(r), { validateArgs }),
    }, validateArgs); // prettier-ignore
    this.rate = r;
  }
}

/**
 * Negative binomial distribution (torch.distributions.NegativeBinomial): how many successes, each of probability p, come before
 * `totalCount` failures; x with probability Γ(totalCount + x)/(x!·Γ(totalCount))·(1 − p)^totalCount·p^x. Its mean is totalCount·p/(1 − p),
 * its variance mean/(1 − p).
 * @throws TypeError unless one of `probs` and `logits` is given; RangeError for a negative totalCount, a probability outside of 0 … 1 or
 * of 1, and shapes that do not broadcast.
 * @example
 * const counts = new distributions.NegativeBinomial(4, 0.5);
 * [counts.mean.item(), counts.variance.item()]; // [4, 8]
 */
export class NegativeBinomial extends Distribution {
  /** Failures, not necessarily a whole number, of the batch's shape. */
  readonly totalCount: Tensor;
  /** Probability of a success. */
  readonly probs: Tensor;
  /** ln(p / (1 − p)). */
  readonly logits: Tensor;

  /**
   * @param totalCount failures, at least 0
   * @param probabilities p, at least 0 and below 1; null where `logits` are given
   */
  constructor(
    totalCount: GivenParameter,
    probabilities?: GivenParameter | null,
    options?: LogitsOptions,
  ) {
    if (arguments.length > 3) surplus('NegativeBinomial', arguments, 3, 'options');
    const name = 'NegativeBinomial';
    const {
      name: by,
      parameter,
      validateArgs,
    } = probsOrLogits(name, probabilities, options, 'totalCount, ');
    const given = broadcastAll(name, { totalCount, [by]: parameter });
    const { totalCount: n, [by]: x } = given;
    if (validateArgs) {
      checkEach(name, 'totalCount', n, atLeastZero);
      if (by === 'logits') checkEach(name, by, x, anyReal);
      else checkEach(name, by, x, ['at least 0 and below 1', (p) => p.ge(0).logicalAnd(p.lt(1))]);
    }
    const probs = by === 'probs' ? x : x.sigmoid();
    const logits = by === 'logits' ? x : logitsOf(x);
    const mean = (): Tensor => n.mul(logits.exp());
    super(name, sizesOf(n), {
      mean,
      mode: () => n.sub(1).mul(logits.exp()).floor().clamp(0),
      variance: () => mean().div(logits.neg().sigmoid()),
      isReparametrized: false,
      draw: (shape, generator) =>
        noGrad(() => poisson(gammaDraws(n, logits.neg().exp(), shape, generator), generator)),
      support: wholeFromZero,
      logProb: (value) => {
        const k = floats(value, n);
        const chances = n.mul(logsigmoid(logits.neg())).add(k.mul(logsigmoid(logits)));
        const all = n.add(k);
        const ways = all.lgamma().sub(k.add(1).lgamma()).sub(n.lgamma());
        return chances.add(ways.maskedFill(all.eq(0), 0));
      },
      map: (each) =>
        by === 'probs'
          ? new NegativeBinomial(each(n), each(x), { validateArgs })
          : new NegativeBinomial(each(n), null, { logits: each(x), validateArgs }),
    }, validateArgs); // prettier-ignore
    this.totalCount = n;
    this.probs = probs;
    this.logits = logits;
  }
}
