/** Distributions of real numbers whose draws follow from one uniform, normal or exponential number each. */
import { surplus } from '../check';
import { maskedFill, zerosLike } from '../ops';
import { sizesOf, empty, type Tensor } from '../tensor/tensor';
import { Distribution } from './distribution';
import {
  aboveZero,
  anyReal,
  atLeastZero,
  broadcastAll,
  checkEach,
  distributionOptions,
  locationAndScale,
  type DistributionOptions,
  type GivenParameter,
} from './parameters';

const halfLogOfTwoPi = 0.9189385332046727;

/**
 * Normal distribution (torch.distributions.Normal): density e^(−((x − loc)/scale)²/2) / (scale·√2π).
 * @throws TypeError for parameters that are no numbers or tensors of floats; RangeError for a scale of 0 or less, and shapes that do
 * not broadcast.
 * @example
 * const normal = new distributions.Normal(tensor([0, 1]), 2);
 * normal.logProb(tensor([0, 1])); // [-1.6121, -1.6121]
 */
export class Normal extends Distribution {
  /** Mean, of the batch's shape. */
  readonly loc: Tensor;
  /** Standard deviation, of the batch's shape. */
  readonly scale: Tensor;

  /**
   * @param loc mean
   * @param scale standard deviation, above 0
   */
  constructor(loc: GivenParameter, scale: GivenParameter, options?: DistributionOptions) {
    if (arguments.length > 3) surplus('Normal', arguments, 3, 'options');
    const { loc: m, scale: s, validateArgs } = locationAndScale('Normal', loc, scale, options);
    super('Normal', sizesOf(m), {
      mean: () => m,
      mode: () => m,
      variance: () => s.square(),
      isReparametrized: true,
      draw: (shape, generator) =>
        empty(shape, m.dtype).normal_(0, 1, { generator }).mul(s).add(m),
      support: anyReal,
      logProb: (x) =>
        x.sub(m).square().neg().div(s.square().mul(2)).sub(s.log()).sub(halfLogOfTwoPi),
      entropy: () => s.log().add(0.5 + halfLogOfTwoPi),
      cdf: (x) => x.sub(m).div(s).div(Math.SQRT2).erf().add(1).mul(0.5),
      icdf: (p) => p.mul(2).sub(1).erfinv().mul(s).mul(Math.SQRT2).add(m),
      divergence: (other) => {
        const q = other as Normal;
        const ratio = s.div(q.scale).square();
        const distance = m.sub(q.loc).div(q.scale).square();
        return ratio.add(distance).sub(1).sub(ratio.log()).mul(0.5);
      },
      map: (each) => new Normal(each(m), each(s), { validateArgs }),
    }, validateArgs); // prettier-ignore
    this.loc = m;
    this.scale = s;
  }
}

/**
 * Uniform distribution (torch.distributions.Uniform): density 1 / (high − low) from low to below high.
 * @throws TypeError for parameters that are no numbers or tensors of floats; RangeError unless low is below high, and for shapes that
 * do not broadcast.
 * @example new distributions.Uniform(0, tensor([1, 2])).mean // [0.5, 1]
 */
export class Uniform extends Distribution {
  /** Lower bound, of the batch's shape. */
  readonly low: Tensor;
  /** Upper bound, of the batch's shape. */
  readonly high: Tensor;

  /**
   * @param low lower bound
   * @param high upper bound
   */
  constructor(low: GivenParameter, high: GivenParameter, options?: DistributionOptions) {
    if (arguments.length > 3) surplus('Uniform', arguments, 3, 'options');
    const { validateArgs } = distributionOptions.read(options, 'Uniform');
    const given = broadcastAll('Uniform', { low, high });
    const [a, b] = [given.low, given.high];
    if (validateArgs) checkEach('Uniform', 'high', b, ['above low', (x) => x.gt(a)]);
    const width = (): Tensor => b.sub(a);
    super('Uniform', sizesOf(a), {
      mean: () => a.add(b).div(2),
      mode: () => a.mul(NaN),
      variance: () => width().square().div(12),
      isReparametrized: true,
      draw: (shape, generator) =>
        empty(shape, a.dtype).uniform_(0, 1, { generator }).mul(width()).add(a),
      support: ['from low to high', (x) => x.ge(a).logicalAnd(x.le(b))],
      logProb: (x) =>
        width().log().neg().add(maskedFill(x.mul(0), a.le(x).logicalAnd(b.gt(x)).logicalNot(), -Infinity)),
      entropy: () => width().log(),
      cdf: (x) => x.sub(a).div(width()).clamp(0, 1),
      icdf: (p) => p.mul(width()).add(a),
      divergence: (other) => {
        const q = other as Uniform;
        const beyond = q.low.gt(a).logicalOr(q.high.lt(b));
        return q.high.sub(q.low).div(width()).log().maskedFill(beyond, Infinity);
      },
      map: (each) => new Uniform(each(a), each(b), { validateArgs }),
    }, validateArgs); // prettier-ignore
    this.low = a;
    this.high = b;
  }
}

