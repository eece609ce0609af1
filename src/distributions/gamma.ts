/** Gamma and Student's t distribution, whose draws come from gamma draws. */
import { surplus } from '../check';
import { noGrad } from '../autograd/mode';
import type { Generator } from '../random';
import { leastOf, standardGamma } from '../random/gamma';
import type { Shape } from '../tensor/shape';
import { sizesOf, empty, type Tensor } from '../tensor/tensor';
import { Distribution } from './distribution';
import {
  aboveZero,
  anyReal,
  atLeastZero,
  broadcastAll,
  checkEach,
  distributionOptions,
  type DistributionOptions,
  type GivenParameter,
} from './parameters';

/** Gamma draws of a concentration and a rate; differentiable in the rate alone. */
export function gammaDraws(
  concentration: Tensor,
  rate: Tensor | number,
  shape: Shape,
  generator: Generator,
): Tensor {
  const drawn = noGrad(() => standardGamma(concentration.detach().expand(shape), generator));
  const out = drawn.div(rate);
  out.detach().clamp_(leastOf(out));
  return out;
}

const halfLogOfPi = 0.5723649429247001;

/**
 * Gamma distribution (torch.distributions.Gamma): density rate^c·x^(c−1)·e^(−rate·x)/Γ(c) for concentration c, from 0 on. `rsample` has
 * gradients in the rate; for a concentration that requires gradients there is none.
 * @throws TypeError for parameters that are no numbers or tensors of floats; RangeError for those of 0 or less, and shapes that do not
 * broadcast.
 * @example
 * const gamma = new distributions.Gamma(2, tensor([1, 4]));
 * gamma.mean; // [2, 0.5]
 */
export class Gamma extends Distribution {
  /** Shape parameter c, of the batch's shape. */
  readonly concentration: Tensor;
  /** Inverse of the scale, of the batch's shape. */
  readonly rate: Tensor;

  /**
   * @param concentration shape parameter, above 0
   * @param rate inverse of the scale, above 0
   */
  constructor(concentration: GivenParameter, rate: GivenParameter, options?: DistributionOptions) {
    if (arguments.length > 3) surplus('Gamma', arguments, 3, 'options');
    const { validateArgs } = distributionOptions.read(options, 'Gamma');
    const { concentration: c, rate: r } = broadcastAll('Gamma', { concentration, rate });
    if (validateArgs) {
      checkEach('Gamma', 'concentration', c, aboveZero);
      checkEach('Gamma', 'rate', r, aboveZero);
    }
    super('Gamma', sizesOf(c), {
      mean: () => c.div(r),
      mode: () => c.sub(1).div(r).clamp(0),
      variance: () => c.div(r.square()),
      get isReparametrized(): boolean {
        return !c.requiresGrad;
      },
      draw: (shape, generator) => gammaDraws(c, r, shape, generator),
      support: atLeastZero,
      logProb: (x) => c.xlogy(r).add(c.sub(1).xlogy(x)).sub(r.mul(x)).sub(c.lgamma()),
      entropy: () => c.sub(r.log()).add(c.lgamma()).add(c.rsub(1).mul(c.digamma())),
      cdf: () => {
        throw new Error('Gamma.cdf: not available: there is no incomplete gamma function here');
      },
      divergence: (other) => {
        const q = other as Gamma;
        return q.concentration
          .mul(r.div(q.rate).log())
          .add(q.concentration.lgamma().sub(c.lgamma()))
          .add(c.sub(q.concentration).mul(c.digamma()))
          .add(q.rate.sub(r).mul(c.div(r)));
      },
      map: (each) => new Gamma(each(c), each(r), { validateArgs }),
    }, validateArgs); // prettier-ignore
    this.concentration = c;
    this.rate = r;
  }
}

/**
 * Student's t distribution of df degrees of freedom (torch.distributions.StudentT): density proportional to
 * (1 + ((x − loc)/scale)²/df)^(−(df + 1)/2). `rsample` has gradients in loc and scale; for a df that requires gradients there is none.
 * @throws TypeError for parameters that are no numbers or tensors of floats; RangeError for a df or a scale of 0 or less, and shapes that
 * do not broadcast.
 * @example new distributions.StudentT(3).variance.item() // 3
 */
export class StudentT extends Distribution {
  /** Degrees of freedom, of the batch's shape. */
  readonly df: Tensor;
  /** The middle, of the batch's shape. */
  readonly loc: Tensor;
  /** The scale, of the batch's shape. */
  readonly scale: Tensor;

  /**
   * @param df degrees of freedom, above 0
   * @param loc the middle; default: 0
   * @param scale above 0; default: 1
   */
  constructor(
    df: GivenParameter,
    loc: GivenParameter = 0,
    scale: GivenParameter = 1,
    options?: DistributionOptions,
  ) {
    if (arguments.length > 4) surplus('StudentT', arguments, 4, 'options');
    const { validateArgs } = distributionOptions.read(options, 'StudentT');
    const { df: n, loc: m, scale: s } = broadcastAll('StudentT', { df, loc, scale });
    if (validateArgs) {
      checkEach('StudentT', 'df', n, aboveZero);
      checkEach('StudentT', 'loc', m, anyReal);
      checkEach('StudentT', 'scale', s, aboveZero);
    }
    const half = (): Tensor => n.mul(0.5);
    const more = (): Tensor => n.add(1).mul(0.5);
    super('StudentT', sizesOf(n), {
      mean: () => m.maskedFill(n.le(1), NaN),
      mode: () => m,
      variance: () =>
        s.square().mul(n).div(n.sub(2).maskedFill(n.le(2), 1))
          .maskedFill(n.le(2), Infinity).maskedFill(n.le(1), NaN),
      get isReparametrized(): boolean {
        return !n.requiresGrad;
      },
      draw: (shape, generator) => {
        const x = empty(shape, n.dtype).normal_(0, 1, { generator });
        const z = gammaDraws(half(), 0.5, shape, generator);
        return x.mul(z.div(n.detach()).rsqrt()).mul(s).add(m);
      },
      support: anyReal,
      logProb: (x) => {
        const y = x.sub(m).div(s);
        const z = s.log().add(n.log().mul(0.5)).add(halfLogOfPi).add(half().lgamma()).sub(more().lgamma());
        return more().neg().mul(y.square().div(n).log1p()).sub(z);
      },
      entropy: () => {
        const lbeta = half().lgamma().add(halfLogOfPi).sub(more().lgamma());
        return s.log().add(more().mul(more().digamma().sub(half().digamma()))).add(n.log().mul(0.5)).add(lbeta);
      },
      map: (each) => new StudentT(each(n), each(m), each(s), { validateArgs }),
    }, validateArgs); // prettier-ignore
    this.df = n;
    this.loc = m;
    this.scale = s;
  }
}
