// Probability distributions.
import * as o from 'ostinato';
import { call, generator, on, onWithOptions, withOptions, x, type Make } from './make';

const { distributions } = o;
const normal = (): o.distributions.Normal => new distributions.Normal(x(2), x(2));

export const laws: Record<string, Make> = {
  Normal: () => withOptions({ validateArgs: true }, x(2), x(2)),
  Laplace: () => withOptions({ validateArgs: true }, x(2), x(2)),
  Uniform: () => withOptions({ validateArgs: true }, x(2), x(2).add(2)),
  Exponential: () => withOptions({ validateArgs: true }, x(2)),
  Bernoulli: () => withOptions({ logits: x(2), validateArgs: true }, null),
  Categorical: () => withOptions({ logits: x(2, 3), validateArgs: true }, null),
  Gamma: () => withOptions({ validateArgs: true }, x(2), x(2)),
  StudentT: () => withOptions({ validateArgs: true }, x(2), x(2), x(2)),
  Poisson: () => withOptions({ validateArgs: true }, x(2)),
  NegativeBinomial: () => withOptions({ logits: x(2), validateArgs: true }, x(2), null),
  klDivergence: () => call(normal(), normal()),
  'Distribution.sample': () => onWithOptions(normal(), { generator: generator() }, [3]),
  'Distribution.rsample': () => onWithOptions(normal(), { generator: generator() }, [3]),
  'Distribution.logProb': () => on(normal(), x(2)),
  'Distribution.entropy': () => on(normal()),
  'Distribution.cdf': () => on(normal(), x(2)),
  'Distribution.icdf': () => on(new distributions.Uniform(0, 1), x(2).mul(0.5)),
  'Distribution.expand': () => on(normal(), [3, 2]),
  'Distribution.toString': () => on(normal()),
};