// The spacing of numbers at 1.
const epsilon = { float32: 2 ** -23, float64: 2 ** -52 } as const;

/**
 * Laplace distribution (torch.distributions.Laplace): density e^(−|x − loc|/scale) / (2·scale).
 * @throws TypeError for parameters that are no numbers or tensors of floats; RangeError for a scale of 0 or less, and shapes that do
 * not broadcast.
 * @example new distributions.Laplace(0, 1).logProb(tensor(0)).item() // -0.6931
 */
export class Laplace extends Distribution {
  /** Mean, of the batch's shape. */
  readonly loc: Tensor;
  /** Mean distance from it, of the batch's shape. */
  readonly scale: Tensor;

  /**
   * @param loc mean
   * @param scale mean distance from it, above 0
   */
  constructor(loc: GivenParameter, scale: GivenParameter, options?: DistributionOptions) {
    if (arguments.length > 3) surplus('Laplace', arguments, 3, 'options');
    const { loc: m, scale: s, validateArgs } = locationAndScale('Laplace', loc, scale, options);
    super('Laplace', sizesOf(m), {
      mean: () => m,
      mode: () => m,
      variance: () => s.square().mul(2),
      isReparametrized: true,
      draw: (shape, generator) => {
        const low = epsilon[m.dtype as 'float32'] - 1;
        const u = empty(shape, m.dtype).uniform_(low, 1, { generator });
        return m.sub(s.mul(u.sign()).mul(u.abs().neg().log1p()));
      },
      support: anyReal,
      logProb: (x) => s.mul(2).log().neg().sub(x.sub(m).abs().div(s)),
      entropy: () => s.mul(2).log().add(1),
      cdf: (x) => {
        const d = x.sub(m);
        return d.sign().mul(d.abs().neg().div(s).expm1()).mul(-0.5).add(0.5);
      },
      icdf: (p) => {
        const term = p.sub(0.5);
        return m.sub(s.mul(term.sign()).mul(term.abs().mul(-2).log1p()));
      },
      divergence: (other) => {
        const q = other as Laplace;
        const ratio = s.div(q.scale);
        const distance = m.sub(q.loc).abs();
        const near = ratio.mul(distance.neg().div(s).exp());
        return ratio.log().neg().add(distance.div(q.scale)).add(near).sub(1);
      },
      map: (each) => new Laplace(each(m), each(s), { validateArgs }),
    }, validateArgs); // prettier-ignore
    this.loc = m;
    this.scale = s;
  }
}

/**
 * Exponential distribution (torch.distributions.Exponential): density rate·e^(−rate·x) from 0 on.
 * @throws TypeError for a rate that is no number or tensor of floats; RangeError for a rate of 0 or less.
 * @example new distributions.Exponential(2).mean.item() // 0.5
 */
export class Exponential extends Distribution {
  /** Inverse of the mean, of the batch's shape. */
  readonly rate: Tensor;

  /** @param rate inverse of the mean, above 0 */
  constructor(rate: GivenParameter, options?: DistributionOptions) {
    if (arguments.length > 2) surplus('Exponential', arguments, 2, 'options');
    const { validateArgs } = distributionOptions.read(options, 'Exponential');
    const { rate: r } = broadcastAll('Exponential', { rate });
    if (validateArgs) checkEach('Exponential', 'rate', r, aboveZero);
    super('Exponential', sizesOf(r), {
      mean: () => r.reciprocal(),
      mode: () => zerosLike(r),
      variance: () => r.square().reciprocal(),
      isReparametrized: true,
      draw: (shape, generator) => empty(shape, r.dtype).exponential_(1, { generator }).div(r),
      support: atLeastZero,
      logProb: (x) => r.log().sub(r.mul(x)),
      entropy: () => r.log().rsub(1),
      cdf: (x) => r.neg().mul(x).exp().rsub(1),
      icdf: (p) => p.neg().log1p().neg().div(r),
      divergence: (other) => {
        const ratio = (other as Exponential).rate.div(r);
        return ratio.log().neg().add(ratio).sub(1);
      },
      map: (each) => new Exponential(each(r), { validateArgs }),
    }, validateArgs); // prettier-ignore
    this.rate = r;
  }
}
